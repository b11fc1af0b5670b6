"""Step 5: put the papers in the order they are read: the largest category first, those with one paper last."""

from collections import defaultdict
from collections.abc import Sequence

from workers.domain.models import Category, Paper, RankedPaper


def arrange(chosen: Sequence[tuple[Paper, str]], categories: Sequence[Category]) -> list[RankedPaper]:
    """(paper, label) pairs, best first, numbered from 1 through the edition; within a category the best stays first."""
    grouped: dict[str, list[Paper]] = defaultdict(list)
    for paper, label in chosen:
        grouped[label].append(paper)
    rank = {category.name: place for place, category in enumerate(categories)}
    order = sorted(grouped, key=lambda label: (-len(grouped[label]), rank.get(label, len(rank)), label))
    placed = [(paper, label) for label in order for paper in grouped[label]]
    return [RankedPaper(n, paper, label) for n, (paper, label) in enumerate(placed, start=1)]


def sections(placed: Sequence[RankedPaper]) -> list[list[RankedPaper]]:
    """The runs of equal labels, in their order."""
    runs: list[list[RankedPaper]] = []
    for item in placed:
        if runs and runs[-1][0].label == item.label:
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs
