"""How many papers merge correctly, and how many merges are false: `python -m tests.benchmarks.merge [FILE]`.

FILE holds one JSON object a line: {"id", "records": [{"source", "title", …}]}, or with "titles" instead of records
(one id under several titles). Without FILE the recorded pairs are read.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.recorded import json_lines, recorded_file
from workers.digest.merge import merge
from workers.domain.models import Entry
from workers.text.latex import readable

NEAR_TITLES = Path(__file__).parents[1] / "digest" / "near_titles.txt"


def main(arguments: list[str]) -> None:
    files = [Path(argument) for argument in arguments] or [
        recorded_file("merge/cross_source_dev.jsonl.xz"),
        recorded_file("merge/title_renames_dev.jsonl.xz"),
    ]
    for file in files:
        rows = list(json_lines(file))
        with_id = sum(len(merge(_entries(row, keep_id=True))) == 1 for row in rows)
        by_title = sum(len(merge(_entries(row, keep_id=False))) == 1 for row in rows)
        everything = [entry for row in rows for entry in _entries(row, keep_id=True)]
        print(f"file: {file.name}")
        print(f"papers: {len(rows)}")
        print(f"merged: {with_id / len(rows):.4f}")
        print(f"merged_one_source_without_id: {by_title / len(rows):.4f}")
        print(f"false_merges: {_false(everything)}")
    pairs = [line.split("\t") for line in NEAR_TITLES.read_text("utf-8").splitlines() if "\t" in line]
    wrong = [pair for pair in pairs if len(merge(map(_bare, pair, ("one", "other")))) != 2]
    print(f"near_titles: {len(pairs)}")
    print(f"near_titles_false_merges: {len(wrong)}")


def _entries(row: dict[str, Any], keep_id: bool) -> Iterator[Entry]:
    """Yields the records as entries of the adapters.

    Without `keep_id` only the first has its id, and each comes from a source of its own, because a title joins no
    entries of one source.
    """
    records = row.get("records") or [{"source": "titles", **title} for title in row["titles"]]
    for place, record in enumerate(records):
        yield Entry(
            source=record.get("source", "titles") if keep_id else f"source {place}",
            title=readable(record["title"]),
            url=f"https://example.org/{row['id']}/{place}",
            arxiv_id=row["id"] if keep_id or place == 0 else None,
        )


def _bare(title: str, source: str) -> Entry:
    return Entry(source=source, title=readable(title), url=f"https://example.org/{source}")


def _false(entries: list[Entry]) -> int:
    """Returns the number of papers that contain entries of more than one row."""
    owners: dict[str, str] = {entry.url: entry.url.split("/")[3] for entry in entries}
    return sum(len({owners[link.url] for link in paper.links if link.url in owners}) > 1 for paper in merge(entries))


if __name__ == "__main__":
    main(sys.argv[1:])
