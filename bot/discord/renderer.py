"""Blocks as Discord messages of containers; pure, every text from papers escaped, nothing cut and nothing lost.

A message's text is JSON, a list of `Card`s: what the sender makes components of.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from bot.i18n import catalog_for
from bot.presentation.sanitize import sanitize, utf16
from workers.domain.answers import Answer
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
from workers.domain.deliveries import Choice, Message
from workers.domain.models import SYNTHESIS_FIELDS, Category, Claim, DigestPaper, Synthesis
from workers.i18n import digest_catalog_for

TEXT_LIMIT = 4000
"""Characters in all text of one message of components (discord.com/developers/docs/components/reference)."""
COMPONENT_LIMIT = 40
_BUTTONS, _OPTIONS = 5, 25
"""Most of them in a row, and in a menu."""
_ASK = 2
"""Components of the button that every message of a digest has: by it a message is known in a channel's history."""
_SHOWN_FIRST = ("findings", "themes", "keywords", "impact", "outlook")
_LONGEST = 1500
_MARKDOWN = re.compile(r"([\\*_~`|<>\[\]()#:@])")
_LIST = re.compile(r"^(\d*)([-+.)])")


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How blocks become messages here: `chart` is the opening's picture.

    `title` names the thread for all but the first message, or for all of them where that is a post in a `forum`.
    """

    language: str
    categories: Sequence[Category] = ()
    chart: str = ""
    title: str = ""
    forum: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One container: `colour` is #rrggbb or empty, `text` Discord's Markdown; `chart`: the picture stands above it.

    `choices` are (label, line) and stand below: a row of buttons, or menus where there are many.
    """

    text: str
    colour: str = ""
    chart: bool = False
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def components(self) -> int:
        """A container, its text, what stands above and below."""
        count = len(self.choices)
        below = 0 if not count else 1 + count if count <= _BUTTONS else 2 * -(-count // _OPTIONS)
        return 2 + 2 * self.chart + below


@dataclass(frozen=True, slots=True)
class _Line:
    """One piece that is never cut, with the paper it shows."""

    text: str
    papers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Section:
    head: str
    lines: tuple[_Line, ...] = ()
    colour: str = ""
    chart: bool = False
    choices: tuple[tuple[str, str], ...] = ()


def render(blocks: Sequence[Block], look: RenderOptions) -> list[Message]:
    """As few messages as hold all blocks, in order; a section that does not fit goes on in the next one.

    Where there is a thread or a forum, the opening is a message of its own.
    """
    sections = list(_sections(blocks, look))
    alone = 1 if look.title and len(sections) > 1 else 0
    packed = [*_packed(sections[:alone], look), *_packed(sections[alone:], look)]
    digest, messages = bool(blocks) and isinstance(blocks[0], OverviewBlock), []
    for n, (cards, papers) in enumerate(packed):
        inside = look.title if look.forum or n else ""
        if (papers or digest) and not any(card.choices for card in cards):
            cards[-1] = replace(cards[-1], choices=((catalog_for(look.language).ask_here, "/ask"),))
        body = json.dumps([asdict(card) for card in cards], ensure_ascii=False)
        messages.append(Message(body, papers, chart="" if n else look.chart, inside=inside))
    return messages


def cards_of(message: Message) -> list[Card]:
    """What `render` put into a message."""
    cards = json.loads(message.text)
    return [Card(**{**card, "choices": tuple(map(tuple, card.get("choices", ())))}) for card in cards]


def escaped(words: str, longest: int = _LONGEST) -> str:
    """Untrusted words as Markdown shows them: no formatting, mention, link or list comes of them."""
    return _LIST.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", sanitize(words, longest)))


def _sections(blocks: Sequence[Block], look: RenderOptions) -> Iterator[_Section]:
    """A section for each block; choices belong to the one before them."""
    colours = {each.named(look.language): each.colour for each in look.categories}
    waiting: _Section | None = None
    for block in blocks:
        if isinstance(block, ChoiceBlock):
            last = waiting or _Section("")
            waiting = _Section(last.head, last.lines, last.colour, last.chart, (*last.choices, *_pairs(block.choices)))
            continue
        if waiting:
            yield waiting
        waiting = _section(block, look.language, colours, bool(look.chart))
    if waiting:
        yield waiting


def _pairs(choices: Sequence[Choice]) -> Iterator[tuple[str, str]]:
    return ((sanitize(choice.label, 80), choice.line) for choice in choices)


def _packed(sections: Sequence[_Section], look: RenderOptions) -> Iterator[tuple[list[Card], tuple[int, ...]]]:
    """(cards, numbers of the papers in them) of each message. Raises ValueError for a line that fits none."""
    cards: list[Card] = []
    papers: list[int] = []
    for section in sections:
        head, lines = section.head, list(section.lines)
        while head or lines:
            room = TEXT_LIMIT - sum(utf16(card.text) for card in cards)
            taken = _fitting(head, lines, room) if _has_place(cards, section) else None
            if taken is None:
                if not cards:
                    raise ValueError("a line fits no message")
                yield cards, tuple(papers)
                cards, papers = [], []
                continue
            text = "\n".join([head, *(line.text for line in lines[:taken])])
            papers += [n for line in lines[:taken] for n in line.papers]
            lines = lines[taken:]
            chart = section.chart and head == section.head
            cards.append(Card(text, section.colour, chart, () if lines else section.choices))
            head = f"{section.head} {catalog_for(look.language).continued}" if lines else ""
    if cards:
        yield cards, tuple(papers)


def _has_place(cards: Sequence[Card], section: _Section) -> bool:
    used = sum(card.components for card in cards)
    more = Card("", chart=section.chart, choices=section.choices).components
    return used + more + _ASK <= COMPONENT_LIMIT


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


def _section(block: Block, language: str, colours: Mapping[str, str], chart: bool) -> _Section:
    match block:
        case OverviewBlock():
            highlights = [_Line(_claim(claim)) for claim in block.highlights]
            hint = _Line(f"-# {escaped(catalog_for(language).ask_hint)}")
            return _Section(f"## {escaped(block.title)}\n{escaped(block.tally)}", (*highlights, hint), chart=chart)
        case SectionBlock():
            mark = f" *({digest_catalog_for(language).excerpts})*" if block.extractive and block.synthesis else ""
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
        case AnswerBlock():
            first, *rest = _answer(block.answer, language)
            return _Section(
                first, tuple(_Line(line) for line in rest), choices=((catalog_for(language).ask_here, "/ask"),)
            )
        case TextBlock():
            first, *rest = [escaped(line) for line in block.lines if line.strip()] or [""]
            return _Section(first, tuple(_Line(line) for line in rest))
        case ChoiceBlock():
            return _Section("", choices=tuple(_pairs(block.choices)))


def _synthesis(synthesis: Synthesis, language: str) -> Iterator[_Line]:
    headings = dict(zip(SYNTHESIS_FIELDS, digest_catalog_for(language).parts, strict=True))
    for part in _SHOWN_FIRST:
        claims: Sequence[Claim] = getattr(synthesis, part)
        if part == "keywords" and claims:
            yield _Line(f"**{headings[part]}** " + " · ".join(map(_said, claims)))
        elif claims:
            yield _Line(f"**{headings[part]}**\n{_claim(claims[0])}")
            yield from (_Line(_claim(claim)) for claim in claims[1:])


def _paper(paper: DigestPaper) -> _Line:
    line = f" {escaped(paper.tldr)}" if paper.tldr else ""
    url = paper.links[0].url if paper.links else ""
    return _Line(f"**{paper.n}.**{line}\n{_linked(paper.title, url)}", (paper.n,))


def _answer(answer: Answer, language: str) -> Iterator[str]:
    words = digest_catalog_for(language)
    for head in answer.heads:
        number = rf"**\[{head.label}\]** " if head.label else ""
        yield f"{number}{_linked(head.title, head.url)}"
    yield f"-# {escaped(words.was_read[answer.heads[0].read])}"
    if answer.line:
        yield escaped(answer.line)
    if answer.extractive:
        yield escaped(words.closest if answer.answerable else words.not_said)
    for sentence in answer.sentences:
        said = f"**“{escaped(sentence.text)}”**" if answer.extractive else escaped(sentence.text)
        places = " ".join(_linked(f"[{sanitize(cite.section, 60) or cite.paper}]", cite.url) for cite in sentence.cites)
        yield f"{said} {places}"


def _hit(hit: Hit) -> str:
    return f"**{hit.label}.** {_linked(hit.title, hit.url)}" + (f"\n> {escaped(hit.quote, 500)}" if hit.quote else "")


def _one(emoji: str, name: str, paper: DigestPaper) -> _Line:
    line = _paper(paper)
    return _Line(f"{emoji} **{escaped(name)}**\n{line.text}", line.papers)


def _claim(claim: Claim) -> str:
    return f"- {_said(claim)}"


def _said(claim: Claim) -> str:
    return escaped(claim.text) + " " + "".join(rf"\[{n}\]" for n in claim.papers)


def _linked(title: str, url: str) -> str:
    """The title as a link; a round bracket would end it, and so would a space."""
    address = url.replace("(", "%28").replace(")", "%29").replace(" ", "%20")
    return f"[{escaped(title, 300)}]({address})" if url else escaped(title, 300)
