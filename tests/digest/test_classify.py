"""Classifying: the same text always gets the same label, and the evidence explains the label."""

from collections.abc import Sequence

import pytest

from tests.fakes.papers import paper
from workers import config
from workers.digest.classify import Point, classify, evidence
from workers.domain.models import Category, Paper

VISION = Category("Vision", "👁️", "#111111", terms={"image": 1, "image retrieval": 2}, arxiv={"cs.CV": 2.5})
SEARCH = Category("Search", "🔎", "#222222", terms={"retrieval": 1, "search": 2}, arxiv={"cs.IR": 4})
OTHERS = Category("Others", "📦", "#333333")
LIST = (VISION, SEARCH, OTHERS)


def bare(title: str = "", abstract: str = "", categories: tuple[str, ...] = ()) -> Paper:
    return paper(title=title, abstract=abstract, categories=categories)


@pytest.fixture(scope="module")
def closed_list() -> Sequence[Category]:
    return config.load(environment={}).closed_list()


def test_the_title_weighs_more_than_the_abstract() -> None:
    assert classify(bare(title="An image", abstract="search"), LIST) == "Vision"
    assert classify(bare(title="Search", abstract="image"), LIST) == "Search"


def test_a_term_counts_once_however_often_it_stands() -> None:
    assert evidence(bare(abstract="search, search and search again"), LIST) == [Point("Search", "abstract: search", 2)]
    assert evidence(bare(title="Search", abstract="search"), LIST) == [Point("Search", "title: search", 6)]


def test_a_phrase_hides_the_words_inside_it_also_those_of_another_category() -> None:
    assert evidence(bare(title="Image retrieval"), LIST) == [Point("Vision", "title: image retrieval", 6)]


def test_arxivs_own_category_counts_and_a_cross_list_half() -> None:
    points = evidence(bare(categories=("cs.CV", "cs.IR", "cs.XX")), LIST)
    assert points == [Point("Vision", "arXiv: cs.CV", 2.5), Point("Search", "arXiv: cs.IR", 2.0)]


def test_arxivs_hint_alone_is_enough_only_where_it_reaches_the_least_points() -> None:
    assert classify(bare(categories=("cs.CV",)), LIST) == "Vision"
    assert classify(bare(categories=("cs.XX", "cs.CV")), LIST) == "Others"


def test_the_earlier_of_equals_wins() -> None:
    tie = bare(abstract="image retrieval by search")
    assert classify(tie, LIST) == "Vision"
    assert classify(tie, (SEARCH, VISION, OTHERS)) == "Search"


def test_under_two_points_the_last_category_takes_the_paper() -> None:
    assert classify(bare(abstract="an image"), LIST) == "Others"
    assert classify(bare(abstract="a search"), LIST) == "Search"


def test_a_paper_that_says_nothing_goes_to_the_last_category() -> None:
    assert classify(bare(), LIST) == "Others"
    assert evidence(bare(), LIST) == []


def test_the_evidence_adds_up_to_the_label(closed_list: Sequence[Category]) -> None:
    candidate = bare("Federated Learning for Chest X-Ray Images", "A hospital keeps its patients' images.", ("cs.CV",))
    totals: dict[str, float] = {}
    for point in evidence(candidate, closed_list):
        totals[point.category] = totals.get(point.category, 0) + point.points
    assert classify(candidate, closed_list) == max(totals, key=lambda name: totals[name])


def test_the_evidence_explains_in_words() -> None:
    reasons = {point.because for point in evidence(bare("Search", "an image", ("cs.IR",)), LIST)}
    assert reasons == {"title: search", "abstract: image", "arXiv: cs.IR"}


@pytest.mark.parametrize(
    ("title", "categories", "label"),
    [
        ("Machine Translation with Few Parallel Sentences", ("cs.CL",), "Natural Language Processing"),
        ("Object Detection in Fog", ("cs.CV",), "Computer Vision"),
        ("A Vision-Language Model That Reads Charts", ("cs.CV", "cs.CL"), "Multimodal"),
        ("Offline Reinforcement Learning from Mixed Data", ("cs.LG",), "Reinforcement Learning"),
        ("Grasping Transparent Objects with a Robot Hand", ("cs.RO",), "Robotics"),
        ("Speech Enhancement for Hearing Aids", ("cs.SD",), "Audio & Speech"),
        ("Text-to-Video Diffusion at Night", ("cs.CV",), "Generative Models"),
        ("A Web Agent That Asks Before It Buys", ("cs.AI",), "Agents"),
        ("Continual Learning without Stored Samples", ("cs.LG",), "Model Training Technique"),
        ("Speculative Decoding with a Shared KV Cache", ("cs.LG",), "Inference Acceleration"),
        ("Sepsis Prediction in the Intensive Care Unit", ("cs.LG",), "Healthcare AI"),
        ("Neural Operators for Turbulent Flow", ("physics.flu-dyn",), "AI for Science"),
        ("Node Classification on Heterophilic Graphs", ("cs.LG",), "Graph Learning"),
        ("Time Series Forecasting with Missing Values", ("cs.LG",), "Tabular & Time Series"),
        ("Sequential Recommendation from Clicks", ("cs.IR",), "Information Retrieval"),
        ("Backdoor Attacks on Code Models", ("cs.CR",), "Security & Privacy"),
        ("Federated Learning with Stragglers", ("cs.LG", "cs.DC"), "Federated Learning"),
        ("Gender Bias in Hiring Systems", ("cs.CY",), "Ethics & Safety"),
        ("A Regret Bound for Convex Bandits", ("stat.ML",), "Machine Learning Theory"),
        ("Notes from a Panel", ("cs.AI",), "Others"),
    ],
)
def test_plain_titles_find_their_category(
    title: str, categories: tuple[str, ...], label: str, closed_list: Sequence[Category]
) -> None:
    assert classify(bare(title, categories=categories), closed_list) == label


def test_the_same_text_gets_the_same_label_whatever_came_before(closed_list: Sequence[Category]) -> None:
    first = classify(bare("Search with images", "retrieval"), closed_list)
    for title in ("Robots", "Speech", "Graphs"):
        classify(bare(title), LIST)
        classify(bare(title), closed_list)
    again = paper(title="Search with images", abstract="retrieval", categories=(), authors=("Somebody Else",))
    assert classify(again, closed_list) == first
