"""The report: every paper once with a working link, every text unchanged, and no active content."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.fakes.failures import NoBoundary
from tests.fakes.papers import edition, quiet_edition, ranked_paper
from workers import config
from workers.digest.report import escape, report
from workers.digest.write_extractive import Extractive
from workers.domain.models import Category, Claim, Digest, Edition, Link, SourceReport
from workers.text.data import glossary

HOSTILE = (
    "Let's <think> about LLM Reasoning",
    "Why 1 + 1 < 1",
    "a*b_c [x](javascript:alert(1))",
    "<script>alert(1)</script>",
    "<script>",
    "![a picture](https://evil.example.org/x.png)",
    "https://evil.example.org/now and www.evil.example.org",
    "ftp://evil.example.org",
    "<https://evil.example.org>",
    "`code` ~~struck~~ **bold** __under__ | table |",
    r"back\slash and \[brackets\]",
    "# not a heading",
    "$x_1^2$ & $\\mu$",
    "50% of R&D in C++ & C#",
    "[1]: https://evil.example.org",
    "한글 제목 **굵게** <b>",
    "<!-- comment -->",
    "Trailing backslash \\",
    "]](((",
    "<img src=x onerror=alert(1)>",
)
BARE_ADDRESS = re.compile(r"(?:https?|ftp)://|\bwww\.", re.IGNORECASE)
"""Text that Markdown viewers turn into links without markup (GitHub's spec, "Autolinks (extension)")."""


@pytest.fixture(scope="module")
def closed_list() -> Sequence[Category]:
    return config.load(environment={}).closed_list()


@pytest.fixture(scope="module")
def writer(closed_list: Sequence[Category]) -> Extractive:
    return Extractive(closed_list, glossary(), NoBoundary())


def tokens(markdown: str) -> Iterator[Token]:
    for token in MarkdownIt("commonmark").parse(markdown):
        yield token
        yield from token.children or ()


def links(markdown: str) -> list[tuple[str, str]]:
    """Returns (text, address) of every link, in order."""
    found: list[tuple[str, str]] = []
    text: list[str] | None = None
    for token in tokens(markdown):
        if token.type == "link_open":
            text = []
            found.append(("", str(token.attrs["href"])))
        elif token.type == "link_close" and text is not None:
            found[-1] = ("".join(text), found[-1][1])
            text = None
        elif text is not None:
            text.append(token.content)
    return found


def shown(markdown: str) -> str:
    """Returns the text that a reader sees."""
    return "".join(
        token.content if token.type != "softbreak" else " " for token in tokens(markdown) if not token.children
    )


def titled(titles: Sequence[str], label: str = "Robotics") -> Edition:
    return edition([ranked_paper(n, label, title=title) for n, title in enumerate(titles, start=1)])


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_paper_stands_once_with_a_link_that_works(
    language: str, writer: Extractive, closed_list: Sequence[Category]
) -> None:
    whole = edition()
    written = report(writer.write(whole, language), closed_list)
    assert links(written) == [
        (item.paper.title, f"https://arxiv.org/abs/{item.paper.arxiv_id}") for item in whole.ranked
    ]
    for item in whole.ranked:
        assert written.count(f"- [{item.n}] [") == 1


def test_further_links_follow_the_first_and_votes_are_told(writer: Extractive, closed_list: Sequence[Category]) -> None:
    both = (
        Link("arxiv", "https://arxiv.org/abs/2506.00001"),
        Link("huggingface", "https://huggingface.co/papers/2506.00001"),
    )
    whole = edition([ranked_paper(1, "Robotics", title="A Robot", links=both, upvotes=12)])
    written = report(writer.write(whole, "ko"), closed_list)
    assert links(written) == [("A Robot", both[0].url), ("huggingface", both[1].url)]
    assert "추천 12" in shown(written)
    assert "12 votes" in shown(report(writer.write(whole, "en"), closed_list))


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://example.org/a_(b)_c", "https://example.org/a_%28b%29_c"),
        ("https://example.org/x*y_z?a=1&b=2", "https://example.org/x*y_z?a=1&b=2"),
        (
            "https://example.org/)[x](https://evil.example.org",
            "https://example.org/%29%5Bx%5D%28https://evil.example.org",
        ),
        ('https://example.org/" onclick="x', "https://example.org/%22%20onclick=%22x"),
        ("https://example.org/<b>", "https://example.org/%3Cb%3E"),
    ],
)
def test_a_link_leads_where_it_says_whatever_its_address_holds(
    url: str, address: str, writer: Extractive, closed_list: Sequence[Category]
) -> None:
    whole = edition([ranked_paper(1, "Robotics", title="A Robot", links=(Link("lab", url),))])
    assert links(report(writer.write(whole, "ko"), closed_list)) == [("A Robot", address)]


