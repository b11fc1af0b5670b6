"""Blocks as Telegram messages in HTML; pure, every text from papers escaped, nothing cut and nothing lost."""

from collections.abc import Iterator, Sequence

from bot.telegram.pieces import (
    CAPTION_LIMIT,
    TEXT_LIMIT,
    Piece,
    bold,
    folded,
    italic,
    joined,
    link,
    pack,
    space,
    text,
)
from bot.texts import texts
from workers.domain.blocks import Block, Closing, OnesBlock, Opening, SectionBlock
from workers.domain.deliveries import Message
from workers.domain.models import Claim, Listed, Synthesis
from workers.wording import wording

_SHOWN_FIRST = ("findings", "themes", "keywords", "impact", "outlook")
"""The five parts as a phone shows them: what was found comes first."""
_LONGEST_TITLE = 300


def render(blocks: Sequence[Block], language: str, chart: str = "") -> list[Message]:
    """The messages of `blocks`, in order; the opening is the caption of the picture `chart`, where there is one."""
    return [
        Message(piece.html, piece.papers, chart=chart if isinstance(block, Opening) else "")
        for block in blocks
        for piece in _messages(block, language, chart)
    ]


def _messages(block: Block, language: str, chart: str) -> Iterator[Piece]:
    match block:
        case Opening():
            yield _opening(block, language, CAPTION_LIMIT if chart else TEXT_LIMIT)
        case SectionBlock():
            head = joined([text(block.emoji), space(), bold(block.name)])
            mark = [space(), italic(f"({wording(language).excerpts})")] if block.extractive and block.synthesis else []
            more = joined([head, space(), italic(texts(language).continued)])
            yield from pack([joined([head, *mark]), *_section(block, language)], more)
        case OnesBlock():
            head = bold(block.title)
            lines = [
                joined([text(emoji), space(), bold(name), Piece("\n", 1), _paper(paper)])
                for emoji, name, paper in block.papers
            ]
            yield from pack([head, *lines], joined([head, space(), italic(texts(language).continued)]))
        case Closing():
            lines = [text(line) for line in block.lines if line.strip()]
            if lines:
                yield from pack(lines, Piece("", 0))


def _opening(block: Opening, language: str, limit: int) -> Piece:
    """Title, tally, as many whole highlights as fit (they all stand in their sections too), one example question."""
    head, tail = [bold(block.title), text(block.tally)], [italic(texts(language).ask_hint)]
    shown: list[Piece] = []
    for claim in block.highlights:
        line = _claim(claim)
        candidate = [*head, Piece("", 0), *shown, line, Piece("", 0), *tail]
        if next(iter(pack(candidate, Piece("", 0), 1 << 20))).units > limit:
            continue
        shown.append(line)
    lines = [*head, *([Piece("", 0), *shown] if shown else []), Piece("", 0), *tail]
    return next(iter(pack(lines, Piece("", 0), limit)))


def _section(block: SectionBlock, language: str) -> Iterator[Piece]:
    yield from (_paper(paper) for paper in block.papers)
    if block.synthesis:
        yield from (folded(line) for line in _synthesis(block.synthesis, language))


def _synthesis(synthesis: Synthesis, language: str) -> Iterator[Piece]:
    headings = dict(zip(("themes", "keywords", "findings", "impact", "outlook"), wording(language).parts, strict=True))
    for part in _SHOWN_FIRST:
        claims: Sequence[Claim] = getattr(synthesis, part)
        if not claims:
            continue
        yield bold(headings[part])
        if part == "keywords":
            spans = [[_said(claim), text(" · ")] for claim in claims]
            yield joined([span for pair in spans for span in pair][:-1])
        else:
            yield from (_claim(claim) for claim in claims)


def _paper(paper: Listed) -> Piece:
    """Number and line, then the linked title; a paper without a web page keeps its title."""
    title = link(paper.title, paper.links[0].url, _LONGEST_TITLE) if paper.links else text(paper.title, _LONGEST_TITLE)
    line = [space(), text(paper.tldr)] if paper.tldr else []
    whole = joined([bold(f"{paper.n}."), *line, Piece("\n", 1), title])
    return Piece(whole.html, whole.units, whole.entities, papers=(paper.n,))


def _claim(claim: Claim) -> Piece:
    return joined([text("•"), space(), _said(claim)])


def _said(claim: Claim) -> Piece:
    return joined([text(claim.text), space(), text("".join(f"[{n}]" for n in claim.papers))])
