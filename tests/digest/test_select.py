"""Selecting: every paper is chosen or skipped with a reason, and ties are always broken the same way."""

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.fakes.papers import paper
from workers.digest.select import Weights, select, worth
from workers.domain.models import ANNOUNCED_BEFORE, NOT_SELECTED, REPLACEMENT, WITHDRAWN, KnownPaper, Paper, Selection
from workers.text.terms import TermMatcher

WEIGHTS = Weights(upvote=1.0, extra_source=1.5, followed=0.5, crowding=0.1)


def numbered(n: int, **overrides: Any) -> Paper:
    arxiv_id = f"2506.{n:05}"
    own: dict[str, Any] = {"keys": (("arxiv", arxiv_id),), "arxiv_id": arxiv_id, "title": f"Paper {n}"}
    return paper(**(own | overrides))


def unknown(_: Paper) -> KnownPaper | None:
    return None


def chosen(
    papers: Sequence[Paper],
    limit: int = 40,
    past: Callable[[Paper], KnownPaper | None] = unknown,
    weights: Weights = WEIGHTS,
) -> list[str]:
    return [each.title for each in select(papers, past, weights, limit).chosen]


def reason_for(candidate: Paper, past: KnownPaper | None = None) -> str | None:
    selection = select([candidate], lambda _: past, WEIGHTS, 40)
    reasons = [reason for reason, papers in selection.skipped.items() if candidate in papers]
    assert len(reasons) + len(selection.chosen) == 1
    return reasons[0] if reasons else None


def test_the_books_balance() -> None:
    listed_before = KnownPaper(1, listed_on=date(2025, 6, 2), seen_from=frozenset({"arxiv"}))
    papers = [
        *(numbered(n) for n in range(1, 8)),
        numbered(8, withdrawn=True),
        numbered(9, replacement=True),
        numbered(10, relisted=True),
        numbered(11),
    ]
    selection = select(papers, lambda each: listed_before if each == papers[-1] else None, WEIGHTS, limit=3)
    assert selection.counts == {ANNOUNCED_BEFORE: 2, REPLACEMENT: 1, WITHDRAWN: 1, NOT_SELECTED: 4}
    assert len(selection.chosen) == 3
    all_papers = [*selection.chosen, *itertools.chain.from_iterable(selection.skipped.values())]
    assert sorted(each.title for each in all_papers) == sorted(each.title for each in papers)


def test_reasons_without_papers_are_not_counted() -> None:
    assert select([numbered(1)], unknown, WEIGHTS, 40).counts == {}


def test_no_papers_are_no_selection() -> None:
    selection = select([], unknown, WEIGHTS, 40)
    assert (selection.chosen, selection.counts) == ((), {})


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        ({}, None),
        ({"crossed": True}, None),
        ({"replacement": True}, REPLACEMENT),
        ({"withdrawn": True}, WITHDRAWN),
        ({"relisted": True}, ANNOUNCED_BEFORE),
        ({"withdrawn": True, "replacement": True, "relisted": True}, WITHDRAWN),
        ({"replacement": True, "relisted": True}, REPLACEMENT),
    ],
)
def test_what_is_not_news_says_why(flags: dict[str, bool], reason: str | None) -> None:
    assert reason_for(numbered(1, **flags)) == reason


def test_a_paper_that_was_listed_is_announced_before_wherever_it_comes_from() -> None:
    past = KnownPaper(1, listed_on=date(2025, 6, 2), seen_from=frozenset({"arxiv"}))
    assert reason_for(numbered(1, sources=("huggingface",)), past) == ANNOUNCED_BEFORE


def test_a_paper_seen_from_the_same_source_before_is_announced_before() -> None:
    past = KnownPaper(1, seen_from=frozenset({"arxiv", "lab"}))
    assert reason_for(numbered(1, sources=("arxiv",)), past) == ANNOUNCED_BEFORE


def test_a_paper_passed_over_then_brought_by_a_new_source_is_news() -> None:
    past = KnownPaper(1, seen_from=frozenset({"arxiv"}))
    assert reason_for(numbered(1, sources=("arxiv", "huggingface")), past) is None


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"upvotes": 9}, {"upvotes": 3}),
        ({"upvotes": 1}, {"upvotes": None}),
        ({"sources": ("arxiv", "huggingface")}, {"sources": ("arxiv",)}),
        ({"crossed": False}, {"crossed": True}),
        ({"upvotes": 3}, {"sources": ("arxiv", "huggingface")}),
    ],
)
def test_what_speaks_for_a_paper_puts_it_first(better: dict[str, Any], worse: dict[str, Any]) -> None:
    assert chosen([numbered(2, **worse), numbered(1, **better)]) == ["Paper 1", "Paper 2"]


def test_worth_is_the_sum_of_its_points() -> None:
    assert (
        worth(numbered(1, upvotes=7, sources=("arxiv", "huggingface", "lab")), WEIGHTS, TermMatcher(()))
        == 3 + 2 * 1.5 + 0.5
    )
    assert worth(numbered(1, upvotes=None, crossed=True), WEIGHTS, TermMatcher(())) == 0


def test_no_votes_and_zero_votes_weigh_the_same() -> None:
    assert worth(numbered(1, upvotes=0), WEIGHTS, TermMatcher(())) == worth(
        numbered(1, upvotes=None), WEIGHTS, TermMatcher(())
    )


def test_equals_are_taken_by_submission_the_later_first() -> None:
    assert chosen([numbered(1), numbered(3), numbered(2)], limit=2) == ["Paper 3", "Paper 2"]


