"""Blocks as Discord messages of containers; pure, every text from papers escaped, nothing cut and nothing lost.

A message's text is JSON, a list of `Card`s: what the sender makes components of.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from bot.plain import tamed, utf16
from bot.texts import texts
from workers.domain.blocks import (
    Block,
    ChoiceBlock,
    Closing,
    Hit,
    KeywordBlock,
    OnesBlock,
    Opening,
    SectionBlock,
)
from workers.domain.deliveries import Choice, Message
from workers.domain.models import FIVE_PARTS, Category, Claim, Listed, Synthesis
from workers.wording import wording

TEXT_LIMIT = 4000
"""Characters in all text of one message of components (discord.com/developers/docs/components/reference)."""
COMPONENT_LIMIT = 40
_PER_CARD = 2
"""A container and its text; the chart's gallery and its picture count as many again."""
_SHOWN_FIRST = ("findings", "themes", "keywords", "impact", "outlook")
_LONGEST = 1500
_MARKDOWN = re.compile(r"([\\*_~`|<>\[\]()#:@])")
_LIST = re.compile(r"^(\d*)([-+.)])")


@dataclass(frozen=True, slots=True)
class Card:
    """One container: `colour` is #rrggbb or empty, `text` Discord's Markdown; `chart`: the picture stands above it."""

    text: str
    colour: str = ""
    chart: bool = False


@dataclass(frozen=True, slots=True)
class _Line:
    """One piece that is never cut, with the paper it shows."""

    text: str
    papers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Section:
    head: str
    lines: tuple[_Line, ...]
    colour: str = ""
    chart: bool = False


def render(blocks: Sequence[Block], language: str, categories: Sequence[Category], chart: str = "") -> list[Message]:
    """As few messages as hold all blocks, in order; a section that does not fit goes on in the next one."""
    colours = {each.named(language): each.colour for each in categories}
    sections = [_section(block, language, colours, bool(chart)) for block in map(_without_asking, blocks) if block]
    return [
        Message(json.dumps([asdict(card) for card in cards], ensure_ascii=False), papers, chart=chart if first else "")
        for first, (cards, papers) in zip(_first(), _packed(sections, texts(language).continued), strict=False)
    ]


def _without_asking(block: Block) -> Block | None:
    """Choices that are slash commands here; asking is none yet."""
    if not isinstance(block, ChoiceBlock):
        return block
    known = tuple(choice for choice in block.choices if choice.line.startswith("/digest "))
    return ChoiceBlock(known) if known else None


def cards_of(message: Message) -> list[Card]:
    """What `render` put into a message."""
    return [Card(**card) for card in json.loads(message.text)]


def escaped(words: str) -> str:
    """Untrusted words as Markdown shows them: no formatting, mention, link or list comes of them."""
    return _LIST.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", tamed(words, _LONGEST)))


def _first() -> Iterator[bool]:
    yield True
    while True:
        yield False


def _packed(sections: Sequence[_Section], continued: str) -> Iterator[tuple[list[Card], tuple[int, ...]]]:
    """(cards, numbers of the papers in them) of each message. Raises ValueError for a line that fits none."""
    cards: list[Card] = []
    papers: list[int] = []
    for section in sections:
        head, lines = section.head, list(section.lines)
        while head:
            room = TEXT_LIMIT - sum(utf16(card.text) for card in cards)
            taken = _fitting(head, lines, room) if _has_place(cards) else None
            if taken is None:
                if not cards:
                    raise ValueError("a line fits no message")
                yield cards, tuple(papers)
                cards, papers = [], []
                continue
            text = "\n".join([head, *(line.text for line in lines[:taken])])
            cards.append(Card(text, section.colour, section.chart and head == section.head))
            papers += [n for line in lines[:taken] for n in line.papers]
            lines = lines[taken:]
            head = f"{section.head} {continued}" if lines else ""
    if cards:
        yield cards, tuple(papers)


def _has_place(cards: Sequence[Card]) -> bool:
    """For one more card, with a chart."""
    return _PER_CARD * (len(cards) + 2 + sum(card.chart for card in cards)) <= COMPONENT_LIMIT