def test_an_address_that_runs_code_is_no_link(writer: Extractive, closed_list: Sequence[Category]) -> None:
    whole = edition([ranked_paper(1, "Robotics", links=(Link("lab", "javascript:alert(1)"),))])
    assert links(report(writer.write(whole, "ko"), closed_list)) == []


@pytest.mark.parametrize("title", HOSTILE)
def test_a_title_is_shown_as_it_is(title: str, writer: Extractive, closed_list: Sequence[Category]) -> None:
    (link,) = links(report(writer.write(titled([title]), "ko"), closed_list))
    assert link == (title, "https://arxiv.org/abs/2506.00001")


@pytest.mark.parametrize("text", HOSTILE)
def test_escaped_text_is_shown_as_it_is_and_makes_nothing_of_itself(text: str) -> None:
    written = f"- “{escape(text)}”"
    assert shown(written) == f"“{text}”"
    kinds = {token.type for token in tokens(written)}
    assert kinds.isdisjoint(
        {"link_open", "image", "html_inline", "html_block", "code_inline", "em_open", "strong_open"}
    )
    assert not BARE_ADDRESS.search(written)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_no_text_of_a_paper_becomes_markup_or_a_link(
    language: str, writer: Extractive, closed_list: Sequence[Category]
) -> None:
    papers = [
        ranked_paper(n, "Agents", title=text, abstract=f"We present {text} here. It gains 4% with {text}.")
        for n, text in enumerate(HOSTILE, start=1)
    ]
    written = report(writer.write(edition(papers), language), closed_list)
    assert [address for _, address in links(written)] == [f"https://arxiv.org/abs/{p.paper.arxiv_id}" for p in papers]
    kinds = [token.type for token in tokens(written)]
    assert kinds.count("image") == 1
    assert not {"html_inline", "html_block", "code_inline", "em_open", "fence", "table_open"} & set(kinds)
    assert kinds.count("heading_open") == 2
    rendered = MarkdownIt("commonmark").render(written)
    assert not re.search(r"<(?:script|img(?! src=\"paper_)|b>|think)", rendered)


def test_no_bare_address_of_a_paper_is_left_for_a_reader_to_link(
    writer: Extractive, closed_list: Sequence[Category]
) -> None:
    digest = writer.write(titled(["https://evil.example.org", "www.evil.example.org"]), "en")
    evil = "See https://evil.example.org or www.evil.example.org"
    digest = replace(
        digest,
        highlights=(Claim(evil, (1,)),),
        papers=tuple(replace(paper, tldr=evil) for paper in digest.papers),
        sources=(SourceReport("lab", "failed", reason="https://evil.example.org is down"),),
    )
    written = report(digest, closed_list)
    assert written.count("evil") == 9
    assert not BARE_ADDRESS.search(re.sub(r"\]\(https://arxiv\.org/abs/[\d.]+\)", "]", written))


def test_the_sections_read_in_korean(writer: Extractive, closed_list: Sequence[Category]) -> None:
    written = report(writer.write(edition(), "ko"), closed_list)
    assert re.findall("^#.*", written, re.MULTILINE) == [
        "# 2025년 6월 3일 AI 논문 다이제스트",
        "## 🤖 로보틱스",
        "## 💬 자연어 처리",
        "## 한 편씩",
    ]
    assert "![2025년 6월 3일 AI 논문 다이제스트](paper_2025-06-03.png)" in written
    for heading in ("오늘의 핵심", "주요 주제", "공통 키워드와 트렌드", "핵심 내용", "영향", "전망", "🎧 음성·오디오"):
        assert f"**{heading}**" in written
    assert "모은 논문 100편(새 논문 85편) 중 5편을 골랐습니다." in written
    assert "고르지 않은 논문: 이미 소개함 3, 개정판 12, 선정하지 않음 80" in written
    assert "따옴표 안은 초록의 문장을 그대로 옮긴 것입니다." in written


