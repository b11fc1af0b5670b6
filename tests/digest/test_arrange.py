"""Arranging: the largest category first, single papers last, numbers from one through the edition."""

from collections.abc import Sequence

from tests.fakes.papers import paper
from workers.digest.arrange import arrange, sections
from workers.domain.models import Category, RankedPaper

LIST = tuple(Category(name, "·", "#000000") for name in ("Vision", "Robots", "Speech", "Others"))


def arranged(labels: str) -> list[tuple[int, str, str]]:
    """`labels` by their first letters, best paper first: paper titles are their rank."""
    names = {category.name[0]: category.name for category in LIST}
    placed = placed_by([names[letter] for letter in labels])
    return [(item.n, item.label, item.paper.title) for item in placed]


def placed_by(labels: Sequence[str]) -> list[RankedPaper]:
    """Papers with these labels, best first, each titled by its rank."""
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
    placed = placed_by(["Astrology", "Alchemy", "Others"])
    assert [item.label for item in placed] == ["Others", "Alchemy", "Astrology"]


def test_nothing_chosen_is_nothing_placed() -> None:
    assert placed_by([]) == []
    assert sections([]) == []


def test_sections_are_the_runs_of_equal_labels() -> None:
    placed = placed_by(["Vision", "Robots", "Robots"])
    assert [[item.n for item in run] for run in sections(placed)] == [[1, 2], [3]]
    assert [run[0].label for run in sections(placed)] == ["Robots", "Vision"]