def _fitting(head: str, lines: Sequence[_Line], room: int) -> int | None:
    """How many of `lines` stand under `head` in `room` characters; None where not even the first does."""
    used, count = utf16(head), 0
    if used > room:
        return None
    for line in lines:
        used += 1 + utf16(line.text)
        if used > room:
            break
        count += 1
    return count if count or not lines else None


def _section(block: Block, language: str, colours: dict[str, str], chart: bool) -> _Section:
    match block:
        case Opening():
            highlights = [_Line(_claim(claim)) for claim in block.highlights]
            hint = _Line(f"-# {escaped(texts(language).ask_hint)}")
            return _Section(f"## {escaped(block.title)}\n{escaped(block.tally)}", (*highlights, hint), chart=chart)
        case SectionBlock():
            mark = f" *({wording(language).excerpts})*" if block.extractive and block.synthesis else ""
            synthesis = _synthesis(block.synthesis, language) if block.synthesis else ()
            lines = (*(_paper(paper) for paper in block.papers), *synthesis)
            return _Section(f"### {block.emoji} {escaped(block.name)}{mark}", lines, colours.get(block.name, ""))
        case OnesBlock():
            ones = tuple(_one(emoji, name, paper) for emoji, name, paper in block.papers)
            return _Section(f"### {escaped(block.title)}", ones)
        case KeywordBlock():
            hits = [_Line(_hit(hit), (hit.n,) if hit.n else ()) for hit in block.hits]
            more = [_Line(escaped(block.more))] if block.more else []
            return _Section(f"### {escaped(block.title)}", (*hits, *more))
        case ChoiceBlock():
            first, *rest = [f"-# {escaped(choice.label)}: `{_typed(choice)}`" for choice in block.choices]
            return _Section(first, tuple(_Line(line) for line in rest))
        case Closing():
            first, *rest = [escaped(line) for line in block.lines if line.strip()] or [""]
            return _Section(first, tuple(_Line(line) for line in rest))


def _synthesis(synthesis: Synthesis, language: str) -> Iterator[_Line]:
    headings = dict(zip(FIVE_PARTS, wording(language).parts, strict=True))
    for part in _SHOWN_FIRST:
        claims: Sequence[Claim] = getattr(synthesis, part)
        if part == "keywords" and claims:
            yield _Line(f"**{headings[part]}** " + " · ".join(map(_said, claims)))
        elif claims:
            yield _Line(f"**{headings[part]}**\n{_claim(claims[0])}")
            yield from (_Line(_claim(claim)) for claim in claims[1:])


def _paper(paper: Listed) -> _Line:
    title = escaped(paper.title[:300])
    linked = f"[{title}]({_address(paper.links[0].url)})" if paper.links else title
    line = f" {escaped(paper.tldr)}" if paper.tldr else ""
    return _Line(f"**{paper.n}.**{line}\n{linked}", (paper.n,))


def _typed(choice: Choice) -> str:
    """The line as a slash command has it: its day, then a category's place or a language, then the language."""
    word, day, *rest = choice.line.split(" ")
    named = [f"{'category' if each.isdigit() else 'language'}:{each}" for each in rest]
    return " ".join([word, f"date:{day}", *named])


def _hit(hit: Hit) -> str:
    title = escaped(hit.title[:300])
    linked = f"[{title}]({_address(hit.url)})" if hit.url else title
    return f"**{hit.label}.** {linked}" + (f"\n> {escaped(hit.quote[:500])}" if hit.quote else "")


def _one(emoji: str, name: str, paper: Listed) -> _Line:
    line = _paper(paper)
    return _Line(f"{emoji} **{escaped(name)}**\n{line.text}", line.papers)


def _claim(claim: Claim) -> str:
    return f"- {_said(claim)}"


def _said(claim: Claim) -> str:
    return escaped(claim.text) + " " + "".join(rf"\[{n}\]" for n in claim.papers)


def _address(url: str) -> str:
    """A round bracket would end the link."""
    return url.replace("(", "%28").replace(")", "%29").replace(" ", "%20")
