"""Terms: whole words in any case, singular or plural; matches never overlap."""

import pytest

from workers.text.terms import TermMatcher


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("robot", "A robot walks"),
        ("robot", "Robots walk"),
        ("robot", "ROBOT"),
        ("robot", "(robot)"),
        ("gan", "GANs"),
        ("policy", "two policies"),
        ("speech", "speeches"),
        ("language model", "Language Models"),
        ("language model", "language-models"),
        ("language-model", "language model"),
        ("pre train*", "pre-training"),
        ("recommend*", "recommender"),
        ("recommend*", "recommend"),
        ("language model*", "language modelling"),
        ("c++", "in C++ and Rust"),
        ("3d gaussian splatting", "3D Gaussian Splatting"),
        ("covid 19", "COVID-19"),
        ("alzheimer's disease", "Alzheimer's disease"),
    ],
)
def test_a_term_is_found(term: str, text: str) -> None:
    assert TermMatcher([term]).find(text) == [term]


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("gan", "Organs began elegantly"),
        ("robot", "robotics"),
        ("language model", "the language of models"),
        ("language model", "language modelling"),
        ("language model", "languages model"),
        ("bu", "bus"),
        ("c", "C++"),
        ("model language", "language model"),
        ("recommend*", "commend"),
        ("graph", ""),
        ("graph", "— · …"),
    ],
)
def test_a_term_is_not_found_where_it_does_not_stand(term: str, text: str) -> None:
    assert TermMatcher([term]).find(text) == []


def test_terms_come_in_the_order_of_the_text_each_as_often_as_it_stands() -> None:
    matcher = TermMatcher(["graph", "robot"])
    assert matcher.find("Robots draw a graph; a robot reads it.") == ["robot", "graph", "robot"]


def test_a_phrase_comes_before_the_words_inside_it() -> None:
    matcher = TermMatcher(["model", "language", "language model", "large language model"])
    assert matcher.find("Large language models") == ["large language model"]
    assert matcher.find("A language model is a model of language") == ["language model", "model", "language"]


def test_a_longer_phrase_with_an_open_end_comes_first() -> None:
    matcher = TermMatcher(["time series", "time series forecast*", "forecast*"])
    assert matcher.find("time-series forecasting") == ["time series forecast*"]
    assert matcher.find("time series, then forecasts") == ["time series", "forecast*"]


def test_the_longest_beginning_wins() -> None:
    assert TermMatcher(["robo*", "robotic*"]).find("robotics roboticists robocalls") == [
        "robotic*",
        "robotic*",
        "robo*",
    ]


def test_a_whole_word_comes_before_a_beginning() -> None:
    assert TermMatcher(["prompt*", "prompt"]).find("prompt prompting") == ["prompt", "prompt*"]


def test_a_matcher_without_terms_finds_nothing() -> None:
    assert TermMatcher([]).find("anything at all") == []


def test_the_order_in_which_terms_are_given_does_not_matter() -> None:
    terms = ["graph", "graph learning", "learning", "learn*"]
    text = "Graph learning is learning graphs; learners know."
    assert TermMatcher(terms).find(text) == TermMatcher(reversed(terms)).find(text)
