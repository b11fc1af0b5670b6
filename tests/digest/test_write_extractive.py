"""Extractive summaries: fixed phrases in the reader's language around sentences quoted from the abstracts."""

import re
from collections.abc import Iterator, Sequence

import pytest

from tests.fakes.failures import NoBoundary
from tests.fakes.papers import DAY, edition, quiet_edition, ranked_paper
from workers import config
from workers.digest.write_extractive import Extractive, chart_name
from workers.domain.models import SYNTHESIS_FIELDS, Claim, Digest, Section
from workers.text.data import glossary

HANGUL = re.compile(r"[가-힣]")
QUOTE = re.compile(r"“[^”]*”")


@pytest.fixture(scope="module")
def writer() -> Extractive:
    return Extractive(config.load(environment={}).closed_list(), glossary(), NoBoundary())


def claims_of(section: Section) -> Iterator[Claim]:
    for part in SYNTHESIS_FIELDS if section.synthesis else ():
        yield from getattr(section.synthesis, part)


def prose(digest: Digest) -> list[str]:
    """Returns all text of the digest: the title, then the claims, then the papers' lines."""
    claims = [*digest.highlights, *(claim for section in digest.sections for claim in claims_of(section))]
    return [digest.title, *(claim.text for claim in claims), *(paper.tldr for paper in digest.papers)]


def part(section: Section, name: str) -> Sequence[Claim]:
    claims: Sequence[Claim] = getattr(section.synthesis, name)
    return claims


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_claim_names_papers_of_its_section(language: str, writer: Extractive) -> None:
    digest = writer.write(edition(), language)
    for section in digest.sections[:2]:
        claims = list(claims_of(section))
        assert len(claims) >= 6
        assert all(claim.papers and set(claim.papers) <= set(section.papers) for claim in claims)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_quote_is_a_sentence_of_the_paper_it_names(language: str, writer: Extractive) -> None:
    whole = edition()
    abstracts = {item.n: item.paper.abstract for item in whole.ranked}
    digest = writer.write(whole, language)
    quoted = [
        (quote, claim.papers)
        for claim in [*digest.highlights, *(claim for section in digest.sections for claim in claims_of(section))]
        for quote in QUOTE.findall(claim.text)
    ]
    assert len(quoted) == 15
    assert all(quote.strip("“”") in abstracts[n] for quote, (n,) in quoted)


def test_sections_keep_the_editions_order_and_numbers(writer: Extractive) -> None:
    digest = writer.write(edition(), "ko")
    assert [(section.category, section.emoji, section.papers) for section in digest.sections] == [
        ("Robotics", "🤖", (1, 2)),
        ("Natural Language Processing", "💬", (3, 4)),
        ("Audio & Speech", "🎧", (5,)),
    ]
    assert [paper.n for paper in digest.papers] == [1, 2, 3, 4, 5]


def test_a_section_of_one_paper_has_no_synthesis(writer: Extractive) -> None:
    assert [section.synthesis is None for section in writer.write(edition(), "ko").sections] == [False, False, True]


def test_the_digest_keeps_the_books(writer: Extractive) -> None:
    whole = edition()
    digest = writer.write(whole, "ko")
    assert digest.collected == digest.listed + sum(digest.skipped.values()) == 100
    assert (digest.listed, digest.new, digest.sources) == (5, 85, whole.sources)
    assert digest.model.calls == 0
    assert digest.chart == chart_name(DAY) == "paper_2025-06-03.png"


def test_korean_sentences_frame_the_quotes(writer: Extractive) -> None:
    digest = writer.write(edition(), "ko")
    robots = digest.sections[0]
    assert digest.title == "2025년 6월 3일 AI 논문 다이제스트"
    (theme,) = part(robots, "themes")
    assert theme.text.endswith("등을 다룬 논문 2편입니다.")
    assert "로봇 조작" in theme.text
    assert all(HANGUL.search(claim.text) for claim in part(robots, "keywords"))
    assert all(HANGUL.search(QUOTE.sub("", paper.tldr)) for paper in digest.papers)