def test_a_paper_with_an_arxiv_id_comes_before_an_equal_without() -> None:
    bare = paper(keys=(("title", "zzz"),), arxiv_id=None, title="Bare")
    assert chosen([bare, numbered(1)]) == ["Paper 1", "Bare"]


def test_ties_fall_the_same_way_whatever_the_input_order() -> None:
    kinds = ("cs.CV", "cs.CL", "cs.RO")
    papers = [numbered(n, categories=(kinds[n % 3],), upvotes=n % 2) for n in range(1, 13)]
    papers += [
        paper(keys=(("title", f"title {letter}"),), arxiv_id=None, title=letter, categories=()) for letter in "abc"
    ]
    wanted = chosen(papers, limit=9)
    shuffler = random.Random(7)  # noqa: S311 - shuffles papers, no secret
    for _ in range(50):
        shuffler.shuffle(papers)
        assert chosen(papers, limit=9) == wanted


def test_a_crowded_category_gives_way_to_another() -> None:
    vision = [numbered(n, categories=("cs.CV",)) for n in range(10, 14)]
    robots = [numbered(n, categories=("cs.RO",)) for n in range(1, 3)]
    assert chosen([*vision, *robots], limit=4) == ["Paper 13", "Paper 2", "Paper 12", "Paper 1"]


def test_each_paper_taken_costs_its_category_once() -> None:
    vision = [numbered(n, categories=("cs.CV",), upvotes=1) for n in range(10, 13)]
    weights = Weights(upvote=1.0, extra_source=1.5, followed=0.5, crowding=0.6)
    wanted = ["Paper 12", "Paper 11", "Paper 1", "Paper 10"]
    assert chosen([*vision, numbered(1, categories=("cs.RO",))], weights=weights) == wanted


def test_equals_without_an_id_are_taken_by_their_key_and_not_their_title() -> None:
    papers = [paper(keys=(("title", key),), arxiv_id=None, title=title) for key, title in (("a", "Z"), ("b", "A"))]
    assert chosen(papers) == ["A", "Z"]


def test_without_crowding_there_is_no_spread() -> None:
    vision = [numbered(n, categories=("cs.CV",)) for n in range(10, 14)]
    robots = [numbered(n, categories=("cs.RO",)) for n in range(1, 3)]
    weights = Weights(upvote=1.0, extra_source=1.5, followed=0.5, crowding=0.0)
    assert chosen([*vision, *robots], 4, weights=weights) == ["Paper 13", "Paper 12", "Paper 11", "Paper 10"]


def test_crowding_never_outweighs_what_many_readers_like() -> None:
    loved = [numbered(n, categories=("cs.CV",), upvotes=100) for n in range(10, 14)]
    assert chosen([*loved, numbered(1, categories=("cs.RO",))], limit=4)[-1] == "Paper 10"


@pytest.mark.parametrize(("limit", "taken"), [(1, 1), (5, 5), (6, 5)])
def test_the_limit_is_the_most_that_is_chosen(limit: int, taken: int) -> None:
    selection: Selection = select([numbered(n) for n in range(1, 6)], unknown, WEIGHTS, limit)
    assert len(selection.chosen) == taken
    assert len(selection.skipped[NOT_SELECTED]) == 5 - taken


def test_what_is_not_news_takes_no_place() -> None:
    papers = [numbered(1), numbered(2, replacement=True, upvotes=500), numbered(3, withdrawn=True, upvotes=500)]
    assert chosen(papers, limit=1) == ["Paper 1"]


@pytest.mark.parametrize(
    ("better", "weight"),
    [
        ({"upvotes": 0}, {"readers_list": 1.0}),
        ({"abstract": "Our code is at github.com/a/b."}, {"code": 1.0}),
        ({"title": "RACER: Rich Failure Recovery"}, {"named": 1.0}),
        ({"categories": ("cs.CL", "cs.AI", "cs.LG")}, {"broad": 1.0}),
        ({"authors": tuple("ABCDEFG")}, {"large_team": 1.0}),
        ({"comment": "Accepted at ICML 2025"}, {"accepted": 1.0}),
        ({"title": "Learning to Reason"}, {"title_terms": {"reason*": 1.0}}),
    ],
)
def test_what_arxiv_itself_tells_speaks_for_a_paper(better: dict[str, Any], weight: dict[str, Any]) -> None:
    plain = {"title": "A Study of Things", "abstract": "We study.", "categories": ("cs.CL",), "authors": ("A",)}
    first = paper(**{**plain, "keys": (("arxiv", "2506.00009"),), "arxiv_id": "2506.00009"})
    second = paper(**{**plain, **better, "keys": (("arxiv", "2506.00001"),), "arxiv_id": "2506.00001"})
    weights = Weights(upvote=1, extra_source=1, followed=0, crowding=0)
    assert select([first, second], lambda _: None, weights, 1).chosen == (first,), "the later one of equals"
    assert select([first, second], lambda _: None, replace(weights, **weight), 1).chosen == (second,)


def test_a_later_submission_gains_in_proportion() -> None:
    papers = [
        paper(keys=(("arxiv", f"2506.0000{n}"),), arxiv_id=f"2506.0000{n}", upvotes=votes)
        for n, votes in ((1, 3), (9, 0))
    ]
    weights = Weights(upvote=1, extra_source=1, followed=0, crowding=0, recent=3)
    assert select(papers, lambda _: None, weights, 1).chosen[0].arxiv_id == "2506.00001"
    assert select(papers, lambda _: None, replace(weights, recent=5), 1).chosen[0].arxiv_id == "2506.00009"
