"""Sentences written by hand over recorded abstracts: correct ones pass, subtly wrong ones fail."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.benchmarks.recorded import entries_of
from tests.fakes.papers import edition, ranked_paper
from workers.domain.models import Claim, Edition
from workers.factcheck.check import Judge
from workers.text.data import glossary

pytestmark = pytest.mark.shared_data

HERE = Path(__file__).parent / "sentences"
GLOSSARY = glossary()


@pytest.fixture(scope="module")
def abstracts(shared_data: Path) -> Mapping[str, tuple[str, str]]:
    """Arxiv id → (title, abstract) of the recorded days that the sentences are about."""
    found: dict[str, tuple[str, str]] = {}
    for file in sorted((shared_data / "feeds/full_days_parsed").glob("rss_*2025-06-1*.jsonl.xz")):
        for entry in entries_of(file):  # keep the first announcement: a replacement may have other figures
            found.setdefault(entry.arxiv_id or "", (entry.title, entry.abstract))
    return found


def faults(ids: str, sentence: str, language: str, abstracts: Mapping[str, tuple[str, str]]) -> list[str]:
    named = ids.split(",")
    whole: Edition = edition(
        [
            ranked_paper(n, "Others", title=abstracts[one][0], abstract=abstracts[one][1])
            for n, one in enumerate(named, 1)
        ]
    )
    numbers = tuple(range(1, len(named) + 1))
    return Judge(whole, GLOSSARY).faults(Claim(sentence, numbers), frozenset(numbers), language)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_correct_sentences_pass(language: str, abstracts: Mapping[str, tuple[str, str]]) -> None:
    rows = [line.split("\t") for line in (HERE / f"right_{language}.tsv").read_text("utf-8").splitlines()]
    assert len(rows) >= 100
    refused = {row[1]: reasons for row in rows if (reasons := faults(row[0], row[1], language, abstracts))}
    assert len(refused) <= 0.02 * len(rows), refused


def test_subtly_wrong_sentences_are_caught(abstracts: Mapping[str, tuple[str, str]]) -> None:
    rows = [line.split("\t")[:3] for line in (HERE / "wrong.tsv").read_text("utf-8").splitlines()]
    assert len(rows) >= 100
    passed = [row[2] for row in rows if not faults(row[1], row[2], row[0], abstracts)]
    assert len(passed) <= 0.05 * len(rows), passed
