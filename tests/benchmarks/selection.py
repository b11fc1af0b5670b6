"""How many of the chosen papers readers vote for later: `python -m tests.benchmarks.selection`.

Papers are chosen from arXiv alone (no votes yet) on each recorded day; a hit is on Hugging Face's list of that day or
of the next five. For comparison: chance (the share of hits among the day's new papers) and newest first. The weights
were tuned on every second day ("tuned"); report the other days ("held out").
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from tests.benchmarks.recorded import entries_of, json_lines, recorded_file
from workers import config
from workers.digest.merge import merge
from workers.digest.select import Weights, select
from workers.domain.models import Paper

DAYS_AFTER = 5


def main() -> None:
    settings = config.load(environment={})
    weights, limit = Weights(**settings.select.model_dump()), settings.digest.max_papers
    voted: dict[str, set[str]] = {}
    for row in json_lines(recorded_file("hf_daily/hf_daily_2024-05_2025-12.jsonl.gz")):
        voted.setdefault(row["day"], set()).add(row["id"])
    days = sorted(recorded_file("feeds/full_days_parsed").glob("rss_*.jsonl.xz"))
    figures = []
    for file in days:
        day = date.fromisoformat(file.name[4:14])
        liked = set[str]().union(*(voted.get(str(day + timedelta(days=each)), ()) for each in range(DAYS_AFTER + 1)))
        papers = merge(entries_of(file), (day.year, day.month))
        figures.append(_hits(papers, liked, lambda given: select(given, lambda _: None, weights, limit).chosen, limit))
    for name, part in {"all": figures, "tuned": figures[::2], "held_out": figures[1::2]}.items():
        ours, chance, newest = (sum(column) / len(part) for column in zip(*part, strict=True))
        print(f"{name}_days: {len(part)}")
        print(f"{name}_hits_a_day: {ours:.2f}")
        print(f"{name}_chance: {chance:.2f}")
        print(f"{name}_newest_first: {newest:.2f}")


def _hits(
    papers: Sequence[Paper], liked: set[str], choose: Callable[[Sequence[Paper]], Sequence[Paper]], limit: int
) -> tuple[float, float, float]:
    """Returns the hits of `choose`, of chance, and of the highest ids, among the new papers."""
    news = [paper for paper in papers if not (paper.replacement or paper.relisted or paper.withdrawn)]
    newest = sorted(news, key=lambda paper: paper.arxiv_id or "", reverse=True)[:limit]
    share = sum(paper.arxiv_id in liked for paper in news) / len(news)
    return (
        sum(paper.arxiv_id in liked for paper in choose(papers)),
        share * min(limit, len(news)),
        sum(paper.arxiv_id in liked for paper in newest),
    )


if __name__ == "__main__":
    main()
