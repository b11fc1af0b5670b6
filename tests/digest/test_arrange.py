"""Arranging: the largest category comes first, single papers last; papers are numbered from one."""

from collections.abc import Sequence

from tests.fakes.papers import paper
from workers.digest.arrange import arrange, sections
from workers.domain.models import Category, RankedPaper

LIST = tuple(Category(name, "·", "#000000") for name in ("Vision", "Robots", "Speech", "Others"))


def arranged(labels: str) -> list[tuple[int, str, str]]:
    """Returns (number, label, rank) of papers whose labels begin with these letters, best paper first."""
    names = {category.name[0]: category.name for category in LIST}
    ranked = arranged_with_labels([names[letter] for letter in labels])
    return [(item.n, item.label, item.paper.title) for item in ranked]


def arranged_with_labels(labels: Sequence[str]) -> list[RankedPaper]:
    """Arranges papers with these labels, best first; each paper's title is its rank."""
    by_paper = {paper(title=f"#{rank}"): label for rank, label in enumerate(labels, start=1)}
    return arrange(list(by_paper), by_paper, LIST)


def test_the_largest_category_comes_first() -> None:
    assert [label for _, label, _ in arranged("VRRSSS")] == ["Speech"] * 3 + ["Robots"] * 2 + ["Vision"]


def test_numbers_run_from_one_through_the_edition() -> None:
    assert [n for n, _, _ in arranged("VRRSSS")] == [1, 2, 3, 4, 5, 6]


def test_within_a_category_the_best_stays_first() -> None:
    assert [title for _, _, title in arranged("SVSRSR")] == ["#1", "#3", "#5", "#4", "#6", "#2"]


def test_equal_sizes_follow_the_closed_list() -> None:
    assert [label for _, label, _ in arranged("OSRV")] == ["Vision", "Robots", "Speech", "Others"]


def test_a_label_that_left_the_closed_list_is_kept_after_the_others() -> None:
    ranked = arranged_with_labels(["Astrology", "Alchemy", "Others"])
    assert [item.label for item in ranked] == ["Others", "Alchemy", "Astrology"]


def test_nothing_chosen_is_nothing_placed() -> None:
    assert arranged_with_labels([]) == []
    assert sections([]) == []


def test_sections_are_the_runs_of_equal_labels() -> None:
    ranked = arranged_with_labels(["Vision", "Robots", "Robots"])
    assert [[item.n for item in run] for run in sections(ranked)] == [[1, 2], [3]]
    assert [run[0].label for run in sections(ranked)] == ["Robots", "Vision"]
