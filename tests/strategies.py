"""Hypothesis strategies for what renderers get: texts, blocks, digests and answers of legal types, however odd.

Use them as `from tests.strategies import blocks, digests, answers, views`, in tests of every platform's renderer:

    @given(st.lists(strategies.blocks(), max_size=4))
    def test_...(shown: list[Block]) -> None: ...

`tests/conftest.py` registers the profile of these tests: the same examples in every run, few of them. Cases that must
be tried in every run, whatever Hypothesis chooses, are in `HARD_BLOCKS`.
"""

import string
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from workers.domain.answers import Answer, Citation, CitedPaper, Sentence
from workers.domain.blocks import (
    AnswerBlock,
    Bar,
    Block,
    ChoiceBlock,
    Hit,
    KeywordBlock,
    OnesBlock,
    OverviewBlock,
    SectionBlock,
    TextBlock,
)
from workers.domain.deliveries import Choice, Layout, Place, View
from workers.domain.models import Claim, Digest, DigestPaper, Link, Section, SourceReport, Synthesis

LANGUAGES = ("ko", "en")
NOW = datetime(2025, 6, 3, 8, tzinfo=UTC)
CATEGORIES = ("Robotics", "Computer Vision", "Audio & Speech", "Others", "A category of an older list")
"""Three of the closed list, the last of it, and one that it no longer has."""
ODD_TEXTS = (
    "",
    " ",
    "\n\n\n",
    "\u200b\u202e\u2066",
    "\x00\x07\x1b",
    "\ud800",
    "\udfff lone \ud83d surrogates",
    "🧠👩‍🔬🏳️‍🌈",
    "👩‍🔬" * 700,
    "𝒳" * 4100,
    "x" * 5000,
    "가" * 4100,
    "word " * 2000,
    "&lt;b&gt;&amp;",
    "</blockquote></b><a href='tg://user?id=1'>x</a>",
    "**__~~||`[](<>)@everyone <#1> <@&2> https://example.org",
    "&" * 3000,
    "\\" * 3000,
    "Z" + "\u0335" * 3000 + "algo",
    "\u0627\u0644" * 1500,
    "-1. [x] # > | :smile:",
)
"""Empty, invisible, half, long, and markup of every platform."""
ODD_URLS = (
    "",
    "https://arxiv.org/abs/2506.00001",
    "https://example.org/" + "a" * 4000,
    "https://example.org/?q=" + "%EA%B0%80" * 500,
    "https://example.org/a(b)c<d>&e='f'\"g\"",
    "https://example.org/가나다",
    "https://example.org/a b\nc",
    "https://example.org/\ud800",
    "http://[::1",
    "no address",
)


def texts(max_size: int = 400) -> st.SearchStrategy[str]:
    """Any text: odd ones, plain ones, and what Hypothesis thinks of, with lone surrogates."""
    letters = st.text(string.ascii_letters + " 가나다<>&*_", max_size=max_size)
    anything = st.text(st.characters(exclude_categories=()), max_size=60)
    return st.one_of(_one_of_these(ODD_TEXTS), letters, anything)


def urls() -> st.SearchStrategy[str]:
    return _one_of_these(ODD_URLS)


def _one_of_these(odd: Sequence[str]) -> st.SearchStrategy[str]:
    """As `sampled_from`, without the texts in its name: Hypothesis warns of a name so long."""
    return st.integers(0, len(odd) - 1).map(lambda n: odd[n])


def numbers(max_size: int = 120) -> st.SearchStrategy[tuple[int, ...]]:
    """Numbers of papers, perhaps very many."""
    many = st.integers(0, max_size).map(lambda count: tuple(range(1, count + 1)))
    return st.one_of(st.tuples(st.integers(1, 60)), many)


def claims(max_size: int = 6) -> st.SearchStrategy[tuple[Claim, ...]]:
    return st.lists(st.builds(Claim, texts(), numbers()), max_size=max_size).map(tuple)


def syntheses() -> st.SearchStrategy[Synthesis]:
    return st.builds(Synthesis, claims(), claims(30), claims(), claims(2), claims(2))


@st.composite
def papers(draw: st.DrawFn, n: int = 0, category: str = "Robotics") -> DigestPaper:
    """A paper with number `n`, or any number from 1 to 60 if it is 0."""
    links = tuple(Link("arxiv", url) for url in draw(st.lists(urls(), max_size=2)))
    return DigestPaper(
        n or draw(st.integers(1, 60)), None, draw(texts()), (), links, category, draw(texts()), sources=("arxiv",)
    )


