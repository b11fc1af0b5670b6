"""Blocks as Telegram messages in HTML; pure, every text from papers escaped, nothing cut and nothing lost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.i18n import catalog_for
from bot.presentation.sanitize import sanitize
from bot.telegram.markup import CAPTION_LIMIT, TEXT_LIMIT, Span, bold, folded, italic, joined, link, pack, space, text
from workers.domain.answers import Answer, Citation
from workers.domain.blocks import (
    AnswerBlock,
    Block,
    ChoiceBlock,
    Hit,
    KeywordBlock,
    OnesBlock,
    OverviewBlock,
    SectionBlock,
    TextBlock,
)
from workers.domain.deliveries import Choice, Message, Place
from workers.domain.models import Claim, DigestPaper, Synthesis
from workers.i18n import digest_catalog_for

_SHOWN_FIRST = ("findings", "themes", "keywords", "impact", "outlook")
"""The five parts as a phone shows them: what was found comes first."""
_LONGEST_TITLE, _LONGEST_QUOTE = 300, 500


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How blocks become messages here: `chart` is the opening's picture; `home` our own address, for deep links.

    `compact`: as few messages as hold everything after the opening.
    """

    language: str
    chart: str = ""
    home: str = ""
    place: str = Place.PRIVATE
    compact: bool = False


def render(blocks: Sequence[Block], look: RenderOptions) -> list[Message]:
    """The messages of `blocks`, in order; choices stand under the message before them, in a channel as links."""
    messages: list[Message] = []
    for group, choices in _groups(blocks, look.compact):
        links = _links(choices, look.home) if look.place == Place.CHANNEL and choices else []
        made = [Message(piece.html, piece.papers) for piece in _messages(group, links, look)]
        if made and choices and not links:
            made[-1] = replace(made[-1], choices=_rows(choices))
        if made and isinstance(group[0], OverviewBlock):
            made[0] = replace(made[0], chart=look.chart)
        messages += made
    return messages


def _groups(blocks: Sequence[Block], compact: bool) -> Iterator[tuple[list[Block], tuple[Choice, ...]]]:
    """(blocks of one message or more, the choices under the last of them)."""
    group: list[Block] = []
    choices: tuple[Choice, ...] = ()
    for block in blocks:
        if isinstance(block, ChoiceBlock):
            choices += block.choices
            continue
        together = (
            compact and not isinstance(block, OverviewBlock) and not (group and isinstance(group[0], OverviewBlock))
        )
        if group and not (together and not choices):
            yield group, choices
            group, choices = [], ()
        group.append(block)
    if group:
        yield group, choices


def _rows(choices: Sequence[Choice]) -> tuple[tuple[Choice, ...], ...]:
    """As many beside each other as can be read on a phone."""
    longest = max(len(choice.label) for choice in choices)
    across = 4 if longest <= 8 else 2 if longest <= 18 else 1
    return tuple(tuple(choices[start : start + across]) for start in range(0, len(choices), across))


def payload(line: str) -> str:
    """A line as a deep link carries it; `commands` reads it back."""
    return line.removeprefix("/").replace(" ", "_")


def _links(choices: Sequence[Choice], home: str) -> list[Span]:
    each = [link(choice.label, f"{home}?start={payload(choice.line)}") for choice in choices]
    return [joined([piece for one in each for piece in (one, text(" · "))][:-1])]


def _messages(group: Sequence[Block], links: Sequence[Span], look: RenderOptions) -> Iterator[Span]:
    first = group[0]
    if isinstance(first, OverviewBlock):
        yield _opening(first, look.language, CAPTION_LIMIT if look.chart else TEXT_LIMIT, links)
        return
    pieces: list[Span] = []
    for block in group:
        pieces += [*([Span("", 0)] if pieces else []), *_pieces(block, look.language)]
    if pieces:
        again = Span("", 0) if look.compact or isinstance(first, TextBlock) else _again(first, look.language)
        yield from pack([*pieces, *links], again)


