"""Blocks as terminal text in Rich's markup; pure, and every text from papers escaped."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.markup import escape

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
from workers.domain.deliveries import Message
from workers.domain.models import SYNTHESIS_FIELDS, Claim, DigestPaper
from workers.i18n import digest_catalog_for

_LONGEST_BAR = 30
"""Columns of the longest bar: names, bar and count fit into 60."""


def render(blocks: Sequence[Block], language: str) -> list[Message]:
    """One message per block, in order."""
    return [Message("\n".join(_lines(block, language)), _papers(block)) for block in blocks]


def _lines(block: Block, language: str) -> Iterator[str]:
    match block:
        case OverviewBlock():
            yield from _opening(block, language)
        case SectionBlock():
            yield from _section(block, language)
        case OnesBlock():
            yield f"[bold]{block.title}[/bold]"
            for emoji, name, paper in block.papers:
                yield f"{emoji} [bold]{escape(name)}[/bold]"
                yield from _paper(paper)
        case KeywordBlock():
            yield f"[bold]{block.title}[/bold]"
            for hit in block.hits:
                yield from _hit(hit)
            yield from [escape(block.more)] if block.more else []
        case ChoiceBlock():
            yield from (f"[dim]{escape(f'{choice.label}: {choice.line}')}[/dim]" for choice in block.choices)
        case AnswerBlock():
            yield from _answer(block.answer, language)
        case TextBlock():
            yield from (f"[dim]{escape(line)}[/dim]" for line in block.lines)


def _opening(block: OverviewBlock, language: str) -> Iterator[str]:
    yield f"[bold]{escape(block.title)}[/bold]"
    yield f"[cyan]{escape(block.tally)}[/cyan]"
    yield ""
    yield from _bars(block.bars)
    if block.highlights:
        yield ""
        yield f"[bold]{digest_catalog_for(language).highlights}[/bold]"
        yield from (f"• {_claim(claim)}" for claim in block.highlights)


def _bars(bars: Sequence[Bar]) -> Iterator[str]:
    widest = max((cell_len(bar.name) for bar in bars), default=0)
    most = max((bar.count for bar in bars), default=1)
    for bar in bars:
        name = " " * (widest - cell_len(bar.name)) + escape(bar.name)
        yield f"{name} [{bar.colour}]{'█' * max(1, round(_LONGEST_BAR * bar.count / most))}[/] {bar.count}"


def _section(block: SectionBlock, language: str) -> Iterator[str]:
    words = digest_catalog_for(language)
    mark = f" [dim]({words.excerpts})[/dim]" if block.extractive else ""
    yield f"{block.emoji} [bold]{escape(block.name)}[/bold]{mark}"
    for part, heading in zip(SYNTHESIS_FIELDS, words.parts, strict=True):
        claims: tuple[Claim, ...] = getattr(block.synthesis, part, ())
        if part == "keywords" and claims:
            yield f"[bold]{heading}[/bold]  " + " · ".join(map(_claim, claims))
        elif claims:
            yield f"[bold]{heading}[/bold]"
            yield from (f"• {_claim(claim)}" for claim in claims)
    for paper in block.papers:
        yield from _paper(paper)


def _paper(paper: DigestPaper) -> Iterator[str]:
    yield f"  [yellow]{paper.n:>2}[/yellow] [bold]{escape(paper.title)}[/bold]"
    if paper.links:
        yield f"     [dim underline]{escape(paper.links[0].url)}[/]"
    if paper.tldr:
        yield f"     {escape(paper.tldr)}"


def _answer(answer: Answer, language: str) -> Iterator[str]:
    words = digest_catalog_for(language)
    for head in answer.heads:
        number = f"[yellow]{escape(f'[{head.label}]')}[/yellow] " if head.label else ""
        yield f"{number}[bold]{escape(head.title)}[/bold]"
        if head.url:
            yield f"[dim underline]{escape(head.url)}[/]"
    yield f"[dim]{words.was_read[answer.heads[0].read]}[/dim]"
    if answer.line:
        yield escape(answer.line)
    if answer.extractive:
        yield words.closest if answer.answerable else words.not_said
    for sentence in answer.sentences:
        said = f"[bold]“{escape(sentence.text)}”[/bold]" if answer.extractive else escape(sentence.text)
        yield f"• {said}"
        for cite in sentence.cites:
            yield f"     [dim]{escape(cite.section)} {escape(cite.url)}[/dim]"


def _hit(hit: Hit) -> Iterator[str]:
    yield f"  [yellow]{hit.label:>2}[/yellow] [bold]{escape(hit.title)}[/bold]"
    if hit.url:
        yield f"     [dim underline]{escape(hit.url)}[/]"
    if hit.quote:
        yield f"     [italic]“{escape(hit.quote)}”[/italic]"


def _claim(claim: Claim) -> str:
    return f"{escape(claim.text)} [yellow]{''.join(escape(f'[{n}]') for n in claim.papers)}[/yellow]"


def _papers(block: Block) -> tuple[int, ...]:
    match block:
        case SectionBlock():
            return tuple(paper.n for paper in block.papers)
        case OnesBlock():
            return tuple(paper.n for _, _, paper in block.papers)
        case _:
            return ()
