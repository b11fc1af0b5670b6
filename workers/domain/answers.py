"""The nouns of answering: what is said, on which passages of which papers it rests."""

from dataclasses import dataclass

from workers.domain.passages import Read


@dataclass(frozen=True, slots=True)
class Citation:
    """Where something stands: `quote` is the paper's own words, `url` the place on the page that was read."""

    paper: str
    section: str
    quote: str
    url: str


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    cites: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class CitedPaper:
    """The paper that an answer is about: `label` is its number in the edition, K1 …, or "" where it has none."""

    label: str
    title: str
    url: str
    read: Read


@dataclass(frozen=True, slots=True)
class Answer:
    """`answerable` is False where the paper does not seem to say; then the sentences are the closest passages.

    Without heads it is a line to the reader: which paper they mean, that none was found, that it failed. `extractive`
    sentences are the papers' own.
    """

    answerable: bool
    heads: tuple[CitedPaper, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    line: str = ""
    extractive: bool = True
    choices: tuple[tuple[str, str], ...] = ()
    """(label, title) of the papers that may be meant, where the reader is asked back."""
