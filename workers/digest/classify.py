"""Give each chosen paper one category of the closed list, always the same one for the same text."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from workers.domain.models import Category, Paper
from workers.text.terms import TermMatcher

TITLE_TIMES = 3
"""A term in the title has this many times its points."""
LEAST_POINTS = 2.0
"""Points that a category needs; below them the paper goes to the last category."""


@dataclass(frozen=True, slots=True)
class Point:
    """A reason for a category: a term in the title or abstract, or one of the paper's arXiv categories."""

    category: str
    because: str
    points: float


def classify(paper: Paper, categories: Sequence[Category]) -> str:
    """The name of the category with the most points, the earlier one of equals; the last one below LEAST_POINTS."""
    totals = dict.fromkeys((category.name for category in categories), 0.0)
    for point in evidence(paper, categories):
        totals[point.category] += point.points
    best = max(totals, key=lambda name: totals[name])
    return best if totals[best] >= LEAST_POINTS else categories[-1].name


def evidence(paper: Paper, categories: Sequence[Category]) -> list[Point]:
    """All reasons for all categories. A term counts once: in the title if it is there, else in the abstract."""
    matcher = _matcher(tuple(frozenset(category.terms) for category in categories))
    in_title, in_abstract = set(matcher.find(paper.title)), set(matcher.find(paper.abstract))
    points = []
    for category in categories:
        for term, weight in category.terms.items():
            if term in in_title:
                points.append(Point(category.name, f"title: {term}", weight * TITLE_TIMES))
            elif term in in_abstract:
                points.append(Point(category.name, f"abstract: {term}", weight))
        for place, code in enumerate(paper.categories):
            if code in category.arxiv:
                points.append(Point(category.name, f"arXiv: {code}", category.arxiv[code] / (2 if place else 1)))
    return points


@lru_cache(maxsize=8)
def _matcher(terms: tuple[frozenset[str], ...]) -> TermMatcher:
    return TermMatcher(frozenset().union(*terms))
