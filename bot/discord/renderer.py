"""Renders blocks as Discord messages within Discord's limits; every text from papers is escaped.

A line is shortened only if it is longer than a message can hold beside its heading.

The text of a message is JSON: a list of `Card`s, from which the sender makes components.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from bot.discord.markup import fitted
from bot.i18n import catalog_for
from bot.presentation.outline import PHONE, Kind, outline
from bot.presentation.sanitize import sanitize, utf16
from workers.domain.blocks import AnswerBlock, Block, ChoiceBlock, OverviewBlock, SectionBlock
from workers.domain.deliveries import Choice, Message
from workers.domain.models import Category

TEXT_LIMIT = 4000
"""Characters in all text of one message of components (discord.com/developers/docs/components/reference)."""
COMPONENT_LIMIT = 40
"""Components in one message, nested ones included (same page)."""
ROW_BUTTONS = 5
"""Buttons in one row at most."""
MENU_OPTIONS = 25
"""Options in one menu at most."""
_ASK_COMPONENTS = 2
"""Components of the ask button, which every message of a digest has: it carries the key to find the message by."""
_MENUS = 10
"""Menus in one card at most; choices beyond them go into the next card."""
_LABEL = 80
"""Characters of a button's label; a menu's options may have 100."""
_COMMAND = 70
"""Characters of a choice's command: with the marks around it, it is a custom id of at most 100."""
_THREAD_NAME = 100
"""Characters of the name of a thread or a forum post."""
_HEAD_LIMIT, _LINE_LIMIT = 1200, 2600
"""UTF-16 units of a heading (repeated where its section goes on) and of any other line; with the mark of a
continuation and the heading of a field, one of each fits into a message."""


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How blocks become messages here."""

    language: str
    categories: Sequence[Category] = ()
    chart: str = ""
    """Name of the overview's picture; "" for none."""
    title: str = ""
    """Title of the thread that holds all messages but the first, or all of them in a forum; "" for no thread."""
    forum: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One container: text in Discord's Markdown, above it perhaps the chart, below it perhaps choices."""

    text: str
    colour: str = ""
    """#rrggbb, or ""."""
    chart: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    """(label, command): a row of buttons, or menus if there are many."""

    @property
    def components(self) -> int:
        """The container and everything in it and above it."""
        count = len(self.choices)
        below = 0 if not count else 1 + count if count <= ROW_BUTTONS else 2 * -(-count // MENU_OPTIONS)
        return 2 + 2 * self.chart + below


@dataclass(frozen=True, slots=True)
class _Piece:
    """Text that is never cut, with the papers it shows."""

    text: str
    papers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Section:
    """What becomes one card, or several in several messages if it does not fit; `head` is repeated in each."""

    head: str
    pieces: tuple[_Piece, ...] = ()
    colour: str = ""
    chart: bool = False
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Packed:
    """The cards of one message, with the papers they show."""

    cards: list[Card]
    papers: tuple[int, ...]


def render(blocks: Sequence[Block], options: RenderOptions) -> list[Message]:
    """As few messages as hold all blocks, in order; a section that does not fit continues in the next message.

    In a thread or a forum the overview is a message of its own.
    """
    sections = list(_sections(blocks, options))
    title = sanitize(options.title, _THREAD_NAME) or ("…" if options.forum else "")
    alone = 1 if title and len(sections) > 1 else 0
    packed = [*_pack(sections[:alone], options.language), *_pack(sections[alone:], options.language)]
    digest, messages = bool(blocks) and isinstance(blocks[0], OverviewBlock), []
    for n, message in enumerate(packed):
        inside = title if options.forum or n else ""
        cards = message.cards
        if (message.papers or digest) and not any(card.choices for card in cards):
            cards[-1] = replace(cards[-1], choices=_ask(options.language))
        body = json.dumps([asdict(card) for card in cards], ensure_ascii=False)
        messages.append(Message(body, message.papers, chart="" if n else options.chart, inside=inside))
    return messages


def cards_of(message: Message) -> list[Card]:
    """The cards that `render` put into a message."""
    cards = json.loads(message.text)
    return [Card(**{**card, "choices": tuple(map(tuple, card.get("choices", ())))}) for card in cards]


def _sections(blocks: Sequence[Block], options: RenderOptions) -> Iterator[_Section]:
    """A section for each block; choices belong to the block before them."""
    colours = {category.named(options.language): category.colour for category in options.categories}
    waiting: _Section | None = None
    for block in blocks:
        if isinstance(block, ChoiceBlock):
            last, *more = _with_choices(waiting or _Section(""), block.choices)
            yield from (last, *more)[:-1]
            waiting = (last, *more)[-1]
            continue
        if waiting:
            yield waiting
        waiting = _section(block, options.language, colours, bool(options.chart))
    if waiting:
        yield waiting


def _with_choices(section: _Section, choices: Sequence[Choice]) -> list[_Section]:
    """The section with the choices below it, and sections of choices alone for those that one card does not hold.

    Two choices of one command are one choice. One whose command is too long for Discord is left out.
    """
    labels = {line: label for label, line in section.choices}
    for choice in choices:
        labels.setdefault(choice.line, sanitize(choice.label, _LABEL) or "…")
    pairs = [(label, line) for line, label in labels.items() if len(line) <= _COMMAND]
    each = _MENUS * MENU_OPTIONS
    groups = [tuple(pairs[start : start + each]) for start in range(0, len(pairs), each)] or [()]
    return [replace(section, choices=groups[0]), *(_Section("", choices=group) for group in groups[1:])]


def _ask(language: str) -> tuple[tuple[str, str], ...]:
    return ((catalog_for(language).ask_here, "/ask"),)


def _pack(sections: Sequence[_Section], language: str) -> Iterator[_Packed]:
    """The messages of `sections`, in order."""
    cards: list[Card] = []
    papers: list[int] = []
    for section in sections:
        head, pieces, unfinished = section.head, list(section.pieces), True
        while unfinished:
            room = TEXT_LIMIT - sum(utf16(card.text) for card in cards)
            taken = _fitting(head, pieces, room) if _has_place(cards, section) else None
            if taken is None:
                yield _Packed(cards, tuple(papers))
                cards, papers = [], []
                continue
            text = "\n".join(filter(None, [head, *(piece.text for piece in pieces[:taken])]))
            papers += [n for piece in pieces[:taken] for n in piece.papers]
            pieces, unfinished = pieces[taken:], taken < len(pieces)
            card = Card(text, section.colour, section.chart and head == section.head)
            card = card if unfinished else replace(card, choices=section.choices)
            if text.strip() or card.choices:
                cards.append(card)
            head = f"{section.head} {catalog_for(language).continued}"
    if cards:
        yield _Packed(cards, tuple(papers))


def _has_place(cards: Sequence[Card], section: _Section) -> bool:
    used = sum(card.components for card in cards)
    more = Card("", chart=section.chart, choices=section.choices).components
    return used + more + _ASK_COMPONENTS <= COMPONENT_LIMIT


def _fitting(head: str, pieces: Sequence[_Piece], room: int) -> int | None:
    """How many of `pieces` fit under `head` in `room` UTF-16 units; None if not even the first does.

    A head and any one piece fit into an empty message, see _HEAD_LIMIT.
    """
    used, count = utf16(head), 0
    if used > room:
        return None
    for piece in pieces:
        used += 1 + utf16(piece.text)
        if used > room:
            break
        count += 1
    return count if count or not pieces else None


def _section(block: Block, language: str, colours: Mapping[str, str], chart: bool) -> _Section:
    head, *pieces = _pieces(block, language) or [_Piece("")]
    section = _Section(head.text, tuple(pieces))
    match block:
        case OverviewBlock():
            return replace(section, chart=chart)
        case SectionBlock():
            return replace(section, colour=colours.get(block.name, ""))
        case AnswerBlock():
            return replace(section, choices=_ask(language))
        case _:
            return section


def _pieces(block: Block, language: str) -> list[_Piece]:
    """One piece for each line; the tally stays with the title, and a field's heading with its first line."""
    pieces: list[_Piece] = []
    before: Kind | None = None
    for line in outline(block, language, PHONE):
        if line.kind == Kind.GAP:
            continue
        text = fitted(line, _LINE_LIMIT if pieces else _HEAD_LIMIT)
        if before in {Kind.TITLE, Kind.FIELD}:
            separator = " " if line.kind == Kind.LIST else "\n"
            pieces[-1] = _Piece(f"{pieces[-1].text}{separator}{text}", line.papers)
        else:
            pieces.append(_Piece(text, line.papers))
        before = line.kind
    return pieces
