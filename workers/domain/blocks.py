"""The blocks that messages are made of, without any platform's markup."""

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
    """The first message: the title, the chart, the highlights, and the counts of papers (`tally`)."""

    title: str
    tally: str
    bars: tuple[Bar, ...]
    highlights: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class SectionBlock:
    """One category: its papers with their lines, and its synthesis."""

    emoji: str
    name: str
    papers: tuple[DigestPaper, ...]
    synthesis: Synthesis | None
    extractive: bool
    place: int = 0
    """The section's place in the edition, from 1; 0 for a section that combines several editions."""


@dataclass(frozen=True, slots=True)
class OnesBlock:
    """The categories that have one paper each, in one block at the end."""

    title: str
    papers: tuple[tuple[str, str, DigestPaper], ...]
    """(emoji, category name, paper) for each category."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A paper that contains one of a chat's keywords.

    `label` is its number in the edition, or K1, K2, … outside it; `n` is that number, None outside. `quote` is the text
    around the keyword.
    """

    label: str
    title: str
    url: str
    quote: str
    n: int | None = None


@dataclass(frozen=True, slots=True)
class KeywordBlock:
    """The papers with a chat's keywords among all that were collected that day. `more` says how many are not shown."""

    title: str
    hits: tuple[Hit, ...]
    more: str = ""


@dataclass(frozen=True, slots=True)
class ChoiceBlock:
    """What a reader can do next: buttons, links or commands, depending on the platform."""

    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class AnswerBlock:
    """The answer to a question."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Plain lines, such as the footer."""

    lines: tuple[str, ...]


Block = OverviewBlock | SectionBlock | OnesBlock | KeywordBlock | ChoiceBlock | AnswerBlock | TextBlock
