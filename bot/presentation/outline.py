"""The outline of a block: its headings, lines and links in the order in which a reader sees them.

Renderers mark an outline up and pack it into messages; only this file decides what comes first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.i18n import catalog_for
from bot.presentation.sanitize import sanitize
from workers.domain.answers import Answer
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
from workers.domain.models import SYNTHESIS_FIELDS, Claim, DigestPaper, Synthesis
from workers.i18n import digest_catalog_for

_LONGEST_PLACE = 60
"""Characters of the name of a cited place."""
_MOST_PLACES = 8
"""Places shown for one sentence of an answer; the first ones support it best."""
_MOST_CITED = 20
"""Papers named after one claim."""


class Role(StrEnum):
    """What a run of text is; each renderer has one kind of markup for each role."""

    PLAIN = "plain"
    BOLD = "bold"
    NUMBER = "number"
    """A paper's number in the edition, or K1, K2 … of a keyword hit."""
    LABEL = "label"
    """A paper's number as a reference, in square brackets."""
    TITLE = "title"
    """A paper's title, linked if the run has a URL."""
    QUOTE = "quote"
    """A sentence of an abstract, without quotation marks."""
    EXCERPT = "excerpt"
    """A sentence of a paper that is the answer itself, without quotation marks."""
    CITED = "cited"
    """The numbers of the papers that a claim rests on, each in square brackets."""
    PLACE = "place"
    """The part of a paper that a sentence rests on, linked if the run has a URL."""
    ASIDE = "aside"
    """A remark of Paperboy itself."""
    DOT = "dot"
    """The separator of a list in one line."""


class Kind(StrEnum):
    """What a line is."""

    TITLE = "title"
    """The title of the edition; the tally follows it and stays with it."""
    TALLY = "tally"
    GAP = "gap"
    """An empty line, where the platform shows any."""
    BARS = "bars"
    """The chart as text."""
    HEADING = "heading"
    """The first line of a section, repeated where the section goes on in another message."""
    FIELD = "field"
    """A heading within a block; the next line stays with it."""
    BULLET = "bullet"
    LIST = "list"
    """The whole field in one line."""
    PAPER = "paper"
    SENTENCE = "sentence"
    """A sentence of an answer with the places it rests on."""
    TEXT = "text"
    SMALL = "small"
    """An aside that is less important than the lines around it."""
    NOTICE = "notice"
    """A line of a block that is only text."""


@dataclass(frozen=True, slots=True)
class Run:
    """Text with one role, not yet sanitized or escaped. Runs of one row are separated by a space."""

    text: str
    role: Role = Role.PLAIN
    url: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One or more rows that belong together; no renderer divides a line between two messages."""

    kind: Kind
    rows: tuple[tuple[Run, ...], ...] = ()
    papers: tuple[int, ...] = ()
    """Numbers of the papers that the line shows."""
    foldable: bool = False
    """The reader may open it, on platforms that can fold text."""
    bars: tuple[Bar, ...] = ()
    """Of BARS only."""


@dataclass(frozen=True, slots=True)
class OutlineStyle:
    """What differs between platforms in the order of a block."""

    fields: tuple[str, ...]
    """The five parts of a synthesis, first to last."""
    papers_first: bool
    """A section's papers come before its synthesis."""
    titles_first: bool
    """A paper's title comes before its summary."""
    bars: bool
    """The overview has the chart as text, and a heading over the highlights."""
    ask_hint: bool
    """The overview ends with an example question."""
    blank_lines: bool
    """Empty lines of a text block are kept."""


PHONE = OutlineStyle(
    fields=("findings", "themes", "keywords", "impact", "outlook"),
    papers_first=True,
    titles_first=False,
    bars=False,
    ask_hint=True,
    blank_lines=False,
)
"""For chats, mostly read on a phone: the papers and what they found come first."""
SCREEN = OutlineStyle(
    fields=SYNTHESIS_FIELDS,
    papers_first=False,
    titles_first=True,
    bars=True,
    ask_hint=False,
    blank_lines=True,
)
"""For a terminal: the synthesis comes first, and the chart is made of text."""


def outline(block: Block, language: str, style: OutlineStyle) -> list[Line]:
    """The lines of `block`, top to bottom; empty for choices, which each platform has in its own way."""
    match block:
        case OverviewBlock():
            return list(_overview(block, language, style))
        case SectionBlock():
            return list(_section(block, language, style))
        case OnesBlock():
            papers = (_paper_of_category(emoji, name, paper, style) for emoji, name, paper in block.papers)
            return [_line(Kind.HEADING, Run(block.title, Role.BOLD)), *papers]
        case KeywordBlock():
            more = [_line(Kind.TEXT, Run(block.more))] if block.more else []
            return [_line(Kind.HEADING, Run(block.title, Role.BOLD)), *map(_hit, block.hits), *more]
        case AnswerBlock():
            return list(_answer(block.answer, language))
        case TextBlock():
            return [_line(Kind.NOTICE, Run(text)) for text in block.lines if text.strip() or style.blank_lines]
        case ChoiceBlock():
            return []


def _overview(block: OverviewBlock, language: str, style: OutlineStyle) -> Iterator[Line]:
    yield _line(Kind.TITLE, Run(block.title, Role.BOLD))
    yield _line(Kind.TALLY, Run(block.tally))
    if style.bars:
        yield Line(Kind.GAP)
        yield Line(Kind.BARS, bars=block.bars)
    if block.highlights:
        yield Line(Kind.GAP)
        if style.bars:
            yield _line(Kind.FIELD, Run(digest_catalog_for(language).highlights, Role.BOLD))
        yield from map(_bullet, block.highlights)
    if style.ask_hint:
        yield Line(Kind.GAP)
        yield _line(Kind.SMALL, Run(catalog_for(language).ask_hint, Role.ASIDE))


def _section(block: SectionBlock, language: str, style: OutlineStyle) -> Iterator[Line]:
    excerpts = f"({digest_catalog_for(language).excerpts})"
    remark = [Run(excerpts, Role.ASIDE)] if block.extractive and block.synthesis else []
    yield _line(Kind.HEADING, Run(block.emoji), Run(block.name, Role.BOLD), *remark)
    papers = [_paper(paper, style) for paper in block.papers]
    synthesis = list(_synthesis(block.synthesis, language, style.fields)) if block.synthesis else []
    yield from [*papers, *synthesis] if style.papers_first else [*synthesis, *papers]


def _synthesis(synthesis: Synthesis, language: str, fields: Sequence[str]) -> Iterator[Line]:
    """Each field that has claims under its heading; the keywords are one line."""
    headings = dict(zip(SYNTHESIS_FIELDS, digest_catalog_for(language).parts, strict=True))
    for field in fields:
        claims: Sequence[Claim] = getattr(synthesis, field)
        if not claims:
            continue
        lines = [_listed(claims)] if field == "keywords" else [_bullet(claim) for claim in claims]
        for line in (_line(Kind.FIELD, Run(headings[field], Role.BOLD)), *lines):
            yield replace(line, foldable=True)


def _bullet(claim: Claim) -> Line:
    return _line(Kind.BULLET, *_claim(claim))


def _listed(claims: Sequence[Claim]) -> Line:
    runs = [run for claim in claims for run in (Run("·", Role.DOT), *_claim(claim))]
    return _line(Kind.LIST, *runs[1:])


def _claim(claim: Claim) -> tuple[Run, Run]:
    more = "…" if len(claim.papers) > _MOST_CITED else ""
    return Run(claim.text), Run("".join(f"[{n}]" for n in claim.papers[:_MOST_CITED]) + more, Role.CITED)


def _paper(paper: DigestPaper, style: OutlineStyle) -> Line:
    """Number, summary and title; a paper without a web page has a title without a link."""
    number = Run(str(paper.n), Role.NUMBER)
    title = Run(paper.title, Role.TITLE, paper.links[0].url if paper.links else "")
    summary = (Run(paper.tldr),) if paper.tldr else ()
    if style.titles_first:
        return Line(Kind.PAPER, ((number, title), *([summary] if summary else [])), (paper.n,))
    return Line(Kind.PAPER, ((number, *summary), (title,)), (paper.n,))


def _paper_of_category(emoji: str, name: str, paper: DigestPaper, style: OutlineStyle) -> Line:
    line = _paper(paper, style)
    return replace(line, rows=((Run(emoji), Run(name, Role.BOLD)), *line.rows))


def _hit(hit: Hit) -> Line:
    title = (Run(hit.label, Role.NUMBER), Run(hit.title, Role.TITLE, hit.url))
    quote = [(Run(hit.quote, Role.QUOTE),)] if hit.quote else []
    return Line(Kind.PAPER, (title, *quote), (hit.n,) if hit.n else ())


def _answer(answer: Answer, language: str) -> Iterator[Line]:
    """The papers, how much of them was read, then each sentence with its places."""
    catalog = digest_catalog_for(language)
    for head in answer.heads:
        label = [Run(f"[{head.label}]", Role.LABEL)] if head.label else []
        yield _line(Kind.PAPER, *label, Run(head.title, Role.TITLE, head.url))
    yield _line(Kind.SMALL, Run(catalog.was_read[answer.heads[0].read], Role.ASIDE))
    if answer.line:
        yield _line(Kind.TEXT, Run(answer.line))
    if answer.extractive:
        yield _line(Kind.TEXT, Run(catalog.closest if answer.answerable else catalog.not_said))
    for sentence in answer.sentences:
        places = [
            Run(sanitize(cite.section, _LONGEST_PLACE) or cite.paper, Role.PLACE, cite.url)
            for cite in sentence.cites[:_MOST_PLACES]
        ]
        yield _line(Kind.SENTENCE, Run(sentence.text, Role.EXCERPT if answer.extractive else Role.PLAIN), *places)


def _line(kind: Kind, *runs: Run) -> Line:
    return Line(kind, (runs,))
