"""Renders blocks as Telegram messages in HTML; every text from papers is escaped.

Whatever the blocks hold, the messages are within Telegram's limits: a line that fits no message is shortened, no other
line is cut or lost.
"""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace

from bot.i18n import catalog_for
from bot.presentation.outline import PHONE, Kind, Line, Role, Run, outline
from bot.presentation.sanitize import sanitize, sanitize_utf16
from bot.telegram.markup import (
    CAPTION_LIMIT,
    ENTITY_LIMIT,
    LONGEST,
    TEXT_LIMIT,
    Span,
    bold,
    folded,
    is_within,
    italic,
    joined,
    link,
    pack,
    space,
    stacked,
    text,
)
from workers.domain.blocks import Block, ChoiceBlock, OverviewBlock, TextBlock
from workers.domain.deliveries import Choice, Message, Place

_MAX_TITLE = 300
"""UTF-16 units of a paper's title."""
_MAX_QUOTE = 500
"""UTF-16 units of a quoted sentence."""
_MAX_HEADING = 200
"""UTF-16 units of each part of a heading, which is repeated in every message of its section."""
_MAX_LABEL = 60
"""Characters of a button or a link to a command."""
_MAX_BUTTONS = 100
"""Buttons under one message."""
_MAX_CALLBACK_BYTES = 64
"""Bytes of what a button sends (core.telegram.org/bots/api#inlinekeyboardbutton)."""
_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""The parameter of a deep link (core.telegram.org/bots/features#deep-linking)."""
_LINKS_A_ROW = 20
"""Links in one line below a message; with labels of `_MAX_LABEL` they are shorter than half of a message."""
_HEADINGS = {Kind.TITLE, Kind.TALLY, Kind.HEADING, Kind.FIELD}
_EMPTY = Span("", 0)


@dataclass(frozen=True, slots=True)
class _Cut:
    """How much of a line is shown: units of each run, runs of each row."""

    units: int
    runs: int = 1 << 20


_CUTS = (_Cut(LONGEST), _Cut(800), _Cut(300), _Cut(300, 60), _Cut(100, 30), _Cut(30, 10))
"""Tried in this order until a line fits; the last one fits always."""


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
        choices = [replace(choice, label=_label(choice)) for choice in group.choices if _can_be_sent(choice)]
        links = _links(choices, options.home) if options.place == Place.CHANNEL else []
        rendered = [Message(span.html, span.papers) for span in _messages(group.blocks, links, options)]
        if rendered and choices and options.place != Place.CHANNEL:
            rendered[-1] = replace(rendered[-1], choices=_rows(choices[:_MAX_BUTTONS]))
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


def _label(choice: Choice) -> str:
    return sanitize(choice.label, _MAX_LABEL) or "…"


def _can_be_sent(choice: Choice) -> bool:
    """Whether its command fits a button, and a link where only that is private."""
    short = len(choice.line.encode("utf-8", "replace")) <= _MAX_CALLBACK_BYTES
    return short and (not choice.private or _PAYLOAD.fullmatch(payload(choice.line)) is not None)


def _links(choices: Sequence[Choice], home: str) -> list[Span]:
    """One link for each choice that can be one."""
    lines = [(choice.label, payload(choice.line)) for choice in choices]
    return [link(label, f"{home}?start={start}") for label, start in lines if _PAYLOAD.fullmatch(start)]


def _in_a_row(links: Sequence[Span]) -> Span:
    return joined([span for each in links for span in (space(), text("·"), space(), each)][3:])


def _messages(group: Sequence[Block], links: Sequence[Span], options: RenderOptions) -> Iterator[Span]:
    first = outline(group[0], options.language, PHONE)
    if isinstance(group[0], OverviewBlock):
        yield _overview(first, CAPTION_LIMIT if options.chart else TEXT_LIMIT, links)
        return
    repeats = not (options.compact or isinstance(group[0], TextBlock))
    head = _continued(first, options.language) if repeats else _EMPTY
    spans = [_fitting(line, head) for line in first]
    for block in group[1:]:
        lines = outline(block, options.language, PHONE)
        spans += [*([_EMPTY] if spans else []), *(_fitting(line, head) for line in lines)]
    if any(span.units for span in spans):
        rows = [_in_a_row(links[start : start + _LINKS_A_ROW]) for start in range(0, len(links), _LINKS_A_ROW)]
        yield from pack([*spans, *rows], head)


def _overview(lines: Sequence[Line], limit: int, links: Sequence[Span]) -> Span:
    """The overview with as many links, then as many whole highlights as fit; each highlight is in its section too."""
    left_out = {n for n, line in enumerate(lines) if line.kind == Kind.BULLET}
    shown = len(links)
    while shown and not _fits(_one_message(lines, left_out, links[:shown]), limit):
        shown -= 1
    for n in sorted(left_out):
        if _fits(_one_message(lines, left_out - {n}, links[:shown]), limit):
            left_out.remove(n)
    return _one_message(lines, left_out, links[:shown])


def _fits(span: Span, limit: int) -> bool:
    return span.units <= limit and span.entities <= ENTITY_LIMIT


def _one_message(lines: Sequence[Line], left_out: Set[int], links: Sequence[Span]) -> Span:
    """`lines` without those at the positions `left_out`, with one gap of several in a row."""
    shown: list[Line] = []
    for n, line in enumerate(lines):
        if n not in left_out and not (line.kind == Kind.GAP and shown and shown[-1].kind == Kind.GAP):
            shown.append(line)
    spans = [_fitting(line, _EMPTY) for line in shown]
    return stacked([*spans, *([_in_a_row(links)] if links else [])])


def _continued(lines: Sequence[Line], language: str) -> Span:
    """The heading of a section that goes on in another message."""
    heading = [run for line in lines[:1] if line.kind == Kind.HEADING for run in line.rows[0] if run.role != Role.ASIDE]
    return joined([_row(heading, _Cut(_MAX_HEADING)), space(), italic(catalog_for(language).continued)])


def _fitting(line: Line, head: Span) -> Span:
    """The line, shortened if it would fit no message that begins with `head`."""
    cuts = [_Cut(_MAX_HEADING)] if line.kind in _HEADINGS else _CUTS
    spans = (_span(line, cut) for cut in cuts)
    return next((span for span in spans if is_within(span, head)), _span(line, _CUTS[-1]))


def _span(line: Line, cut: _Cut) -> Span:
    rows = [span for row in line.rows for span in (Span("\n", 1), _row(row, cut))][1:]
    bullet = [text("•"), space()] if line.kind == Kind.BULLET else []
    span = replace(joined([*bullet, *rows]), papers=line.papers)
    return folded(span) if line.foldable else span


def _row(runs: Sequence[Run], cut: _Cut) -> Span:
    """The runs that show anything, separated by spaces."""
    shown = [span for run in runs[: cut.runs] if (span := _run(run, cut.units)).units]
    more = [text("…")] if len(runs) > cut.runs else []
    return joined([span for each in [*shown, *more] for span in (space(), each)][1:])


def _run(run: Run, units: int) -> Span:
    match run.role:
        case Role.BOLD | Role.LABEL:
            return bold(run.text, units)
        case Role.NUMBER:
            return bold(f"{run.text}.", units)
        case Role.TITLE:
            return link(run.text, run.url, min(units, _MAX_TITLE))
        case Role.PLACE:
            return link(f"[{run.text}]", run.url, units)
        case Role.QUOTE:
            return italic(f"“{sanitize_utf16(run.text, min(units, _MAX_QUOTE) - 2)}”", units)
        case Role.EXCERPT:
            return bold(f"“{sanitize_utf16(run.text, units - 2)}”", units)
        case Role.ASIDE:
            return italic(run.text, units)
        case Role.PLAIN | Role.CITED | Role.DOT:
            return text(run.text, units)
