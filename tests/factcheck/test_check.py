"""Checking: claims that their papers do not support are dropped and counted; the others are kept."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.fakes.failures import NoBoundary
from tests.fakes.papers import edition, ranked_paper
from workers.domain.models import Claim, Digest, DigestPaper, Edition, Section, Synthesis
from workers.factcheck.check import check
from workers.factcheck.evidence import style_faults

GLOSSARY = {"reinforcement learning": "강화 학습", "retrieval": "검색", "kv cache": "KV 캐시"}
ROBOT = "We present TidyHand, trained with PPO on 1,200 tasks. It succeeds in 81.5% of them, 23 points above rivals."
WALKER = r"This work studies StairNet on 40 stairs. Falls drop by 37\% with $\mu$Step."
SPEECH = "We describe WhisperLess, a recogniser of 2 MB."


@pytest.fixture
def whole() -> Edition:
    return edition(
        [
            ranked_paper(1, "Robotics", title="TidyHand: Listening Robots", abstract=ROBOT),
            ranked_paper(2, "Robotics", title="Stairs Without Sight", abstract=WALKER),
            ranked_paper(3, "Audio & Speech", title="WhisperLess on a Hearing Aid", abstract=SPEECH),
        ]
    )


def digest(
    whole: Edition,
    findings: Sequence[Claim] = (),
    highlights: Sequence[Claim] = (),
    language: str = "ko",
    line: str = "",
) -> Digest:
    """Returns a digest with `findings` in its first section and `line` as the first paper's line."""
    papers = tuple(
        DigestPaper(
            item.n, item.paper.arxiv_id, item.paper.title, (), item.paper.links, item.label, line * (item.n == 1)
        )
        for item in whole.ranked
    )
    sections = (
        Section("Robotics", "🤖", (1, 2), Synthesis(findings=tuple(findings))),
        Section("Audio & Speech", "🎧", (3,)),
    )
    return Digest(
        date=whole.day.isoformat(),
        language=language,
        title="오늘의 논문",
        highlights=tuple(highlights),
        sections=sections,
        papers=papers,
        collected=whole.collected,
        listed=len(papers),
        skipped=whole.skipped,
        sources=whole.sources,
    )


def kept(checked: Digest) -> Sequence[Claim]:
    assert checked.sections[0].synthesis is not None
    return checked.sections[0].synthesis.findings


@pytest.mark.parametrize(
    "claim",
    [
        Claim("“It succeeds in 81.5% of them, 23 points above rivals.”", (1,)),
        Claim("TidyHand는 81.5%를 정리합니다.", (1,)),
        Claim("1,200개 과제로 배웁니다.", (1,)),
        Claim("계단 40개에서 넘어짐이 37% 줄었습니다.", (2,)),
        Claim("“Falls drop by 37% with μStep.”", (2,)),
        Claim("PPO로 배운 로봇이 “We present TidyHand” 이후 달라집니다.", (1,)),
        Claim("TidyHand와 StairNet을 비교합니다.", (1, 2)),
        Claim("tidyhand는 소문자로도 같은 이름입니다.", (1,)),
        Claim("강화 학습, 검색 등을 다룬 논문 2편입니다.", (1, 2)),
    ],
)
def test_a_claim_that_its_papers_hold_stays(claim: Claim, whole: Edition) -> None:
    checked = check(digest(whole, [claim]), whole, GLOSSARY, NoBoundary())
    assert kept(checked) == (claim,)
    assert checked.model.dropped_claims == 0


@pytest.mark.parametrize(
    "claim",
    [
        pytest.param(Claim("로봇이 듣습니다.", ()), id="names no paper"),
        pytest.param(Claim("로봇이 듣습니다.", (3,)), id="a paper of another section"),
        pytest.param(Claim("로봇이 듣습니다.", (1, 3)), id="one paper of another section"),
        pytest.param(Claim("로봇이 듣습니다.", (99,)), id="a paper that is not there"),
        pytest.param(Claim("TidyHand는 91.5%를 정리합니다.", (1,)), id="an invented number"),
        pytest.param(Claim("TidyHand는 81%를 정리합니다.", (1,)), id="a rounded number"),
        pytest.param(Claim("넘어짐이 37% 줄었습니다.", (1,)), id="another paper's number"),
        pytest.param(Claim("논문 7편입니다.", (1, 2)), id="a wrong count"),
        pytest.param(Claim("TidyHand는 OpenVLA보다 낫습니다.", (1,)), id="an invented name"),
        pytest.param(Claim("StairNet이 계단을 오릅니다.", (1,)), id="another paper's name"),
        pytest.param(Claim("“It succeeds in 91.5% of them, 23 points above rivals.”", (1,)), id="a changed number"),
        pytest.param(Claim("“It always succeeds in 81.5% of them.”", (1,)), id="a changed quote"),
        pytest.param(Claim("“Falls drop by 37% with μStep.”", (1,)), id="another paper's quote"),
        pytest.param(Claim("“We present TidyHand” — “and it never fails.”", (1,)), id="one quote of two changed"),
        pytest.param(Claim("TidyHand trained with PPO", (1,)), id="English words of the abstract"),
        pytest.param(Claim("The retrieval.", (1,)), id="English words of the glossary"),
    ],
)
def test_a_claim_that_its_papers_do_not_hold_falls_and_is_counted(claim: Claim, whole: Edition) -> None:
    good = Claim("TidyHand는 81.5%를 정리합니다.", (1,))
    checked = check(digest(whole, [claim, good]), whole, GLOSSARY, NoBoundary())
    assert kept(checked) == (good,)
    assert checked.model.dropped_claims == 1


