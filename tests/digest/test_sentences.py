"""Extracting: sentences of the abstract, each used for one field, and none that contains a link."""

from collections.abc import Mapping

import pytest

from tests.fakes.papers import edition, paper
from workers.digest.sentences import Extract, Extractor, split
from workers.text.latex import readable

GLOSSARY = {
    "language model": "언어 모델",
    "large language model": "대규모 언어 모델",
    "dataset": "데이터셋",
    "robot": "로봇",
}

VINES = (
    "Vineyards lose a tenth of their harvest to mildew. "
    "Current models see leaves only in daylight and perform poorly at dusk. "
    "We propose VineWatch, a detector that reads leaves in infrared as well as in daylight. "
    "Its two branches share one memory. "
    "On 14,000 photographs it reaches a recall of 93.4%, and the number of false alarms falls by half. "
    "The detector can be used on the phones that growers already own. "
    "Grapes that are covered by nets remain challenging."
)
PROOFS = (
    "Whether width helps optimisation has long been disputed. "
    "This paper investigates gradient descent on very wide networks. "
    "We prove that convergence takes a number of steps that scales with the logarithm of the width. "
    "The proof needs no assumption on the data. "
    "Whether the bound is tight is an open question."
)
CHOIR = (
    "In this work, we address the separation of voices in choirs. "
    "Our model outperforms the previous best by 1.7 dB and is 3.2 times faster. "
    "A listening test with 60 people confirms the gain. "
    "It allows singers to hear their own part. "
    "Future work will look at children's choirs."
)
DRUGS = (
    "Trials are slow because suitable patients are hard to find. "
    "Here, we present a matcher that reads clinical notes and trial protocols side by side. "
    "It asks a nurse where they differ. "
    "Experiments demonstrate that 71% of the matches are confirmed by physicians, up from 52%. "
    "The matcher facilitates recruitment in hospitals without requiring labels. "
    "Its main weakness is rare diseases."
)
PLAIN = "Sparse keys. They rotate. Nobody knows why."
MATH = (
    r"We present $\mu$Cut, a rule for trees. It reduces the error by 12\% on $n=40$ tasks. It enables audits of trees."
)


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor(GLOSSARY)


def fields(extract: Extract) -> list[str]:
    return [extract.purpose, extract.result, extract.use, extract.outlook]


@pytest.mark.parametrize(
    ("abstract", "beginnings"),
    [
        (VINES, ("We propose VineWatch", "On 14,000", "The detector can be used", "Grapes that are covered")),
        (PROOFS, ("This paper investigates", "We prove that", "", "Whether the bound is tight")),
        (CHOIR, ("In this work, we address", "Our model outperforms", "It allows singers", "Future work will")),
        (DRUGS, ("Here, we present", "Experiments demonstrate", "The matcher facilitates", "Its main weakness")),
        (MATH, ("We present μCut", "It reduces the error by 12%", "It enables audits", "")),
        (PLAIN, ("Sparse keys.", "", "", "")),
        ("", ("", "", "", "")),
    ],
)
def test_each_sentence_finds_its_place(abstract: str, beginnings: tuple[str, ...], extractor: Extractor) -> None:
    found = fields(extractor.read(paper(abstract=abstract)))
    for sentence, beginning in zip(found, beginnings, strict=True):
        assert sentence.startswith(beginning)
        assert bool(sentence) == bool(beginning)


@pytest.mark.parametrize("abstract", [VINES, PROOFS, CHOIR, DRUGS, PLAIN, MATH])
def test_sentences_are_verbatim_and_each_stands_in_one_place(abstract: str, extractor: Extractor) -> None:
    found = [sentence for sentence in fields(extractor.read(paper(abstract=abstract))) if sentence]
    assert all(sentence in readable(abstract) for sentence in found)
    assert len(set(found)) == len(found)


def test_sentences_of_a_whole_edition_stand_once(extractor: Extractor) -> None:
    for item in edition().ranked:
        found = [sentence for sentence in fields(extractor.read(item.paper)) if sentence]
        assert found
        assert len(set(found)) == len(found)


def test_a_sentence_that_fits_everywhere_is_told_once(extractor: Extractor) -> None:
    everything = "We present a tool that improves accuracy by 5%, enables audits and leaves future work."
    assert fields(extractor.read(paper(abstract=everything))) == [everything, "", "", ""]


def test_what_stands_before_the_purpose_is_background(extractor: Extractor) -> None:
    abstract = "Rivals achieve 99.9% at once. We present a slow rule. It reaches 40% in the end. It helps a little."
    assert extractor.read(paper(abstract=abstract)).result == "It reaches 40% in the end."


