"""What a chat is shown, before any platform's markup: the parts of a digest's view, top to bottom."""

from dataclasses import dataclass

from workers.domain.answers import Answer
from workers.domain.deliveries import Choice
from workers.domain.models import Claim, DigestPaper, Synthesis


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the chart: `colour` is #rrggbb."""

    name: str
    count: int
    colour: str


@dataclass(frozen=True, slots=True)
class OverviewBlock:
    """The first message: the day, the chart, the highlights and how many papers became how many."""

    title: str
    tally: str
    bars: tuple[Bar, ...]
    highlights: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class SectionBlock:
    """One category: its papers, each with its line, then the five parts under their headings."""

    emoji: str
    name: str
    papers: tuple[DigestPaper, ...]
    synthesis: Synthesis | None
    extractive: bool
    place: int = 0
    """Which section of the edition it is, from 1; 0 for one that is of no edition alone."""


@dataclass(frozen=True, slots=True)
class OnesBlock:
    """The categories with one paper each, sharing the last block."""

    title: str
    papers: tuple[tuple[str, str, DigestPaper], ...]
    """(emoji, category name, paper)."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A paper that has a chat's word: `label` is the edition's number or K1, K2 …, `quote` where the word stands."""

    label: str
    title: str
    url: str
    quote: str
    n: int | None = None


@dataclass(frozen=True, slots=True)
class KeywordBlock:
    """A chat's own words, found in everything that was collected that day; `more` hits are not shown."""

    title: str
    hits: tuple[Hit, ...]
    more: str = ""


@dataclass(frozen=True, slots=True)
class ChoiceBlock:
    """What a reader may do next: buttons, links or commands, as the platform has them."""

    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class AnswerBlock:
    """What a question was answered, with the papers it is about and the places it rests on."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class TextBlock:
    """The footer, and what is left to ask for."""

    lines: tuple[str, ...]


Block = OverviewBlock | SectionBlock | OnesBlock | KeywordBlock | ChoiceBlock | AnswerBlock | TextBlock
