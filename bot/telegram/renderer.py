"""Renders blocks as Telegram messages in HTML; every text from papers is escaped, and no line is cut or lost."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace

from bot.i18n import catalog_for
from bot.presentation.outline import PHONE, Kind, Line, Role, Run, outline
from bot.presentation.sanitize import sanitize
from bot.telegram.markup import CAPTION_LIMIT, TEXT_LIMIT, Span, bold, folded, italic, joined, link, pack, space, text
from workers.domain.blocks import Block, ChoiceBlock, OverviewBlock, TextBlock
from workers.domain.deliveries import Choice, Message, Place

_MAX_TITLE = 300
"""Characters of a paper's title."""
_MAX_QUOTE = 500
"""Characters of a quoted sentence."""
_NO_LIMIT = 1 << 20
_EMPTY = Span("", 0)


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How blocks become messages here."""

    language: str
    chart: str = ""
    """Name of the overview's picture; "" for none."""
    home: str = ""
    """Address of the bot, for deep links."""
    place: str = Place.PRIVATE
    compact: bool = False
    """Everything after the overview goes into as few messages as possible."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Blocks that share messages, with the choices under the last of these messages."""

    blocks: Sequence[Block]
    choices: Sequence[Choice] = ()


def render(blocks: Sequence[Block], options: RenderOptions) -> list[Message]:
    """The messages of `blocks`, in order. Choices become buttons under the message before them, links in a channel."""
    messages: list[Message] = []
    for group in _groups(blocks, options.compact):
        links = _links(group.choices, options.home) if options.place == Place.CHANNEL and group.choices else []
        rendered = [Message(span.html, span.papers) for span in _messages(group.blocks, links, options)]
        if rendered and group.choices and not links:
            rendered[-1] = replace(rendered[-1], choices=_rows(group.choices))
        if rendered and isinstance(group.blocks[0], OverviewBlock):
            rendered[0] = replace(rendered[0], chart=options.chart)
        messages += rendered
    return messages


def _groups(blocks: Sequence[Block], compact: bool) -> list[_Group]:
    """One group for each block; if `compact`, one for all after the overview up to the next choices."""
    groups: list[_Group] = []
    leading: list[Choice] = []
    for block in blocks:
        last = groups[-1] if groups else None
        if isinstance(block, ChoiceBlock):
            if last:
                groups[-1] = replace(last, choices=(*last.choices, *block.choices))
            else:
                leading += block.choices
        elif last and compact and not last.choices and not _has_overview([block, *last.blocks]):
            groups[-1] = replace(last, blocks=(*last.blocks, block))
        else:
            groups.append(_Group((block,), () if last else leading))
    return groups


def _has_overview(blocks: Sequence[Block]) -> bool:
    return any(isinstance(block, OverviewBlock) for block in blocks)


def _rows(choices: Sequence[Choice]) -> tuple[tuple[Choice, ...], ...]:
    """As many in a row as can be read on a phone."""
    longest = max(len(choice.label) for choice in choices)
    across = 4 if longest <= 8 else 2 if longest <= 18 else 1
    return tuple(tuple(choices[start : start + across]) for start in range(0, len(choices), across))


def payload(line: str) -> str:
    """A command as the parameter of a deep link; `bot.commands.router` reads it back."""
    return line.removeprefix("/").replace(" ", "_")


def _links(choices: Sequence[Choice], home: str) -> list[Span]:
    links = [link(choice.label, f"{home}?start={payload(choice.line)}") for choice in choices]
    return [joined([span for choice_link in links for span in (space(), text("·"), space(), choice_link)][3:])]


def _messages(group: Sequence[Block], links: Sequence[Span], options: RenderOptions) -> Iterator[Span]:
    first = outline(group[0], options.language, PHONE)
    if isinstance(group[0], OverviewBlock):
        yield _overview(first, CAPTION_LIMIT if options.chart else TEXT_LIMIT, links)
        return
    spans = list(map(_span, first))
    for block in group[1:]:
        lines = outline(block, options.language, PHONE)
        spans += [*([_EMPTY] if spans else []), *map(_span, lines)]
    if spans:
        repeats = not (options.compact or isinstance(group[0], TextBlock))
        yield from pack([*spans, *links], _continued(first, options.language) if repeats else _EMPTY)


def _overview(lines: Sequence[Line], limit: int, links: Sequence[Span]) -> Span:
    """The overview with as many whole highlights as fit; every highlight is in its section too."""
    left_out = {n for n, line in enumerate(lines) if line.kind == Kind.BULLET}
    for n in sorted(left_out):
        if _one_message(lines, left_out - {n}, links, _NO_LIMIT).units <= limit:
            left_out.remove(n)
    return _one_message(lines, left_out, links, limit)


def _one_message(lines: Sequence[Line], left_out: Set[int], links: Sequence[Span], limit: int) -> Span:
    """`lines` without those at the positions `left_out`, with one gap of several in a row.

    Raises ValueError for what is over the limit.
    """
    shown: list[Line] = []
    for n, line in enumerate(lines):
        if n not in left_out and not (line.kind == Kind.GAP and shown and shown[-1].kind == Kind.GAP):
            shown.append(line)
    return next(iter(pack([*map(_span, shown), *links], _EMPTY, limit)))


def _continued(lines: Sequence[Line], language: str) -> Span:
    """The heading of a section that goes on in another message."""
    heading = [run for line in lines[:1] if line.kind == Kind.HEADING for run in line.rows[0] if run.role != Role.ASIDE]
    return joined([_row(heading), space(), italic(catalog_for(language).continued)])


def _span(line: Line) -> Span:
    rows = [span for row in line.rows for span in (Span("\n", 1), _row(row))][1:]
    bullet = [text("•"), space()] if line.kind == Kind.BULLET else []
    span = replace(joined([*bullet, *rows]), papers=line.papers)
    return folded(span) if line.foldable else span


def _row(runs: Sequence[Run]) -> Span:
    spans: list[Span] = []
    for n, run in enumerate(runs):
        if n:
            spans.append(space())
        spans.append(_run(run))
    return joined(spans)


def _run(run: Run) -> Span:
    match run.role:
        case Role.BOLD | Role.LABEL:
            return bold(run.text)
        case Role.NUMBER:
            return bold(f"{run.text}.")
        case Role.TITLE:
            return link(run.text, run.url, _MAX_TITLE) if run.url else text(run.text, _MAX_TITLE)
        case Role.PLACE:
            return link(f"[{run.text}]", run.url) if run.url else text(f"[{run.text}]")
        case Role.QUOTE:
            return italic(f"“{sanitize(run.text, _MAX_QUOTE)}”")
        case Role.EXCERPT:
            return bold(f"“{run.text}”")
        case Role.ASIDE:
            return italic(run.text)
        case Role.PLAIN | Role.CITED | Role.DOT:
            return text(run.text)
