"""Sentences in the language asked for pass; sentences in another language, English above all, do not."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from workers.factcheck.evidence import style_faults

HERE = Path(__file__).parent
SENTENCES = {file.stem: file.read_text("utf-8").splitlines() for file in sorted((HERE / "languages").glob("*.txt"))}
"""Language → sentences as digests have them, full of English names and terms."""
ENGLISH = [
    *SENTENCES["en"],
    *(line.split("\t")[1] for line in (HERE / "sentences/right_en.tsv").read_text("utf-8").splitlines()),
]
KOREAN = [
    *SENTENCES["ko"],
    *(line.split("\t")[1] for line in (HERE / "sentences/right_ko.tsv").read_text("utf-8").splitlines()),
]


def refused(sentences: Sequence[str], language: str) -> list[str]:
    return [sentence for sentence in sentences if list(style_faults(sentence, language))]


@pytest.mark.parametrize("language", SENTENCES)
def test_sentences_in_the_language_asked_for_pass(language: str) -> None:
    sentences = {**SENTENCES, "en": ENGLISH, "ko": KOREAN}[language]
    found = refused(sentences, language)
    assert len(found) <= max(1, 0.01 * len(sentences)), found


@pytest.mark.parametrize("language", sorted(SENTENCES.keys() - {"en"}))
def test_english_sentences_do_not_pass_for_another_language(language: str) -> None:
    passed = set(ENGLISH) - set(refused(ENGLISH, language))
    assert len(passed) <= 0.05 * len(ENGLISH), passed


CLOSE = {frozenset(pair) for pair in (("cs", "pl"), ("es", "pt"), ("ru", "uk"))}
"""Languages that short sentences do not tell apart: 61 to 81% are caught."""


@pytest.mark.parametrize("asked", SENTENCES)
def test_sentences_of_another_language_do_not_pass(asked: str) -> None:
    for written, sentences in SENTENCES.items():
        if written != asked:
            least = 0.55 if frozenset((asked, written)) in CLOSE else 0.85
            assert len(refused(sentences, asked)) >= least * len(sentences), written


@pytest.mark.parametrize("language", ["de", "fr", "ja", "ru", "th", "zh"])
@pytest.mark.parametrize(
    "keyword",
    ["Large Language Models", "reinforcement learning from human feedback", "vision transformer · LoRA · RAG", "RAG"],
)
def test_a_keyword_may_be_an_english_term(keyword: str, language: str) -> None:
    assert not refused([keyword], language)


@pytest.mark.parametrize("language", ["th", "el", "he", "hi", "ar", "bg", "ro", "fi"])
def test_english_does_not_pass_for_a_language_without_sentences_here(language: str) -> None:
    assert len(refused(ENGLISH, language)) >= 0.95 * len(ENGLISH)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("th", "โมเดลนี้ทำคะแนนสูงกว่า GPT-4o บน MMLU."),
        ("el", "Το μοντέλο ξεπερνά το GPT-4o στο MMLU."),
        ("hi", "यह मॉडल MMLU पर GPT-4o से बेहतर है।"),
        ("ar", "يتفوق النموذج على GPT-4o في MMLU."),
        ("de", "Die Autoren schreiben: “The model beats GPT-4o by 3.2 points on MMLU.”"),
    ],
)
def test_names_and_quotes_do_not_count(language: str, sentence: str) -> None:
    assert not refused([sentence], language)


def test_of_a_language_that_nobody_knows_only_the_script_is_checked() -> None:
    assert not refused(["The model beats GPT-4o by 3.2 points on MMLU."], "xx")
    assert refused(["이 모델은 GPT-4o보다 3.2점 높습니다."], "xx")