def bars() -> st.SearchStrategy[tuple[Bar, ...]]:
    bar = st.builds(Bar, texts(), st.integers(0, 100), st.sampled_from(["#000000", "#ff8800"]))
    return st.lists(bar, max_size=12).map(tuple)


def choices() -> st.SearchStrategy[tuple[Choice, ...]]:
    """Choices as commands make them: any label, a command that the code wrote; perhaps more than a message takes."""
    line = st.sampled_from(
        ["/ask 2025-06-03 1", "/digest 2025-06-03 3 ko", "/settings 9223372036854775807 categories +19", "/again 12 K3"]
    )
    choice = st.builds(Choice, texts(), line, st.booleans())
    few = st.lists(choice, min_size=1, max_size=8)
    many = st.integers(90, 130).map(lambda count: [Choice(f"choice {n}", f"/ask 2025-06-03 {n}") for n in range(count)])
    return st.one_of(few, few, few, many).map(tuple)


@st.composite
def sections(draw: st.DrawFn) -> SectionBlock:
    shown = draw(st.lists(papers(), max_size=8))
    synthesis = draw(st.one_of(st.none(), syntheses()))
    return SectionBlock(
        draw(texts()), draw(texts()), tuple(shown), synthesis, draw(st.booleans()), draw(st.integers(0, 20))
    )


def answers() -> st.SearchStrategy[Answer]:
    """Answers with and without papers; a sentence may cite a hundred passages."""
    cite = st.builds(Citation, texts(), texts(), texts(), urls())
    many = st.integers(10, 120).map(
        lambda count: tuple(Citation("2506.00001", f"{n} Method", "quote", f"https://x.org/#{n}") for n in range(count))
    )
    cites = st.one_of(st.lists(cite, max_size=3).map(tuple), many)
    heads = st.builds(
        CitedPaper,
        st.sampled_from(["", "1", "40", "K3"]),
        texts(),
        urls(),
        st.sampled_from(["html", "pdf", "abstract"]),
    )
    options = st.lists(st.tuples(st.sampled_from(["1", "K2"]), texts()), max_size=5).map(tuple)
    return st.builds(
        Answer,
        st.booleans(),
        st.lists(heads, max_size=4).map(tuple),
        st.lists(st.builds(Sentence, texts(), cites), max_size=8).map(tuple),
        texts(),
        st.booleans(),
        options,
    )


def keyword_blocks() -> st.SearchStrategy[KeywordBlock]:
    hit = st.builds(
        Hit, st.sampled_from(["1", "K1", "K20"]), texts(), urls(), texts(), st.one_of(st.none(), st.just(1))
    )
    return st.builds(KeywordBlock, texts(), st.lists(hit, max_size=20).map(tuple), texts())


@st.composite
def ones(draw: st.DrawFn) -> OnesBlock:
    rows = draw(st.lists(st.tuples(texts(), texts(), papers()), max_size=6))
    return OnesBlock(draw(texts()), tuple(rows))


def text_blocks() -> st.SearchStrategy[TextBlock]:
    return st.lists(texts(), max_size=6).map(lambda lines: TextBlock(tuple(lines)))


def blocks() -> st.SearchStrategy[Block]:
    """Any block."""
    return st.one_of(
        st.builds(OverviewBlock, texts(), texts(), bars(), claims()),
        sections(),
        ones(),
        keyword_blocks(),
        st.builds(ChoiceBlock, choices()),
        st.builds(AnswerBlock, answers().filter(lambda answer: bool(answer.heads))),
        text_blocks(),
    )


@st.composite
def digests(draw: st.DrawFn) -> Digest:
    """A digest whose sections have all of its papers, numbered from 1, with texts of any kind."""
    names = draw(st.lists(st.sampled_from(CATEGORIES), unique=True, max_size=len(CATEGORIES)))
    shown: list[DigestPaper] = []
    parts: list[Section] = []
    for name in names:
        count = draw(st.integers(1, 4))
        mine = [draw(papers(len(shown) + place, name)) for place in range(1, count + 1)]
        shown += mine
        synthesis = draw(syntheses()) if count > 1 else None
        parts.append(Section(name, draw(texts()), tuple(paper.n for paper in mine), synthesis, draw(st.booleans())))
    day = date(2025, 1, 1) + timedelta(days=draw(st.integers(0, 400)))
    failed = SourceReport("arxiv", "failed", 0, 0, draw(texts()))
    reports = (draw(st.sampled_from([SourceReport("arxiv", "ok", 10), failed])),)
    return Digest(
        day.isoformat(),
        draw(st.sampled_from(LANGUAGES)),
        draw(texts()),
        draw(claims(3)),
        tuple(parts),
        tuple(shown),
        len(shown),
        len(shown),
        {},
        reports,
    )