def test_the_sections_read_in_english(writer: Extractive, closed_list: Sequence[Category]) -> None:
    written = report(writer.write(edition(), "en"), closed_list)
    assert re.findall("^#.*", written, re.MULTILINE) == [
        "# AI papers of 3 June 2025",
        "## 🤖 Robotics",
        "## 💬 Natural Language Processing",
        "## One each",
    ]
    for heading in (
        "Highlights",
        "Themes",
        "Shared keywords",
        "Key findings",
        "Impact",
        "Outlook",
        "🎧 Audio & Speech",
    ):
        assert f"**{heading}**" in written
    assert "5 papers chosen from 100 collected (85 of them new)." in written
    assert not re.search("[가-힣]", written)


def test_every_claim_shows_the_numbers_of_its_papers(writer: Extractive, closed_list: Sequence[Category]) -> None:
    seen = shown(report(writer.write(edition(), "ko"), closed_list))
    assert "등을 다룬 논문 2편입니다. [1][2]" in seen
    assert "대규모 언어 모델 [3][4]" in seen


def test_a_part_without_claims_has_no_heading(writer: Extractive, closed_list: Sequence[Category]) -> None:
    pair = edition([ranked_paper(n, "Agents", abstract="We present a rule for agents.") for n in (1, 2)])
    written = report(writer.write(pair, "ko"), closed_list)
    for heading in ("오늘의 핵심", "주요 주제", "공통 키워드와 트렌드", "핵심 내용", "영향", "전망"):
        assert f"**{heading}**" not in written


def test_what_is_not_an_excerpt_is_not_called_one(writer: Extractive, closed_list: Sequence[Category]) -> None:
    digest = writer.write(edition(), "ko")
    written_by_model = replace(digest, sections=tuple(replace(each, extractive=False) for each in digest.sections))
    assert "원문 발췌" in report(digest, closed_list)
    assert "원문 발췌" not in report(written_by_model, closed_list)
    assert "따옴표" not in report(written_by_model, closed_list)


def test_a_category_that_left_the_closed_list_keeps_its_name(
    writer: Extractive, closed_list: Sequence[Category]
) -> None:
    assert "Astrology" in report(writer.write(titled(["One"], "Astrology"), "ko"), closed_list)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "ko",
            [
                "2025-06-03에는 새로 발표된 논문이 없습니다.",
                "arxiv: 새 논문이 없습니다.",
                "huggingface: 새 논문이 없습니다.",
            ],
        ),
        ("en", ["No new papers were announced on 2025-06-03.", "arxiv: nothing new.", "huggingface: nothing new."]),
    ],
)
def test_a_quiet_day_says_why(
    language: str, expected: list[str], writer: Extractive, closed_list: Sequence[Category]
) -> None:
    written = report(writer.write(quiet_edition(), language), closed_list)
    seen = shown(written)
    assert all(each in seen for each in expected)
    assert links(written) == []
    assert "![" not in written


def test_a_day_of_nothing_but_replacements_says_so(writer: Extractive, closed_list: Sequence[Category]) -> None:
    old = quiet_edition(collected=512, skipped={"replacement": 512}, sources=(SourceReport("arxiv", "ok", 512),))
    seen = shown(report(writer.write(old, "ko"), closed_list))
    assert "고르지 않은 논문: 개정판 512" in seen
    assert "arxiv: " not in seen


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("ko", "arxiv: 가져오지 못했습니다(cs.CV: HTTP 503). 빠진 논문은 다음 호에 싣습니다."),
        ("en", "arxiv: could not be read (cs.CV: HTTP 503). What is missing comes with the next edition."),
    ],
)
def test_a_failed_source_is_named(
    language: str, expected: str, writer: Extractive, closed_list: Sequence[Category]
) -> None:
    sources = (SourceReport("arxiv", "failed", 7, reason="cs.CV: HTTP 503"), SourceReport("huggingface", "ok", 2))
    seen = shown(report(writer.write(edition(sources=sources), language), closed_list))
    assert expected in seen
    assert "huggingface" not in seen


def test_the_same_digest_gives_the_same_report(writer: Extractive, closed_list: Sequence[Category]) -> None:
    digest: Digest = writer.write(edition(), "ko")
    assert report(digest, closed_list) == report(digest, closed_list)
    assert report(digest, closed_list).endswith("\n")
