"""Answers to readers' questions, with the passages that support them."""

from dataclasses import dataclass

from workers.domain.passages import Read


@dataclass(frozen=True, slots=True)
class Citation:
    """A place in a paper: `paper` is its arXiv id or title, `quote` its own words, `url` the passage's address."""

    paper: str
    section: str
    quote: str
    url: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an answer and the passages that support it."""

    text: str
    cites: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class CitedPaper:
    """A paper that an answer is about. `label` is its number in the edition, K1 for a keyword hit, or ""."""

    label: str
    title: str
    url: str
    read: Read


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer about the papers in `heads`; without heads it is `line` alone, such as "which paper is meant?".

    Where `answerable` is False the papers do not seem to answer, and the sentences are the closest passages. Where
    `extractive` is True the sentences are the papers' own.
    """

    answerable: bool
    heads: tuple[CitedPaper, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    line: str = ""
    extractive: bool = True
    choices: tuple[tuple[str, str], ...] = ()
    """(label, title) of the papers that may be meant, where the reader is asked which one."""
