"""Finds the recorded days and reads their files."""

import gzip
import json
import lzma
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workers.domain.models import Entry
from workers.text.latex import authors, readable

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
"""The folder of the recorded data; it is no part of the project and may be missing."""


def recorded_file(place: str, folder: Path | None = None) -> Path:
    """The file or folder at `place` below `folder`, by default SHARED.

    Raises SystemExit with one line if it is missing, because benchmarks call this.
    """
    file = (folder or SHARED) / place
    if not file.exists():
        raise SystemExit(f"{file} is missing: this benchmark needs recorded data, which the project does not hold")
    return file


def json_lines(file: Path) -> Iterator[dict[str, Any]]:
    """Yields one object per line of a plain, .gz or .xz file."""
    raw = file.read_bytes()
    unpack = {".xz": lzma.decompress, ".gz": gzip.decompress}.get(file.suffix, bytes)
    for line in unpack(raw).decode("utf-8").splitlines():
        yield json.loads(line)


def entries_of(file: Path) -> list[Entry]:
    """Returns a recorded day of arXiv as the entries that the adapter would make, in the file's order."""
    return [
        Entry(
            source="arxiv",
            title=readable(row["title"]),
            url=row["link"],
            abstract=re.sub(r"^.*?Abstract:\s*", "", row["description"], flags=re.DOTALL),
            arxiv_id=row["id"],
            version=int(row["version"] or 1),
            authors=authors(row.get("creator") or ""),
            categories=tuple(row.get("categories") or ()),
            announce_type=row["announce_type"],
        )
        for row in json_lines(file)
        if "id" in row
    ]