def views() -> st.SearchStrategy[View]:
    """Views without keywords, in every layout and place of a chat platform."""
    return st.builds(
        View,
        st.sampled_from(LANGUAGES),
        st.sampled_from([Layout.SECTIONS, Layout.COMPACT]),
        st.sampled_from([(), ("Robotics",), ("Graph Learning",)]),
        limit=st.sampled_from([None, 1, 3]),
        place=st.sampled_from([Place.PRIVATE, Place.GROUP, Place.CHANNEL]),
    )


def section_of(title: str, url: str) -> SectionBlock:
    """A section of one paper with this title and address."""
    return SectionBlock("🤖", "Robotics", (_paper(title, url),), None, extractive=True, place=1)


def _paper(title: str, url: str) -> DigestPaper:
    return DigestPaper(1, None, title, (), (Link("arxiv", url),), "Robotics", "summary")


_MANY = tuple(Citation("2506.00001", f"{n} Method", "quote", f"https://arxiv.org/html/1#{n}") for n in range(100))
_HEAD = CitedPaper("1", "Grip", "https://arxiv.org/abs/2506.00001", "html")
HARD_CHOICES = (
    Choice("", "/help"),
    Choice("\ud800", "/ask 2025-06-03 1"),
    Choice("label " * 100, "/digest 2025-06-03 3 ko", private=True),
    Choice("too long", "/settings 1 keywords " + "가" * 40),
    Choice("no deep link", "/settings 1 categories +3", private=True),
    *(Choice(f"choice {n}", f"/digest 2025-06-03 {n} ko") for n in range(150)),
)
"""More than a message takes, without a name, with a name or a command that is too long."""
MANY_SENTENCES = AnswerBlock(
    Answer(True, (_HEAD,), tuple(Sentence(f"This is sentence {n} of many. " * 5, _MANY[1:3]) for n in range(60)))
)
HARD_BLOCKS: Sequence[Block] = (
    section_of("A link", "https://example.org/" + "a" * 4000),
    SectionBlock("🤖", "x" * 500, (_paper("", ""),), Synthesis(findings=(Claim("", ()),)), True, 1),
    SectionBlock("", "", (), None, True, 1),
    SectionBlock("🤖", "Robotics", (_paper("t" * 5000, "https://x.org"),) * 60, None, False, 1),
    SectionBlock(
        "🤖", "Robotics", (), Synthesis(keywords=tuple(Claim("a keyword", (n,)) for n in range(1, 400))), False
    ),
    SectionBlock("🤖", "Robotics", (), Synthesis(findings=(Claim("all", tuple(range(1, 2000))),)), False),
    OverviewBlock("t" * 5000, "y" * 5000, (), (Claim("h" * 5000, (1,)),)),
    OverviewBlock("", "", (), ()),
    OnesBlock("", (("", "n" * 5000, _paper("t" * 5000, "https://x.org")),)),
    AnswerBlock(Answer(True, (_HEAD,), (Sentence("A sentence that cites a hundred passages.", _MANY),))),
    AnswerBlock(Answer(True, (_HEAD,), (Sentence("x" * 5000, _MANY),), "y" * 5000, extractive=False)),
    AnswerBlock(Answer(False, (_HEAD,) * 120, ())),
    AnswerBlock(Answer(True, (CitedPaper("", "", "", "abstract"),), (Sentence("", ()),))),
    KeywordBlock("", (Hit("K1", "", "https://example.org/" + "a" * 4000, "q" * 5000),), "m" * 5000),
    ChoiceBlock(HARD_CHOICES),
    MANY_SENTENCES,
    TextBlock(("", "\n", "\ud800")),
    TextBlock(("x" * 20000,)),
    TextBlock(("a line",) * 3000),
    TextBlock(()),
)
"""Blocks that broke a renderer, or that are at or over a platform's limit."""
