"""Hugging Face daily papers: a list that readers vote on, one JSON answer a day."""

import json
import re
from datetime import date

from workers.domain.documents import Document
from workers.domain.errors import SourceError
from workers.domain.models import Authority, Entry, SourceAnswer
from workers.domain.ports import DocumentReader
from workers.domain.source_answers import answered
from workers.sources.decode import decode
from workers.sources.entries import InvalidEntry, ParsedEntries, read_all, source_errors
from workers.text.clean import fold, unescape
from workers.text.latex import authors, readable
from workers.text.markup import title_text

LIMIT = 100
"""Largest number of papers in one answer (huggingface.co/docs/hub/api); no day so far had more than 60."""


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


@source_errors()
def parse(document: Document, source: str) -> ParsedEntries:
    """The papers in the list's order; a record with an unusable id or title is dropped.

    Raises SourceError if the document is not a JSON list, or if none of its records is usable.
    """
    text = decode(document)
    if not text.strip():
        raise SourceError("empty answer")
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        raise SourceError("an HTML page, not JSON" if re.match(r"\s*<", text) else "not JSON") from None
    if isinstance(rows, dict) and isinstance(rows.get("error"), str):
        raise SourceError(f"answers: {fold(rows['error'])[:120]}")
    if not isinstance(rows, list):
        raise SourceError("not a list of papers")
    return read_all(rows, lambda row: _entry(row, source))


def _entry(row: object, source: str) -> Entry:
    paper = row.get("paper") if isinstance(row, dict) else None
    if not isinstance(paper, dict):
        raise InvalidEntry("without a paper")
    arxiv_id = _string(paper, "id")
    names = paper.get("authors")
    return Entry(
        source=source,
        title=readable(title_text(_string(paper, "title"))),
        url=f"https://huggingface.co/papers/{arxiv_id}",
        abstract=unescape(_string(paper, "summary")),
        arxiv_id=arxiv_id,
        authors=authors([_string(name, "name") for name in names] if isinstance(names, list) else []),
        upvotes=paper.get("upvotes"),
        authority=Authority.HUGGINGFACE,
    )


def _string(row: object, name: str) -> str:
    """A field of a JSON object; "" if it is missing or no text."""
    value = row.get(name) if isinstance(row, dict) else None
    return value if isinstance(value, str) else ""
