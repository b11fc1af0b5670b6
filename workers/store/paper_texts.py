"""Papers as questions find them, and their texts, which are fetched once and kept as passages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Engine, Row, case, delete, func, literal, select

from workers.domain.models import Paper
from workers.domain.passages import PaperText, Passage
from workers.domain.ports import Clock
from workers.store import papers
from workers.store.leases import SLACK
from workers.store.tables import listing, paper, paper_key, paper_text, passage
from workers.store.transactions import insert, read, write

_READ_AGAIN = timedelta(hours=6)
"""A paper of which only the abstract was found is read again after this long."""
_FOUND = 400
"""Papers that a search of the archive returns, at most."""


@dataclass(frozen=True, slots=True)
class StoredPaper:
    """A paper and the id of its row; `label` is its number in an edition, "" outside one."""

    paper_id: int
    paper: Paper
    label: str = ""


class PaperTextStore:
    """Implements `answers.services.PaperTexts`."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock

    def edition(self, day: date) -> list[StoredPaper]:
        """The papers listed on a day, by their numbers."""
        with read(self._engine) as connection:
            rows = connection.execute(
                select(listing.c.n, paper)
                .join(paper, paper.c.id == listing.c.paper_id)
                .where(listing.c.day == day)
                .order_by(listing.c.n)
            ).all()
        return [_stored_paper(row, str(row.n)) for row in rows]

    def by_arxiv(self, arxiv_id: str) -> StoredPaper | None:
        with read(self._engine) as connection:
            row = connection.execute(
                select(paper)
                .join(paper_key, paper_key.c.paper_id == paper.c.id)
                .where(paper_key.c.kind == "arxiv", paper_key.c.value == arxiv_id)
            ).one_or_none()
        return _stored_paper(row) if row else None

    def mentioning(self, words: Sequence[str]) -> list[StoredPaper]:
        """Papers of any day with some of the words in title or abstract: those with most words first, then the newest.

        At most _FOUND; none without words.
        """
        if not words:
            return []
        whole = func.lower(paper.c.title + " " + paper.c.abstract)
        count = sum((case((whole.contains(word, autoescape=True), 1), else_=0) for word in words), literal(0))
        query = select(paper).where(count > 0).order_by(count.desc(), paper.c.id.desc()).limit(_FOUND)
        with read(self._engine) as connection:
            return [_stored_paper(row) for row in connection.execute(query)]

    def get(self, paper_id: int) -> PaperText | None:
        """The stored text; None where there is none, or where it is the abstract and older than _READ_AGAIN."""
        with read(self._engine) as connection:
            row = connection.execute(select(paper_text).where(paper_text.c.paper_id == paper_id)).one_or_none()
            now = self._clock.now()
            if row is None or (row.read == "abstract" and not now - _READ_AGAIN <= row.read_at <= now + SLACK):
                return None
            rows = connection.execute(select(passage).where(passage.c.paper_id == paper_id).order_by(passage.c.n)).all()
        return PaperText(row.read, tuple(Passage(each.n, each.section, each.text, each.anchor) for each in rows))

    def keep(self, paper_id: int, text: PaperText) -> None:
        """Store the text, in place of an earlier one."""
        with write(self._engine) as connection:
            connection.execute(delete(passage).where(passage.c.paper_id == paper_id))
            values = {"read": text.read, "read_at": self._clock.now()}
            connection.execute(
                insert(connection, paper_text)
                .values(paper_id=paper_id, **values)
                .on_conflict_do_update(index_elements=["paper_id"], set_=values)
            )
            rows = [
                {"paper_id": paper_id, "n": each.n, "section": each.section, "text": each.text, "anchor": each.anchor}
                for each in text.passages
            ]
            connection.execute(passage.insert(), rows)


def _stored_paper(row: Row[Any], label: str = "") -> StoredPaper:
    return StoredPaper(row.id, papers.of_row(row), label)
