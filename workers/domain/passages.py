"""The nouns of reading a paper: its passages, and what was read."""

from dataclasses import dataclass
from typing import Literal

Read = Literal["html", "pdf", "abstract"]
"""What a paper's passages were taken from, best first."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, a table or a caption; `n` counts from 1 through the paper.

    `section` is the title it stands under ("" where there is none), `anchor` its place on the page that was read.
    """

    n: int
    section: str
    text: str
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class PaperText:
    """A paper as it was read: never without a passage."""

    read: Read
    passages: tuple[Passage, ...]
