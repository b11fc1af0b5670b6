"""Makes workers/data/frequencies.tsv: `python -m tests.benchmarks.frequencies`.

How many of 10,000 abstracts contain a stem, counted over the recorded arXiv days; stems below 3 are left out.
"""

from collections import Counter
from pathlib import Path

from tests.benchmarks.recorded import entries_of, recorded_file
from workers.text.tokenize import terms

_OUT = Path(__file__).resolve().parents[2] / "workers" / "data" / "frequencies.tsv"
_LEAST = 5


def main() -> None:
    abstracts = {
        entry.title: f"{entry.title} {entry.abstract}"
        for file in sorted(recorded_file("feeds/full_days_parsed").glob("rss_*.jsonl.xz"))
        for entry in entries_of(file)
    }
    counts = Counter(term for text in abstracts.values() for term in set(terms(text)))
    share = 10_000 / len(abstracts)
    kept = {term: round(count * share, 1) for term, count in counts.items() if count >= _LEAST}
    rows = "".join(f"{term}\t{value:g}\n" for term, value in sorted(kept.items()))
    _OUT.write_text(rows, "utf-8")
    print(f"abstracts: {len(abstracts)}\nstems: {len(kept)}")


if __name__ == "__main__":
    main()