def test_english_has_no_hangul_at_all(writer: Extractive) -> None:
    texts = prose(writer.write(edition(), "en"))
    assert len(texts) > 20
    assert not [text for text in texts if HANGUL.search(text)]


def test_the_line_of_a_paper_is_its_purpose(writer: Extractive) -> None:
    lines = [paper.tldr for paper in writer.write(edition(), "en").papers]
    assert lines[0].startswith("“We present TidyHand")
    assert all(line.startswith("“") and line.endswith("”") for line in lines)


def test_a_paper_without_an_abstract_still_has_its_key_phrases(writer: Extractive) -> None:
    lone = edition([ranked_paper(1, "Robotics", title="Robotic Manipulation in the Dark", abstract="")])
    assert writer.write(lone, "ko").papers[0].tldr == "로봇 조작"
    assert writer.write(lone, "en").papers[0].tldr == "robotic manipulation"


def test_a_paper_of_which_nothing_is_known_has_no_line(writer: Extractive) -> None:
    blank = edition([ranked_paper(n, "Others", title="Untitled Notes", abstract="") for n in (1, 2)])
    digest = writer.write(blank, "ko")
    assert [paper.tldr for paper in digest.papers] == ["", ""]
    assert list(claims_of(digest.sections[0])) == []
    assert digest.highlights == ()


def test_highlights_come_from_different_sections_the_strongest_first(writer: Extractive) -> None:
    digest = writer.write(edition(), "en")
    homes = {n: section.category for section in digest.sections for n in section.papers}
    assert [homes[n] for claim in digest.highlights for n in claim.papers] == [
        "Robotics",
        "Natural Language Processing",
        "Audio & Speech",
    ]
    assert "81.5%" in digest.highlights[0].text


def test_highlights_are_three_at_most(writer: Extractive) -> None:
    labels = ("Robotics", "Multimodal", "Agents", "Graph Learning", "Federated Learning")
    digest = writer.write(edition([ranked_paper(n, label) for n, label in enumerate(labels, start=1)]), "ko")
    assert [claim.papers for claim in digest.highlights] == [(1,), (2,), (3,)]


def test_the_strongest_result_of_a_section_is_its_highlight(writer: Extractive) -> None:
    weak, strong = "We present a rule. It outperforms others.", "We present a rule. It outperforms others by 40%."
    digest = writer.write(
        edition([ranked_paper(1, "Robotics", abstract=weak), ranked_paper(2, "Robotics", abstract=strong)]), "ko"
    )
    assert [claim.papers for claim in digest.highlights] == [(2,)]


def test_a_highlight_that_reads_at_a_glance_comes_before_a_stronger_long_one(writer: Extractive) -> None:
    endless = "It outperforms others by 40%, 50% and 60%" + ", as was to be expected of it" * 10 + "."
    papers = [
        ranked_paper(1, "Robotics", abstract=f"We present a rule. {endless}"),
        ranked_paper(2, "Agents", abstract="We present a rule. It outperforms others."),
    ]
    assert [claim.papers for claim in writer.write(edition(papers), "ko").highlights] == [(2,), (1,)]


def test_keywords_that_papers_share_stand_alone(writer: Extractive) -> None:
    language = writer.write(edition(), "ko").sections[1]
    assert part(language, "keywords") == (Claim("대규모 언어 모델", (3, 4)),)


def test_keywords_of_single_papers_stand_only_where_none_is_shared(writer: Extractive) -> None:
    robots = writer.write(edition(), "en").sections[0]
    assert Claim("reinforcement learning", (2,)) in part(robots, "keywords")
    assert all(len(claim.papers) == 1 for claim in part(robots, "keywords"))