def _pieces(block: Block, language: str) -> Iterator[Span]:
    match block:
        case SectionBlock():
            mark = (
                [space(), italic(f"({digest_catalog_for(language).excerpts})")]
                if block.extractive and block.synthesis
                else []
            )
            yield joined([_head(block), *mark])
            yield from _section(block, language)
        case OnesBlock():
            yield _head(block)
            for emoji, name, paper in block.papers:
                yield joined([text(emoji), space(), bold(name), Span("\n", 1), _paper(paper)])
        case KeywordBlock():
            yield _head(block)
            yield from map(_hit, block.hits)
            yield from [text(block.more)] if block.more else []
        case AnswerBlock():
            yield from _answer(block.answer, language)
        case TextBlock():
            yield from (text(line) for line in block.lines if line.strip())


def _answer(answer: Answer, language: str) -> Iterator[Span]:
    """The papers, what was read, then each sentence with its places; a paper's own words are bold."""
    words = digest_catalog_for(language)
    for head in answer.heads:
        number = [bold(f"[{head.label}]"), space()] if head.label else []
        title = link(head.title, head.url, _LONGEST_TITLE) if head.url else text(head.title, _LONGEST_TITLE)
        yield joined([*number, title])
    yield italic(words.was_read[answer.heads[0].read])
    if answer.line:
        yield text(answer.line)
    if answer.extractive:
        yield text(words.closest if answer.answerable else words.not_said)
    for sentence in answer.sentences:
        said = bold(f"“{sentence.text}”") if answer.extractive else text(sentence.text)
        yield joined([said, *(piece for cite in sentence.cites for piece in (space(), _place(cite)))])


def _place(cite: Citation) -> Span:
    name = sanitize(cite.section, 60) or cite.paper
    return link(f"[{name}]", cite.url) if cite.url else text(f"[{name}]")


def _head(block: Block) -> Span:
    match block:
        case SectionBlock():
            return joined([text(block.emoji), space(), bold(block.name)])
        case OnesBlock() | KeywordBlock():
            return bold(block.title)
        case _:
            return Span("", 0)


def _again(block: Block, language: str) -> Span:
    return joined([_head(block), space(), italic(catalog_for(language).continued)])


def _hit(hit: Hit) -> Span:
    title = link(hit.title, hit.url, _LONGEST_TITLE) if hit.url else text(hit.title, _LONGEST_TITLE)
    quote = [Span("\n", 1), italic(f"“{sanitize(hit.quote, _LONGEST_QUOTE)}”")] if hit.quote else []
    whole = joined([bold(f"{hit.label}."), space(), title, *quote])
    return replace(whole, papers=(hit.n,) if hit.n else ())


def _opening(block: OverviewBlock, language: str, limit: int, links: Sequence[Span]) -> Span:
    """Title, tally, as many whole highlights as fit (they all stand in their sections too), one example question."""
    head, tail = [bold(block.title), text(block.tally)], [italic(catalog_for(language).ask_hint), *links]
    shown: list[Span] = []
    for claim in block.highlights:
        line = _claim(claim)
        candidate = [*head, Span("", 0), *shown, line, Span("", 0), *tail]
        if next(iter(pack(candidate, Span("", 0), 1 << 20))).units > limit:
            continue
        shown.append(line)
    lines = [*head, *([Span("", 0), *shown] if shown else []), Span("", 0), *tail]
    return next(iter(pack(lines, Span("", 0), limit)))


def _section(block: SectionBlock, language: str) -> Iterator[Span]:
    yield from (_paper(paper) for paper in block.papers)
    if block.synthesis:
        yield from (folded(line) for line in _synthesis(block.synthesis, language))


def _synthesis(synthesis: Synthesis, language: str) -> Iterator[Span]:
    headings = dict(
        zip(("themes", "keywords", "findings", "impact", "outlook"), digest_catalog_for(language).parts, strict=True)
    )
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


def _paper(paper: DigestPaper) -> Span:
    """Number and line, then the linked title; a paper without a web page keeps its title."""
    title = link(paper.title, paper.links[0].url, _LONGEST_TITLE) if paper.links else text(paper.title, _LONGEST_TITLE)
    line = [space(), text(paper.tldr)] if paper.tldr else []
    whole = joined([bold(f"{paper.n}."), *line, Span("\n", 1), title])
    return Span(whole.html, whole.units, whole.entities, papers=(paper.n,))


def _claim(claim: Claim) -> Span:
    return joined([text("•"), space(), _said(claim)])


def _said(claim: Claim) -> Span:
    return joined([text(claim.text), space(), text("".join(f"[{n}]" for n in claim.papers))])
