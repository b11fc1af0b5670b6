"""What answering a question uses: the papers in the store, their texts, word lists and the model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from workers.answers.extractive import Vocabulary
from workers.answers.generate import Answerer
from workers.domain.models import Paper, Text
from workers.domain.passages import PaperText


class PaperRow(Protocol):
    """A paper and its row in the store; `label` is its number in an edition, "" outside one."""

    @property
    def paper_id(self) -> int: ...

    @property
    def paper(self) -> Paper: ...

    @property
    def label(self) -> str: ...


class PaperTexts(Protocol):
    """The store of papers and their texts, as far as answering needs it."""

    def edition(self, day: date) -> Sequence[PaperRow]:
        """The papers listed on `day`, by their numbers."""
        ...

    def by_arxiv(self, arxiv_id: str) -> PaperRow | None: ...

    def mentioning(self, words: Sequence[str]) -> Sequence[PaperRow]:
        """Papers of any day with some of the words in title or abstract, those with most first."""
        ...

    def get(self, paper_id: int) -> PaperText | None:
        """The stored text; None where the paper has to be read, or read again."""
        ...

    def keep(self, paper_id: int, text: PaperText) -> None: ...


@dataclass(frozen=True, slots=True)
class FetchedText:
    """A paper's text; the abstract where there is nothing else. It is kept unless a later try may find more."""

    text: PaperText
    is_final: bool = True


@dataclass(frozen=True, slots=True)
class AnswerServices:
    """Everything that answering uses."""

    paper_texts: PaperTexts
    fetch: Callable[[Paper], FetchedText]
    """Reads a paper's text from the web."""
    digest_text: Callable[[date, str], Text | None]
    """(day, language) → the text of that edition."""
    newest: Callable[[str], date | None]
    """Language → the newest edition, which is meant where a question names none."""
    vocabulary: Vocabulary
    answerer: Answerer | None = None
    """Answers with a model; without one the extracts are the answer."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """An earlier question of the same conversation and its answer; `papers` are the arXiv ids or titles it cited."""

    question: str
    answer: str
    labels: tuple[str, ...]
    papers: tuple[str, ...]
    day: date | None
