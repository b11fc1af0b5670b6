"""Finds papers in the store by their keys: arXiv id, DOI, link, guid or title."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from workers.domain.models import Key, Paper
from workers.store.tables import listing, paper, paper_key
from workers.text.links import canonical_link

_CHUNK = 10_000
"""Values of one IN list; SQLite takes 32,766, PostgreSQL 65,535."""
_LONGEST_KEY = 700
"""Characters of a key's value that are stored and compared; the end of a longer one is replaced by its hash."""
_LARGEST_KEY = 2_000
"""Bytes of a key's value in UTF-8; PostgreSQL's index takes 2,704 with the kind."""


def find(connection: Connection, collected: Sequence[Paper]) -> list[list[int]]:
    """For each paper the ids of its rows, the one found by its most trusted key first; empty for a new paper."""
    values_by_kind: dict[str, set[str]] = defaultdict(set)
    for item in collected:
        for kind, value in map(shortened, item.keys):
            values_by_kind[kind].add(value)
    known: dict[Key, Row[Any]] = {}
    columns = [*paper_key.c, paper.c.arxiv_id, paper.c.sources, paper.c.links, listing.c.day.label("listed_on")]
    query = select(*columns).join(paper, paper.c.id == paper_key.c.paper_id)
    query = query.outerjoin(listing, listing.c.paper_id == paper.c.id)
    for kind, values in values_by_kind.items():
        for row in rows_of(connection, query.where(paper_key.c.kind == kind), paper_key.c.value, values):
            known[row.kind, row.value] = row
    hits = [[known[key] for key in map(shortened, item.keys) if key in known] for item in collected]
    taken = _Taken({row.paper_id: row.arxiv_id for row in known.values()})
    found: list[list[int]] = [[] for _ in collected]
    # What a title finds may be another item's by its link, so titles come last.
    for is_title in (False, True):
        for item, rows, row_ids in zip(collected, hits, found, strict=True):
            row_ids += taken.by(item, [row for row in rows if (row.kind == "title") is is_title], row_ids)
    return found


class _Taken:
    """Which rows the papers of one edition have found: a row that was never listed is one paper's alone."""

    def __init__(self, arxiv_ids: dict[int, str | None]) -> None:
        self._arxiv_ids = arxiv_ids
        self._rows: set[int] = set()

    def by(self, item: Paper, rows: Sequence[Row[Any]], own: Sequence[int]) -> list[int]:
        """The ids of those of the `rows` that are the paper and not among its `own`, which it took before."""
        row_ids: list[int] = []
        for row in rows:
            is_free = row.paper_id not in self._rows or row.listed_on
            if row.paper_id not in own and is_free and _is_same(item, row, self._arxiv_ids[row.paper_id]):
                row_ids.append(row.paper_id)
        row_ids = list(dict.fromkeys(row_ids))
        self._rows.update(row_ids)
        if row_ids and not own and item.arxiv_id:
            # A row without an arXiv id belongs to the first paper with one; a later paper of the same title is new.
            self._arxiv_ids[row_ids[0]] = item.arxiv_id
        return row_ids


def _is_same(item: Paper, row: Row[Any], arxiv_id: str | None) -> bool:
    """Whether the row that a key found, which has `arxiv_id` by now, is the paper.

    Two different arXiv ids are two papers. A title joins what different sources gave, or what has a link in common.
    """
    if row.kind == "arxiv":
        return True
    if item.arxiv_id and arxiv_id and item.arxiv_id != arxiv_id:
        return False
    return row.kind != "title" or not set(row.sources) & set(item.sources) or _have_a_link_in_common(item, row)


def _have_a_link_in_common(item: Paper, row: Row[Any]) -> bool:
    return bool({canonical_link(link["url"]) for link in row.links} & {canonical_link(link.url) for link in item.links})


def pass_titles_on(connection: Connection, new_rows: Sequence[tuple[int, Paper]]) -> None:
    """Let a title that a feed uses again ("This week in …") lead to its newest item, unless an arXiv paper has it."""
    titles = [
        {"new_id": row_id, "title": value}
        for row_id, item in new_rows
        if item.arxiv_id is None
        for kind, value in map(shortened, item.keys)
        if kind == "title"
    ]
    if titles:
        without_id = select(paper.c.id).where(paper.c.arxiv_id.is_(None))
        connection.execute(
            update(paper_key)
            .where(paper_key.c.kind == "title", paper_key.c.value == bindparam("title"))
            .where(paper_key.c.paper_id.in_(without_id))
            .values(paper_id=bindparam("new_id")),
            titles,
        )


def shortened(key: Key) -> Key:
    """The key as it is stored and compared."""
    kind, value = key
    if len(value) <= _LONGEST_KEY and len(value.encode()) <= _LARGEST_KEY:
        return key
    if kind == "title":
        return kind, value[: _LARGEST_KEY // 4] if len(value.encode()) > _LARGEST_KEY else value[:_LONGEST_KEY]
    return kind, value[: _LARGEST_KEY // 5] + sha256(value.encode()).hexdigest()


def rows_of(connection: Connection, query: Any, column: Any, values: Iterable[Any]) -> Iterable[Row[Any]]:
    ordered = sorted(values)
    for start in range(0, len(ordered), _CHUNK):
        yield from connection.execute(query.where(column.in_(ordered[start : start + _CHUNK])))
