"""Renders blocks as Discord messages; every text from papers is escaped, and no line is cut or lost.

The text of a message is JSON: a list of `Card`s, from which the sender makes components.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from bot.i18n import catalog_for
from bot.presentation.outline import PHONE, Kind, Line, Role, Run, outline
from bot.presentation.sanitize import sanitize, utf16
from workers.domain.blocks import AnswerBlock, Block, ChoiceBlock, OverviewBlock, SectionBlock
from workers.domain.deliveries import Choice, Message
from workers.domain.models import Category

TEXT_LIMIT = 4000
"""Characters in all text of one message of components (discord.com/developers/docs/components/reference)."""
COMPONENT_LIMIT = 40
"""Components in one message, nested ones included (same page)."""
_ROW_BUTTONS = 5
"""Buttons in one row at most."""
_MENU_OPTIONS = 25
"""Options in one menu at most."""
_ASK_COMPONENTS = 2
"""Components of the ask button, which every message of a digest has: it carries the key to find the message by."""
_LONGEST = 1500
"""Characters of one untrusted text."""
_LONGEST_TITLE = 300
"""Characters of a paper's title."""
_LONGEST_QUOTE = 500
"""Characters of a quoted sentence."""
_MARKDOWN = re.compile(r"([\\*_~`|<>\[\]()#:@])")
_LIST = re.compile(r"^(\d*)([-+.)])")


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
        below = 0 if not count else 1 + count if count <= _ROW_BUTTONS else 2 * -(-count // _MENU_OPTIONS)
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
    alone = 1 if options.title and len(sections) > 1 else 0
    packed = [*_pack(sections[:alone], options.language), *_pack(sections[alone:], options.language)]
    digest, messages = bool(blocks) and isinstance(blocks[0], OverviewBlock), []
    for n, message in enumerate(packed):
        inside = options.title if options.forum or n else ""
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


def escaped(text: str, longest: int = _LONGEST) -> str:
    """Untrusted text that Discord shows as it is: it makes no formatting, mention, link or list."""
    return _LIST.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", sanitize(text, longest)))


def _sections(blocks: Sequence[Block], options: RenderOptions) -> Iterator[_Section]:
    """A section for each block; choices belong to the block before them."""
    colours = {category.named(options.language): category.colour for category in options.categories}
    waiting: _Section | None = None
    for block in blocks:
        if isinstance(block, ChoiceBlock):
            last = waiting or _Section("")
            waiting = replace(last, choices=(*last.choices, *_pairs(block.choices)))
            continue
        if waiting:
            yield waiting
        waiting = _section(block, options.language, colours, bool(options.chart))
    if waiting:
        yield waiting


def _pairs(choices: Sequence[Choice]) -> Iterator[tuple[str, str]]:
    return ((sanitize(choice.label, 80), choice.line) for choice in choices)


def _ask(language: str) -> tuple[tuple[str, str], ...]:
    return ((catalog_for(language).ask_here, "/ask"),)


def _pack(sections: Sequence[_Section], language: str) -> Iterator[_Packed]:
    """The messages of `sections`, in order. Raises ValueError for a piece that fits no message."""
    cards: list[Card] = []
    papers: list[int] = []
    for section in sections:
        head, pieces = section.head, list(section.pieces)
        while head or pieces:
            room = TEXT_LIMIT - sum(utf16(card.text) for card in cards)
            taken = _fitting(head, pieces, room) if _has_place(cards, section) else None
            if taken is None:
                if not cards:
                    raise ValueError("a line fits no message")
                yield _Packed(cards, tuple(papers))
                cards, papers = [], []
                continue
            text = "\n".join([head, *(piece.text for piece in pieces[:taken])])
            papers += [n for piece in pieces[:taken] for n in piece.papers]
            pieces = pieces[taken:]
            chart = section.chart and head == section.head
            cards.append(Card(text, section.colour, chart, () if pieces else section.choices))
            head = f"{section.head} {catalog_for(language).continued}" if pieces else ""
    if cards:
        yield _Packed(cards, tuple(papers))


def _has_place(cards: Sequence[Card], section: _Section) -> bool:
    used = sum(card.components for card in cards)
    more = Card("", chart=section.chart, choices=section.choices).components
    return used + more + _ASK_COMPONENTS <= COMPONENT_LIMIT


def _fitting(head: str, pieces: Sequence[_Piece], room: int) -> int | None:
    """How many of `pieces` fit under `head` in `room` characters; None if not even the first does."""
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
        text = _text(line)
        if before in {Kind.TITLE, Kind.FIELD}:
            separator = " " if line.kind == Kind.LIST else "\n"
            pieces[-1] = _Piece(f"{pieces[-1].text}{separator}{text}", line.papers)
        else:
            pieces.append(_Piece(text, line.papers))
        before = line.kind
    return pieces


def _text(line: Line) -> str:
    match line.kind:
        case Kind.TITLE:
            return f"## {_heading(line)}"
        case Kind.HEADING:
            return f"### {_heading(line)}"
        case Kind.BULLET:
            return f"- {_rows(line)}"
        case Kind.SMALL:
            return f"-# {_rows(line)}"
        case _:
            return _rows(line)


def _heading(line: Line) -> str:
    """A heading is bold as it is; an aside in it is our own text, which needs no escaping."""
    return " ".join(f"*{run.text}*" if run.role == Role.ASIDE else escaped(run.text) for run in line.rows[0])


def _rows(line: Line) -> str:
    return "\n".join(" ".join(map(_run, row)) for row in line.rows)


def _run(run: Run) -> str:
    match run.role:
        case Role.BOLD | Role.LABEL:
            return f"**{escaped(run.text)}**"
        case Role.NUMBER:
            return f"**{escaped(run.text)}.**"
        case Role.TITLE:
            return _linked(run.text, run.url)
        case Role.PLACE:
            return _linked(f"[{run.text}]", run.url)
        case Role.QUOTE:
            return f"> {escaped(run.text, _LONGEST_QUOTE)}"
        case Role.EXCERPT:
            return f"**“{escaped(run.text)}”**"
        case Role.ASIDE | Role.PLAIN | Role.CITED | Role.DOT:
            return escaped(run.text)


def _linked(title: str, url: str) -> str:
    """The title as a link; brackets and spaces of the address are encoded, because they would end it."""
    address = url.replace("(", "%28").replace(")", "%29").replace(" ", "%20")
    return f"[{escaped(title, _LONGEST_TITLE)}]({address})" if url else escaped(title, _LONGEST_TITLE)
