"""Put the papers in reading order, the largest category first and categories with one paper last."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from workers.domain.models import Category, Paper, RankedPaper


def arrange(chosen: Sequence[Paper], labels: Mapping[Paper, str], categories: Sequence[Category]) -> list[RankedPaper]:
    """Number the papers from 1 through the edition.

    `chosen` is best first, and stays so within a category. Categories of equal size follow the closed list; labels
    that are no longer in it come after the others, by name.
    """
    grouped: dict[str, list[Paper]] = defaultdict(list)
    for paper in chosen:
        grouped[labels[paper]].append(paper)
    rank = {category.name: place for place, category in enumerate(categories)}
    order = sorted(grouped, key=lambda label: (-len(grouped[label]), rank.get(label, len(rank)), label))
    in_order = [paper for label in order for paper in grouped[label]]
    return [RankedPaper(n, paper, labels[paper]) for n, paper in enumerate(in_order, start=1)]


def sections(ranked: Sequence[RankedPaper]) -> list[list[RankedPaper]]:
    """The papers grouped into runs of equal labels, in their order."""
    runs: list[list[RankedPaper]] = []
    for item in ranked:
        if runs and runs[-1][0].label == item.label:
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs
