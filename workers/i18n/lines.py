"""The digest's fixed words in each language: headings, dates, the footer, counts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from workers.domain.models import ANNOUNCED_BEFORE, NOT_SELECTED, REPLACEMENT, WITHDRAWN, Digest, Language, SourceReport


@dataclass(frozen=True, slots=True)
class DigestCatalog:
    """One language. Templates take the fields named in them; Korean ones need no particle after a field."""

    title: str
    parts: tuple[str, str, str, str, str]
    """Headings in the order of SYNTHESIS_FIELDS."""
    summary: str
    sources: str
    highlights: str
    one_each: str
    excerpts: str
    excerpt_note: str
    chart_title: str
    chart_trend: str
    footer: str
    books: str
    reasons: Mapping[str, str]
    theme: str
    keyed_line: str
    quote: str
    quiet: str
    quiet_source: str
    failed_source: str
    merged_one: str
    merged_many: str
    places: tuple[str, ...]
    places_many: str
    tally: str
    votes: str
    partly: str
    which_paper: str
    no_paper: str
    answer_failed: str
    budget_spent: str
    not_said: str
    closest: str
    was_read: Mapping[str, str]
    alert_failed: str
    alert_sources: str


_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

KOREAN = DigestCatalog(
    title="{date} AI 논문 다이제스트",
    parts=("주요 주제", "공통 키워드와 트렌드", "핵심 내용", "영향", "전망"),
    summary="요약",
    sources="출처",
    highlights="오늘의 핵심",
    one_each="한 편씩",
    excerpts="원문 발췌",
    excerpt_note="따옴표 안은 초록의 문장을 그대로 옮긴 것입니다.",
    chart_title="오늘 고른 {listed}편 / 새 논문 {new}편",
    chart_trend="최근 14일 새 논문 수",
    footer="모은 논문 {collected}편(새 논문 {new}편) 중 {listed}편을 골랐습니다.",
    books="고르지 않은 논문: {reasons}",
    reasons={
        ANNOUNCED_BEFORE: "이미 소개함",
        REPLACEMENT: "개정판",
        WITHDRAWN: "철회됨",
        NOT_SELECTED: "선정하지 않음",
    },
    theme="{phrases} 등을 다룬 논문 {count}편입니다.",
    keyed_line="{phrases} — {quote}",
    quote="“{sentence}”",
    quiet="{date}에는 새로 발표된 논문이 없습니다.",
    quiet_source="{name}: 새 논문이 없습니다.",
    failed_source="{name}: 가져오지 못했습니다({reason}). 빠진 논문은 다음 호에 싣습니다.",
    merged_one="{name} 논문: {places} → 한 편",
    merged_many="여러 곳에 실린 논문 {count}편을 하나로 합침",
    places=("", "한 곳", "두 곳", "세 곳", "네 곳", "다섯 곳"),
    places_many="{count}곳",
    tally="{entries}건 → {papers}편",
    votes="추천 {count}",
    partly="일부 분류는 모델이 쓰지 못해 원문 발췌로 실었습니다.",
    which_paper="어느 논문에 대한 질문인가요?",
    no_paper="어느 논문에 대한 질문인지 알 수 없습니다. “7번 논문은…”처럼 번호나 제목을 함께 적어 주세요.",
    answer_failed="죄송합니다. 이 질문에는 답하지 못했습니다. 잠시 뒤에 다시 물어봐 주세요.",
    budget_spent="오늘 모델에 쓸 수 있는 예산을 다 써서, 논문의 대목을 그대로 보여 드립니다.",
    not_said="논문에서 이에 대한 내용을 찾지 못했습니다. 가장 가까운 대목은 다음과 같습니다.",
    closest="논문에서 가장 가까운 대목입니다.",
    was_read={"html": "전문(HTML)을 읽었습니다.", "pdf": "전문(PDF)을 읽었습니다.", "abstract": "초록만 읽었습니다."},
    alert_failed=(
        "{date} 다이제스트를 아직 만들지 못했습니다. 어느 출처에서도 가져오지 못했습니다({reason}). "
        "10분마다 다시 시도합니다."
    ),
    alert_sources="{date} 다이제스트에 빠진 출처가 있습니다.",
)

ENGLISH = DigestCatalog(
    title="AI papers of {date}",
    parts=("Themes", "Shared keywords", "Key findings", "Impact", "Outlook"),
    summary="Summary",
    sources="Sources",
    highlights="Highlights",
    one_each="One each",
    excerpts="excerpts",
    excerpt_note="Quoted sentences are the abstracts' own.",
    chart_title="{listed} papers chosen today / {new} new",
    chart_trend="New papers, last 14 days",
    footer="{listed} papers chosen from {collected} collected ({new} of them new).",
    books="Not chosen: {reasons}",
    reasons={
        ANNOUNCED_BEFORE: "announced before",
        REPLACEMENT: "replacements",
        WITHDRAWN: "withdrawn",
        NOT_SELECTED: "not selected",
    },
    theme="{count} papers on {phrases}.",
    keyed_line="{quote}",
    quote="“{sentence}”",
    quiet="No new papers were announced on {date}.",
    quiet_source="{name}: nothing new.",
    failed_source="{name}: could not be read ({reason}). What is missing comes with the next edition.",
    merged_one="the {name} paper: {places} → one",
    merged_many="{count} papers found in several places, each listed once",
    places=("", "one place", "two places", "three places", "four places", "five places"),
    places_many="{count} places",
    tally="{entries} entries → {papers} papers",
    votes="{count} votes",
    partly="Some categories could not be written by the model and are excerpts.",
    which_paper="Which paper is meant?",
    no_paper="It is not clear which paper is meant. Please name its number or title, such as “paper 7 …”.",
    answer_failed="Sorry, this question could not be answered. Please ask again in a while.",
    budget_spent="Today's budget for the model is used up, so these are the paper's own passages.",
    not_said="The paper does not seem to say. These passages are the closest.",
    closest="The closest passages of the paper:",
    was_read={
        "html": "Read: full text (HTML).",
        "pdf": "Read: full text (PDF).",
        "abstract": "Read: the abstract only.",
    },
    alert_failed="No digest of {date} yet: every source failed ({reason}). It is tried again every 10 minutes.",
    alert_sources="The digest of {date} came out without some sources.",
)


def digest_catalog_for(language: Language) -> DigestCatalog:
    """The words of `language`; a language without its own gets the English ones."""
    return KOREAN if language == "ko" else ENGLISH


def long_date(day: date, language: Language) -> str:
    """`2025년 6월 3일`, `3 June 2025`: the same in every locale."""
    if language == "ko":
        return f"{day.year}년 {day.month}월 {day.day}일"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def reasons_line(skipped: Mapping[str, int], language: Language) -> str:
    """The footer's second line: why papers were not chosen, each reason with its count; empty without any."""
    words = digest_catalog_for(language)
    named = ", ".join(f"{words.reasons.get(reason, reason)} {count:,}" for reason, count in skipped.items() if count)
    return words.books.format(reasons=named) if named else ""


def source_line(report: SourceReport, language: Language) -> str:
    """One line on a source that was quiet or failed; empty for one that is ok."""
    words = digest_catalog_for(language)
    template = {"quiet": words.quiet_source, "failed": words.failed_source}.get(report.status, "")
    return template.format(name=report.name, reason=report.reason)


def model_line(digest: Digest) -> str:
    """One line where a model was at work and some category is excerpts all the same; else empty."""
    several = [section for section in digest.sections if section.synthesis]
    partly = digest.model.name and any(section.extractive for section in several)
    return digest_catalog_for(digest.language).partly if partly else ""


def short_name(title: str) -> str:
    """What people call the paper: the name before its colon, else its most telling word, else its first words.

    `Domino: Eliminating …` → Domino; `A Preliminary Study of o1 in Medicine: …` → o1.
    """
    head, colon, _ = title.strip(" :").partition(":")
    if colon and len(head.split()) <= 2:
        return head.strip()
    named = re.search(r"\b(?:[a-z]+\d[\w.-]*|[A-Z][\w-]*\d[\w.-]*|[A-Z]{2,}[\w-]*|[A-Z][a-z]+[A-Z]\w*)", head)
    return named[0] if named else " ".join(head.split()[:4])