def test_impact_and_outlook_are_four_sentences_at_most_findings_one_a_paper(writer: Extractive) -> None:
    abstract = "We present a rule. It has parts. It gains {n}%. It enables trade. It leaves future work."
    many = edition([ranked_paper(n, "Agents", abstract=abstract.format(n=n)) for n in range(1, 8)])
    (section,) = writer.write(many, "ko").sections
    assert [len(part(section, name)) for name in ("findings", "impact", "outlook")] == [7, 4, 4]


def test_a_label_outside_the_closed_list_has_no_emoji(writer: Extractive) -> None:
    assert writer.write(edition([ranked_paper(1, "Astrology")]), "ko").sections[0].emoji == ""


def test_the_same_edition_is_written_the_same_way_twice(writer: Extractive) -> None:
    assert writer.write(edition(), "ko") == writer.write(edition(), "ko")


def test_the_words_are_marked_as_excerpts(writer: Extractive) -> None:
    assert all(section.extractive for section in writer.write(edition(), "ko").sections)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_quiet_edition_becomes_a_digest_without_papers(language: str, writer: Extractive) -> None:
    digest = writer.write(quiet_edition(), language)
    assert (digest.papers, digest.sections, digest.highlights, digest.chart) == ((), (), (), None)
    assert (digest.collected, digest.listed, digest.new) == (0, 0, 0)
    assert [report.status for report in digest.sources] == ["quiet", "quiet"]
    assert digest.title


def glossary_writer(*phrases: str) -> Extractive:
    terms = {phrase: f"{phrase} 말" for phrase in phrases}
    return Extractive(config.load(environment={}).closed_list(), terms, NoBoundary())


def test_lines_themes_and_keywords_hold_a_handful_of_phrases() -> None:
    trees = ("ash", "beech", "cedar", "elm", "fir", "larch", "maple", "oak")
    pair = edition([ranked_paper(n, "Others", title=" ".join(trees), abstract="") for n in (1, 2)])
    wood = edition([ranked_paper(n, "Others", title=" ".join(trees[2 * n :]), abstract="") for n in range(4)])
    (section,) = glossary_writer(*trees).write(pair, "en").sections
    digest = glossary_writer(*trees).write(wood, "en")
    assert [paper.tldr for paper in digest.papers][-1] == "maple · oak"
    assert digest.papers[0].tldr.count(" · ") == 2
    assert [claim.text for claim in part(digest.sections[0], "themes")] == ["4 papers on ash, cedar, fir, maple."]
    assert [claim.text for claim in part(section, "keywords")] == list(trees[:6])


def test_a_phrase_that_many_papers_share_tells_less_of_each() -> None:
    titles = ("ash oak", "beech oak", "cedar oak")
    wood = edition(
        [ranked_paper(n, "Others", title=f"The oak {title}", abstract="") for n, title in enumerate(titles, 1)]
    )
    lines = [paper.tldr for paper in glossary_writer("ash", "beech", "cedar", "oak").write(wood, "en").papers]
    assert lines == ["ash · oak", "beech · oak", "cedar · oak"]


def test_the_keyword_of_the_most_papers_comes_first() -> None:
    titles = ("ash oak", "ash oak", "oak")
    wood = edition([ranked_paper(n, "Others", title=title, abstract="") for n, title in enumerate(titles, 1)])
    (section,) = glossary_writer("ash", "oak").write(wood, "en").sections
    assert part(section, "keywords") == (Claim("oak", (1, 2, 3)), Claim("ash", (1, 2)))


@pytest.mark.parametrize(("length", "first"), [(240, 1), (241, 2)])
def test_a_glance_is_240_characters(length: int, first: int, writer: Extractive) -> None:
    sized = f"It gains 40% {'m' * (length - 14)}."
    papers = [
        ranked_paper(n, "Agents", abstract=f"We present a rule. {text}") for n, text in ((1, sized), (2, "It gains."))
    ]
    assert [claim.papers for claim in writer.write(edition(papers), "ko").highlights] == [(first,)]
    apart = edition([papers[0], ranked_paper(2, "Robotics", abstract="We present a rule. It gains.")])
    assert writer.write(apart, "ko").highlights[0].papers == (first,)
