"""Lines of a digest: every language has the same fields, and dates do not depend on the locale."""

import dataclasses
import re
from datetime import date

import pytest

from workers.domain.models import SYNTHESIS_FIELDS, SourceReport
from workers.i18n import CATALOGS, catalog_language, digest_catalog_for
from workers.i18n.catalog import DigestCatalog
from workers.i18n.en import ENGLISH
from workers.i18n.ko import KOREAN
from workers.i18n.lines import long_date, reasons_line, short_name, source_line

HANGUL = re.compile(r"[가-힣]")


@pytest.mark.parametrize(
    ("day", "korean", "english"),
    [
        (date(2025, 6, 3), "2025년 6월 3일", "3 June 2025"),
        (date(2024, 2, 29), "2024년 2월 29일", "29 February 2024"),
        (date(2025, 12, 31), "2025년 12월 31일", "31 December 2025"),
        (date(2026, 1, 1), "2026년 1월 1일", "1 January 2026"),
    ],
)
def test_dates_are_written_out(day: date, korean: str, english: str) -> None:
    assert (long_date(day, "ko"), long_date(day, "en")) == (korean, english)


def test_the_reasons_line_counts_each_reason_in_its_order() -> None:
    skipped = {"announced before": 3, "replacement": 1512, "not selected": 969}
    assert reasons_line(skipped, "ko") == "고르지 않은 논문: 이미 소개함 3, 개정판 1,512, 선정하지 않음 969"
    assert reasons_line(skipped, "en") == "Not chosen: announced before 3, replacements 1,512, not selected 969"


def test_a_reason_without_papers_is_not_told() -> None:
    assert reasons_line({"withdrawn": 0, "not selected": 2}, "en") == "Not chosen: not selected 2"


@pytest.mark.parametrize("skipped", [{}, {"withdrawn": 0, "replacement": 0}])
def test_without_reasons_there_is_no_line(skipped: dict[str, int]) -> None:
    assert reasons_line(skipped, "ko") == ""


def test_a_reason_without_words_of_its_own_is_told_as_it_is() -> None:
    assert reasons_line({"too dull": 2}, "ko") == "고르지 않은 논문: too dull 2"


@pytest.mark.parametrize(
    ("report", "korean", "english"),
    [
        (SourceReport("arxiv", "ok", 7), "", ""),
        (SourceReport("arxiv", "quiet"), "arxiv: 새 논문이 없습니다.", "arxiv: nothing new."),
        (
            SourceReport("arxiv", "partial", 9, reason="cs.AI: HTTP 503"),
            "arxiv: 일부만 가져왔습니다(cs.AI: HTTP 503). 빠진 논문은 다음 호에 싣습니다.",
            "arxiv: only partly read (cs.AI: HTTP 503). What is missing comes with the next edition.",
        ),
        (
            SourceReport("arxiv", "late", reason="the feed still shows 2025-06-02"),
            "arxiv: 아직 올라오지 않았습니다(the feed still shows 2025-06-02). 빠진 논문은 다음 호에 싣습니다.",
            "arxiv: not there yet (the feed still shows 2025-06-02). What is missing comes with the next edition.",
        ),
        (
            SourceReport("arxiv", "failed", reason="HTTP 503"),
            "arxiv: 가져오지 못했습니다(HTTP 503). 빠진 논문은 다음 호에 싣습니다.",
            "arxiv: could not be read (HTTP 503). What is missing comes with the next edition.",
        ),
    ],
)
def test_a_source_is_mentioned_where_it_brought_nothing_or_not_all(
    report: SourceReport, korean: str, english: str
) -> None:
    assert (source_line(report, "ko"), source_line(report, "en")) == (korean, english)


def test_a_language_without_texts_of_its_own_reads_english() -> None:
    assert digest_catalog_for("ko") is KOREAN
    assert digest_catalog_for("en") is ENGLISH
    assert digest_catalog_for("fr") is ENGLISH
    assert [catalog_language(each) for each in ("ko", "en", "fr")] == ["ko", "en", "en"]


def test_the_five_parts_have_their_headings_in_order() -> None:
    assert KOREAN.parts == ("주요 주제", "공통 키워드와 트렌드", "핵심 내용", "영향", "전망")
    assert ENGLISH.parts == ("Themes", "Shared keywords", "Key findings", "Impact", "Outlook")
    assert len(KOREAN.parts) == len(SYNTHESIS_FIELDS)


def test_english_words_hold_no_hangul_and_korean_sentences_some() -> None:
    assert not HANGUL.search(repr(ENGLISH))
    assert all(HANGUL.search(text) for text in (KOREAN.title, KOREAN.footer, KOREAN.quiet, *KOREAN.reasons.values()))


@pytest.mark.parametrize("language", CATALOGS)
def test_every_language_has_the_reasons_and_months_of_the_english_one(language: str) -> None:
    catalog = CATALOGS[language]
    assert catalog.reasons.keys() == ENGLISH.reasons.keys()
    assert len(set(catalog.months)) == 12


@pytest.mark.parametrize("language", CATALOGS)
def test_the_templates_of_every_language_have_the_fields_of_the_english_ones(language: str) -> None:
    for field in dataclasses.fields(DigestCatalog):
        if isinstance(getattr(ENGLISH, field.name), str) and field.name != "keyed_line":
            assert _fields(CATALOGS[language], field.name) == _fields(ENGLISH, field.name), field.name


def _fields(catalog: DigestCatalog, name: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", getattr(catalog, name)))


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Domino: Eliminating Communication in Training", "Domino"),
        ("Deep Lake: A Store for Tensors", "Deep Lake"),
        ("Deep BERT: A Store for Tensors", "Deep BERT"),
        ("The BERT Story: A Retelling", "BERT"),
        ("A Preliminary Study of o1 in Medicine: Are We Closer?", "o1"),
        ("Evaluating GPT-4 on Bar Exams", "GPT-4"),
        ("How OpenVLA Sees the World", "OpenVLA"),
        ("Teaching BERT to Read Ledgers", "BERT"),
        ("Attention Is All You Need", "Attention Is All You"),
        ("Forgetting", "Forgetting"),
        ("", ""),
    ],
)
def test_a_paper_has_the_name_people_call_it(title: str, name: str) -> None:
    assert short_name(title) == name
