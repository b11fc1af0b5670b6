"""A paper's text, divided into passages."""

from dataclasses import dataclass
from typing import Literal

Read = Literal["html", "pdf", "abstract"]
"""What a paper's text was taken from, the best one first."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, a table or a caption; `n` counts from 1 through the paper.

    `section` is the title of its section, "" where there is none. `anchor` is the fragment of its address.
    """

    n: int
    section: str
    text: str
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class PaperText:
    """The text of a paper, with at least one passage."""

    read: Read
    passages: tuple[Passage, ...]
