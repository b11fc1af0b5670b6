"""Answers of models for a section, in the forms in which they come: each item is judged by itself."""

import json
from pathlib import Path

import pytest

from tests.fakes.papers import edition, ranked_paper
from workers.digest.llm_draft import Draft, NothingSupported, judged
from workers.digest.llm_prompts import Task
from workers.factcheck.check import Judge
from workers.text.data import glossary

ANSWERS = sorted((Path(__file__).parent / "model_answers").glob("*.txt"))
PAPERS = tuple(
    ranked_paper(
        n,
        "Robotics",
        title=f"Grip{n}: A Method Called Grip{n}",
        abstract=f"We present Grip{n}, a method. It improves accuracy by {n}.5% on {n}00 tasks.",
    )
    for n in (1, 2)
)
JUDGE = Judge(edition(PAPERS), glossary())


def draft_of(answer: str) -> Draft:
    return judged(answer, [Task(0, PAPERS)], JUDGE, "en")[0]


@pytest.mark.parametrize("file", ANSWERS, ids=[file.stem for file in ANSWERS])
def test_what_is_whole_in_an_answer_is_kept(file: Path) -> None:
    draft = draft_of(file.read_text("utf-8"))
    assert [(claim.text, claim.papers) for claim in draft.claims["findings"]] == [
        ("Grip1 improves accuracy by 1.5% on 100 tasks.", (1,)),
        ("Grip2 improves accuracy by 2.5% on 200 tasks.", (2,)),
    ]
    assert [(claim.text, claim.papers) for claim in draft.claims["keywords"]] == [("accuracy", (1, 2))]
    assert draft.lines == {
        1: "Grip1 is a method that improves accuracy.",
        2: "Grip2 is a method that improves accuracy.",
    }
    assert not draft.claims["themes"] + draft.claims["impact"] + draft.claims["outlook"]


def test_a_keyword_that_no_paper_has_is_no_keyword_without_papers() -> None:
    draft = draft_of('{"sections": [{"section": 0, "keywords": ["quantum", "accuracy"]}]}')
    assert [claim.text for claim in draft.claims["keywords"]] == ["accuracy"]
    assert [(each.part, each.text) for each in draft.rejected if each.text] == [("keywords", "quantum")]


def test_tex_is_shown_as_text() -> None:
    draft = draft_of(
        r'{"sections": [{"section": 0, "findings": [{"text": "It reaches \alpha and \beta.", "papers": [1]}]}]}'
    )
    assert [claim.text for claim in draft.claims["findings"]] == ["It reaches α and β."]


def test_a_number_that_is_none_of_a_paper_is_no_paper() -> None:
    papers = ["9" * 5_000, True, -1, 1.5, None, "12345"]
    with pytest.raises(NothingSupported) as raised:
        draft_of(json.dumps({"sections": [{"section": 0, "findings": [{"text": "It works.", "papers": papers}]}]}))
    assert [each.text for each in raised.value.rejected] == ["It works."]
