"""Hugging Face daily papers: a list that readers vote on, one JSON answer a day."""

import json
import re
from datetime import date
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from workers.domain.documents import Document
from workers.domain.errors import SourceError
from workers.domain.models import Entry, SourceAnswer, answered
from workers.domain.ports import DocumentReader
from workers.sources.feed_entries import ARXIV_ID, ParsedEntries
from workers.text.latex import authors, fold, readable

LIMIT = 100
"""Largest number of papers in one answer (huggingface.co/docs/hub/api); no day so far had more than 60."""

_LARGEST_COUNT = 2**31 - 1
"""Largest integer of a column in PostgreSQL; SQLite takes 64 bits."""


class HuggingFace:
    dated = True

    def __init__(self, name: str, url: str, documents: DocumentReader) -> None:
        self.name = name
        self._url, self._documents = url, documents

    def collect(self, day: date) -> SourceAnswer:
        """The papers of `day` in the list's order; an empty list is a quiet day. Raises SourceError."""
        query = {"date": day.isoformat(), "limit": str(LIMIT)}
        found = self._documents.for_one_answer().read(self._url, parse, self.name, params=query)
        return answered(self.name, found.entries, found.dropped)


def _count(value: object) -> int | None:
    number = value if isinstance(value, int) and not isinstance(value, bool) else None
    return number if number is not None and 0 <= number <= _LARGEST_COUNT else None


def _names(value: object) -> list[str]:
    rows = value if isinstance(value, list) else []
    names = [row.get("name") for row in rows if isinstance(row, dict)]
    return [name for name in names if isinstance(name, str)]


class _Paper(BaseModel):
    """The fields that are used. `id` and `title` must be valid; the others may be missing or have a wrong type."""

    id: str = Field(pattern=rf"^{ARXIV_ID}$")
    title: str = Field(min_length=1)
    summary: Annotated[str, BeforeValidator(lambda value: value if isinstance(value, str) else "")] = ""
    authors: Annotated[list[str], BeforeValidator(_names)] = []
    upvotes: Annotated[int | None, BeforeValidator(_count)] = None


def parse(document: Document, source: str) -> ParsedEntries:
    """The papers in the list's order; a record with an unusable id or title is dropped.

    Raises SourceError if the body is not a JSON list, or if none of its records is usable.
    """
    body = document.body
    if not body.strip():
        raise SourceError("empty answer")
    try:
        rows = json.loads(body)
    except (ValueError, RecursionError):
        raise SourceError("an HTML page, not JSON" if re.match(rb"\s*<", body) else "not JSON") from None
    if isinstance(rows, dict) and isinstance(rows.get("error"), str):
        raise SourceError(f"answers: {fold(rows['error'])[:120]}")
    if not isinstance(rows, list):
        raise SourceError("not a list of papers")
    entries = [entry for row in rows if (entry := _entry(row, source))]
    if rows and not entries:
        raise SourceError(f"none of {len(rows)} records is a paper")
    return ParsedEntries(entries, len(rows) - len(entries))


def _entry(row: object, source: str) -> Entry | None:
    try:
        paper = _Paper.model_validate(row["paper"] if isinstance(row, dict) else None)
    except (KeyError, ValidationError):
        return None
    title = readable(paper.title)
    if not title:
        return None
    return Entry(
        source=source,
        title=title,
        url=f"https://huggingface.co/papers/{paper.id}",
        abstract=fold(paper.summary),
        arxiv_id=paper.id,
        authors=authors(paper.authors),
        upvotes=paper.upvotes,
    )
