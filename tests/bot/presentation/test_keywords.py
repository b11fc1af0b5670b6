"""Tests how a chat's keywords are read, searched for literally and numbered."""

import pytest

from bot.presentation.keywords import MOST, DayPapers, KeywordMatcher, Keywords, hits, parse
from tests.fakes.papers import paper
from workers.domain.deliveries import View
from workers.domain.models import DigestPaper, Link


def listed(n: int, title: str) -> DigestPaper:
    return DigestPaper(n, None, title, (), (Link("arxiv", f"https://arxiv.org/abs/{n}"),), "Robotics", "…")


@pytest.mark.parametrize(
    ("typed", "include", "exclude"),
    [
        ("diffusion -medical", ("diffusion",), ("medical",)),
        ("world model, diffusion , -remote sensing", ("world model", "diffusion"), ("remote sensing",)),
        ("RAG rag", ("rag",), ()),
        (" - , -", (), ()),
    ],
)
def test_words_are_parted_by_spaces_or_commas(typed: str, include: tuple[str, ...], exclude: tuple[str, ...]) -> None:
    assert parse(typed) == Keywords(include, exclude)


@pytest.mark.parametrize("typed", [",".join(f"word{n}" for n in range(MOST + 1)), "x" * 61])
def test_too_many_or_too_long_words_are_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="at most"):
        parse(typed)


@pytest.mark.parametrize(
    ("word", "title", "there"),
    [
        ("RAG", "A rag for all", True),
        ("rag", "Fragments of text", False),
        ("world model", "World-Model learning", True),
        ("world model", "Models of the world", False),
        ("reason*", "Reasoning in steps", True),
        ("c++", "Faster C++ code", True),
        ("3d", "3D scenes", True),
        ("a.b", "axb", False),
    ],
)
def test_a_word_is_literal_and_whole(word: str, title: str, there: bool) -> None:
    assert KeywordMatcher([word]).in_text(title) is there


def test_hits_of_the_edition_keep_their_numbers_and_others_are_k1_k2() -> None:
    day_papers = DayPapers(
        {1: paper(title="Diffusion for robots"), 2: paper(title="Grasping"), 3: paper(title="Medical diffusion")},
        [
            paper(title="Something else", abstract="It is old. We use diffusion here. It ends."),
            paper(title="A diffusion of papers"),
            paper(title="Unrelated", abstract="Nothing."),
        ],
    )
    view = View(include=("diffusion",), exclude=("medical",))
    found = hits(view, day_papers, [listed(1, "Diffusion for robots"), listed(2, "Grasping")])
    assert [(hit.label, hit.title, hit.n) for hit in found] == [
        ("1", "Diffusion for robots", 1),
        ("K1", "A diffusion of papers", None),
        ("K2", "Something else", None),
    ]
    assert [hit.quote for hit in found] == ["", "", "We use diffusion here."]


def test_without_words_nothing_is_a_hit() -> None:
    assert not KeywordMatcher([])(paper())
