"""Papers as questions find them, and what was read of them: fetched once, kept as passages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Engine, Row, case, delete, func, literal, select

from workers.domain.models import Paper
from workers.domain.passages import PaperText, Passage
from workers.domain.ports import Clock
from workers.store import papers
from workers.store.tables import listing, paper, paper_key, paper_text, passage
from workers.store.transactions import insert, read, write

_READ_AGAIN = timedelta(hours=6)
"""After which a paper of which only the abstract was to be had is looked for again."""
_FOUND = 400


@dataclass(frozen=True, slots=True)
class StoredPaper:
    """A paper with its row; `label` is its number in an edition, "" outside one."""

    paper_id: int
    paper: Paper
    label: str = ""


class PaperTextStore:
    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock

    def edition(self, day: date) -> list[StoredPaper]:
        """The listed papers of a day by their numbers."""
        with read(self._engine) as connection:
            rows = connection.execute(
                select(listing.c.n, paper)
                .join(paper, paper.c.id == listing.c.paper_id)
                .where(listing.c.day == day)
                .order_by(listing.c.n)
            ).all()
        return [_shelved(row, str(row.n)) for row in rows]

    def by_arxiv(self, arxiv_id: str) -> StoredPaper | None:
        with read(self._engine) as connection:
            row = connection.execute(
                select(paper)
                .join(paper_key, paper_key.c.paper_id == paper.c.id)
                .where(paper_key.c.kind == "arxiv", paper_key.c.value == arxiv_id)
            ).one_or_none()
        return _shelved(row) if row else None

    def mentioning(self, words: Sequence[str]) -> list[StoredPaper]:
        """Papers of the archive with most of the words in title or abstract, best first; some hundred at most."""
        if not words:
            return []
        whole = func.lower(paper.c.title + " " + paper.c.abstract)
        held = sum((case((whole.contains(word, autoescape=True), 1), else_=0) for word in words), literal(0))
        query = select(paper).where(held > 0).order_by(held.desc(), paper.c.id.desc()).limit(_FOUND)
        with read(self._engine) as connection:
            return [_shelved(row) for row in connection.execute(query)]

    def reading(self, paper_id: int) -> PaperText | None:
        """What was read of a paper; None where nothing was, or the abstract alone some hours ago."""
        with read(self._engine) as connection:
            row = connection.execute(select(paper_text).where(paper_text.c.paper_id == paper_id)).one_or_none()
            if row is None or (row.read == "abstract" and row.read_at < self._clock.now() - _READ_AGAIN):
                return None
            rows = connection.execute(select(passage).where(passage.c.paper_id == paper_id).order_by(passage.c.n)).all()
        return PaperText(row.read, tuple(Passage(each.n, each.section, each.text, each.anchor) for each in rows))

    def keep(self, paper_id: int, got: PaperText) -> None:
        with write(self._engine) as connection:
            connection.execute(delete(passage).where(passage.c.paper_id == paper_id))
            values = {"read": got.read, "read_at": self._clock.now()}
            connection.execute(
                insert(connection, paper_text)
                .values(paper_id=paper_id, **values)
                .on_conflict_do_update(index_elements=["paper_id"], set_=values)
            )
            rows = [
                {"paper_id": paper_id, "n": each.n, "section": each.section, "text": each.text, "anchor": each.anchor}
                for each in got.passages
            ]
            connection.execute(passage.insert(), rows)


def _shelved(row: Row[Any], label: str = "") -> StoredPaper:
    return StoredPaper(row.id, papers.of_row(row), label)