@pytest.mark.parametrize(
    ("claim", "accepted"),
    [
        (Claim("Robots that listen make fewer mistakes.", (1,)), True),
        (Claim("TidyHand succeeds in 81.5% of tasks.", (1,)), True),
        (Claim("2 papers on reinforcement learning.", (1, 2)), True),
        (Claim("A cache of the KV kind.", (1,)), True),
        (Claim("OpenVLA succeeds in 81.5% of tasks.", (1,)), False),
        (Claim("QZ succeeds in 81.5% of tasks.", (1,)), False),
        (Claim("TidyHand succeeds in 82% of tasks.", (1,)), False),
        (Claim("3 papers on reinforcement learning.", (1, 2)), False),
        (Claim("“Robots that listen make fewer mistakes.”", (1,)), False),
    ],
)
def test_english_claims_are_held_to_their_numbers_names_and_quotes(
    claim: Claim, accepted: bool, whole: Edition
) -> None:
    checked = check(digest(whole, [claim], language="en"), whole, GLOSSARY, NoBoundary())
    assert (kept(checked) == (claim,)) is accepted
    assert checked.model.dropped_claims == (0 if accepted else 1)


def test_counts_of_the_papers_named_are_free(whole: Edition) -> None:
    claims = [Claim("논문 1편입니다.", (2,)), Claim("논문 2편입니다.", (1, 2))]
    assert kept(check(digest(whole, claims), whole, GLOSSARY, NoBoundary())) == tuple(claims)


def test_the_glossarys_words_are_free_and_no_others(whole: Edition) -> None:
    held, invented = Claim("KV cache로 빨라집니다.", (1,)), Claim("QZ cache로 빨라집니다.", (1,))
    assert kept(check(digest(whole, [held, invented]), whole, GLOSSARY, NoBoundary())) == (held,)
    assert kept(check(digest(whole, [held]), whole, {}, NoBoundary())) == ()


def test_every_part_of_a_synthesis_is_checked(whole: Edition) -> None:
    bad, good = Claim("OpenVLA가 이깁니다.", (1,)), Claim("TidyHand가 이깁니다.", (1,))
    written = digest(whole)
    synthesis = Synthesis(*([(bad, good)] * 5))
    written = replace(written, sections=(replace(written.sections[0], synthesis=synthesis), written.sections[1]))
    checked = check(written, whole, GLOSSARY, NoBoundary())
    assert checked.sections[0].synthesis == Synthesis(*([(good,)] * 5))
    assert checked.model.dropped_claims == 5


def test_highlights_may_name_any_paper_of_the_edition_but_no_other(whole: Edition) -> None:
    good, bad = Claim("WhisperLess는 2 MB입니다.", (3,)), Claim("듣습니다.", (4,))
    checked = check(digest(whole, highlights=[bad, good]), whole, GLOSSARY, NoBoundary())
    assert checked.highlights == (good,)
    assert checked.model.dropped_claims == 1


@pytest.mark.parametrize(
    ("line", "accepted"),
    [
        ("강화 학습 — “We present TidyHand, trained with PPO on 1,200 tasks.”", True),
        ("TidyHand가 듣습니다.", True),
        ("“We present TidyHand, trained with PPO on 1,300 tasks.”", False),
        ("StairNet이 듣습니다.", False),
        ("A robot that listens.", False),
    ],
)
def test_a_papers_line_is_held_to_its_own_paper(line: str, accepted: bool, whole: Edition) -> None:
    checked = check(digest(whole, line=line), whole, GLOSSARY, NoBoundary())
    assert checked.papers[0].tldr == (line if accepted else "")
    assert [paper.n for paper in checked.papers] == [1, 2, 3]
    assert checked.model.dropped_claims == (0 if accepted else 1)


def test_what_fell_before_is_not_forgotten(whole: Edition) -> None:
    written = digest(whole, [Claim("듣습니다.", (99,))], [Claim("듣습니다.", (99,))], line="OpenVLA")
    written = replace(written, model=replace(written.model, calls=4, dropped_claims=2))
    checked = check(written, whole, GLOSSARY, NoBoundary())
    assert (checked.model.dropped_claims, checked.model.calls) == (5, 4)


def test_a_digest_without_claims_is_left_as_it_is(whole: Edition) -> None:
    written = digest(whole)
    assert check(written, whole, GLOSSARY, NoBoundary()) == written


@pytest.mark.parametrize(
    ("sentence", "is_korean"),
    [
        ("Mixture of Experts 구조입니다.", True),
        ("Stable Diffusion XL 기반입니다.", True),
        ("GPT-4V, Gemini Pro Vision, Claude 3 Opus가 대상입니다.", True),
        ("The robot learns to listen 합니다.", False),
        ("로봇이 듣습니다: We present a robot that listens to people.", False),
    ],
)
def test_names_in_a_row_are_one_word_of_a_korean_sentence(sentence: str, is_korean: bool) -> None:
    assert ("it is not Korean" not in style_faults(sentence, "ko")) is is_korean


def test_the_fixed_words_around_excerpts_may_be_in_another_language(whole: Edition) -> None:
    theme = Claim("2 papers on reinforcement learning and retrieval.", (1, 2))
    written = digest(whole, [theme], language="de")
    assert kept(check(written, whole, GLOSSARY, NoBoundary(), "en")) == (theme,)
    assert kept(check(written, whole, GLOSSARY, NoBoundary())) == ()
    by_model = replace(written, sections=tuple(replace(each, extractive=False) for each in written.sections))
    assert kept(check(by_model, whole, GLOSSARY, NoBoundary(), "en")) == ()