@pytest.mark.parametrize(
    "address",
    [
        "The code is at https://example.org/code.",
        "The code can be used from www.example.org today.",
        "The code is publicly available at github.com/example.",
        "The data are publicly available at example.io for everybody.",
    ],
)
def test_no_sentence_with_a_web_address_is_quoted(address: str, extractor: Extractor) -> None:
    abstract = f"We present a rule. It gains 4%. Little is known of it. It is open-sourced. {address}"
    found = fields(extractor.read(paper(abstract=abstract)))
    assert found[2] == "It is open-sourced."
    assert address not in found
    assert fields(extractor.read(paper(abstract=f"{address} Nobody asks."))) == ["Nobody asks.", "", "", ""]


@pytest.mark.parametrize(
    ("weaker", "stronger"),
    [
        ("It performs as usual.", "It outperforms rivals."),
        ("It outperforms rivals.", "It outperforms rivals by 12%."),
        ("It outperforms 3 rivals.", "It outperforms 3 rivals by 12%."),
        ("It has 12 layers.", "It improves accuracy by 12 points."),
        ("It is 12 times larger.", "It is 12 times faster."),
    ],
)
def test_numbers_and_their_units_make_a_result_stronger(weaker: str, stronger: str, extractor: Extractor) -> None:
    def strength(sentence: str) -> float:
        return extractor.read(paper(abstract=f"We present a new rule for trees. {sentence}")).strength

    assert strength(weaker) < strength(stronger)


def test_the_result_is_the_sentence_with_the_numbers(extractor: Extractor) -> None:
    abstract = (
        "We present a rule for sorting mail by its weight. "
        "It achieves good results wherever it was tried by us. "
        "It achieves 97.1% on letters and 88.0% on parcels of any kind. "
        "It achieves good results in rain as well as in snow."
    )
    assert extractor.read(paper(abstract=abstract)).result.startswith("It achieves 97.1%")


def test_without_a_result_there_is_no_strength(extractor: Extractor) -> None:
    extract = extractor.read(paper(abstract="We present a rule. It is green. It is old."))
    assert (extract.result, extract.strength) == ("", 0.0)


@pytest.mark.parametrize(
    ("title", "abstract", "phrases"),
    [
        ("A Robot", "", {"robot": 2.0}),
        ("Trees", "A robot. Robots.", {"robot": 0.5}),
        ("Trees", "Robots, " * 9 + "robots.", {"robot": 1.0}),
        ("Large Language Models", "A dataset.", {"large language model": 2.5, "dataset": 0.25}),
        ("Trees", "Of a large language model.", {"large language model": 0.75}),
        ("Trees", "Nothing of note.", {}),
    ],
)
def test_key_phrases_weigh_by_where_and_how_often_they_stand(
    title: str, abstract: str, phrases: Mapping[str, float], extractor: Extractor
) -> None:
    assert extractor.read(paper(title=title, abstract=abstract)).phrases == phrases


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two.", ["One.", "Two."]),
        ("It gains 3.5 points. So be it.", ["It gains 3.5 points.", "So be it."]),
        ("Trees, e.g. oaks, grow. They fall.", ["Trees, e.g. oaks, grow.", "They fall."]),
        ("Smith et al. disagree. We do not.", ["Smith et al. disagree.", "We do not."]),
        ("One.\n  Two\nlines.", ["One.", "Two lines."]),
        ("One. 12.5% … 3.", ["One."]),
        ("", []),
    ],
)
def test_text_is_split_into_sentences(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences


@pytest.mark.parametrize(("length", "comfortable"), [(39, False), (40, True), (280, True), (281, False)])
def test_a_sentence_read_at_a_glance_comes_before_a_stump_or_a_monster(
    length: int, comfortable: bool, extractor: Extractor
) -> None:
    sized = f"It gains {'m' * (length - 10)}."
    usual = "It gains a lot, as everybody could have known."
    extract = extractor.read(paper(abstract=f"We present a rule for trees. {sized} {usual}"))
    assert extract.result == (sized if comfortable else usual)


def test_a_heap_of_numbers_is_no_stronger_than_three(extractor: Extractor) -> None:
    def strength(numbers: str) -> float:
        return extractor.read(paper(abstract=f"We present a rule for trees. It gains {numbers} on them.")).strength

    assert strength("1") < strength("1 and 2") < strength("1 and 2 and 3") == strength("1 and 2 and 3 and 4")


def test_use_and_outlook_are_looked_for_in_the_later_half(extractor: Extractor) -> None:
    abstract = "We present a rule. It allows shade. It is not yet old. It is green. It has leaves. It allows sun."
    extract = extractor.read(paper(abstract=abstract))
    assert (extract.use, extract.outlook) == ("It allows sun.", "")
