"""Resolving references to papers as people write them, in Korean and English."""

from pathlib import Path

import pytest

from workers.answers.resolve import Candidate, resolve

TITLES = [
    "RACER: Racing Robots with Rewards",
    "Grip: Holding Things Gently",
    "Sparse Keys for Attention",
    "WalkSafe: Legged Motion without Falls",
    "Speech in Noise",
    "Mapping Deep Sea Coral Bleaching",
    "Protein Folding Revisited",
    "Forecasting Glacier Melt from Satellites",
    "Graphs of Molecules",
    "Federated Hospitals",
    "Tables as Text",
    "Music by Diffusion",
]
POST = {3: 1, 4: 2, 7: 3, 9: 4}
"""Paper number → its position in the message that the question replies to."""
CANDIDATES = [
    *(Candidate(str(n), title, f"2506.{n:05d}", POST.get(n, 0)) for n, title in enumerate(TITLES, start=1)),
    Candidate("K1", "Keyword hit one", "2506.10001"),
    Candidate("K2", "Keyword hit two", "2506.10002"),
]
LINES = [line.split("\t") for line in (Path(__file__).parent / "references.tsv").read_text("utf-8").splitlines()]


def test_there_are_enough_of_them() -> None:
    assert len(LINES) >= 120


@pytest.mark.parametrize(("question", "meant"), LINES)
def test_a_reference_means_its_papers(question: str, meant: str) -> None:
    found = resolve(question, CANDIDATES)
    shown = [*found.labels, *(f"@{each}" for each in found.ids)]
    assert " ".join(shown) == ("" if meant == "-" else meant)


def test_a_post_with_one_paper_needs_no_name() -> None:
    alone = [Candidate("7", "Protein Folding Revisited", None, 1), Candidate("8", "Another")]
    assert resolve("한계가 뭔가요?", alone).labels == ("7",)


def test_what_names_nothing_is_about_what_the_talk_was_about() -> None:
    alone = [Candidate(str(n), title) for n, title in enumerate(TITLES, start=1)]
    assert resolve("그건 왜?", alone, ["2"]).labels == ("2",)
    assert resolve("그럼 3번은?", alone, ["2"]).labels == ("3",)


def test_comparing_is_known() -> None:
    assert resolve("1이랑 3 비교해줘", CANDIDATES).compares
    assert not resolve("1번은요?", CANDIDATES).compares
