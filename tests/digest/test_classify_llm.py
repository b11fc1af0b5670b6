"""Labels from a model: a closed list, keyed by index. Omitted and invented labels are ignored."""

import json

from tests.fakes.model import FakeModel
from tests.fakes.papers import paper
from workers import config
from workers.digest.classify_llm import BATCH, label
from workers.domain.completions import Meter
from workers.domain.errors import ModelDown

CATEGORIES = config.load(environment={}).closed_list()
PAPERS = [paper(arxiv_id=f"2506.{n:05d}", title=f"A robot arm {n}", abstract="x" * 900) for n in range(45)]


def test_as_few_calls_as_batches_and_each_paper_its_label() -> None:
    def label_all_as_robotics(_rules: str, material: str) -> str:
        return json.dumps({"labels": [{"i": each["i"], "category": "Robotics"} for each in json.loads(material)]})

    model = FakeModel(label_all_as_robotics)
    assert label(PAPERS, CATEGORIES, model, 60, Meter()) == dict.fromkeys(range(45), "Robotics")
    assert len(model.asked) == 3 == -(-len(PAPERS) // BATCH)
    assert all(len(each["abstract"]) == 200 for each in json.loads(model.asked[0].material))
    assert model.asked[0].shape["properties"]["labels"]["items"]["properties"]["category"]["enum"] == [
        category.name for category in CATEGORIES
    ]


def test_what_is_not_of_the_list_or_was_not_sent_is_not_taken() -> None:
    answer = {
        "labels": [
            {"i": 0, "category": "robotics"},
            {"i": 0, "category": "Graph Learning"},
            {"i": 1, "category": "Quantum Cooking"},
            {"i": 99, "category": "Robotics"},
            {"i": -1, "category": "Robotics"},
        ]
    }
    assert label(PAPERS[:3], CATEGORIES, FakeModel(lambda *_: json.dumps(answer)), 60, Meter()) == {0: "Robotics"}


def test_a_label_for_which_nothing_in_the_paper_speaks_is_not_taken() -> None:
    papers = [
        paper(title="Reinforcement Learning with Verifiable Rewards for Math", abstract="We train with RLVR."),
        paper(title="Grasping with a robot arm", abstract="A robot grasps."),
    ]
    answer = json.dumps({"labels": [{"i": 0, "category": "Others"}, {"i": 1, "category": "Graph Learning"}]})
    assert label(papers, CATEGORIES, FakeModel(lambda *_: answer), 60, Meter()) == {}


def test_an_answer_that_cannot_be_read_labels_nothing() -> None:
    for text in ("", "no JSON", '{"labels": [{"i": "x"}]}', "[]"):
        assert label(PAPERS[:3], CATEGORIES, FakeModel(lambda *_, text=text: text), 60, Meter()) == {}


def test_a_model_that_fails_is_not_asked_again() -> None:
    model = FakeModel(lambda *_: "", [ModelDown("away")])
    assert label(PAPERS, CATEGORIES, model, 60, Meter()) == {}
    assert len(model.asked) == 1
