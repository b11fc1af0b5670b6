"""Papers in the store: found by any of their keys, and joined when two rows turn out to be one paper."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, select, update

from workers.domain.models import Authority, KnownPaper, Link, Paper
from workers.store import paper_keys
from workers.store.paper_keys import rows_of
from workers.store.tables import candidate, listing, paper, paper_key, paper_text, passage, seen
from workers.store.transactions import insert

_LOCK = 7_263_549_015
"""PostgreSQL's advisory lock for closing an edition; SQLite has one writer anyway."""


def lock(connection: Connection) -> None:
    """Keep other processes from adding papers until the transaction ends, so that no paper gets two rows."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")


def history(connection: Connection, collected: Sequence[Paper]) -> list[KnownPaper | None]:
    """What the store knows of each paper, in the given order; None for a paper that it has never seen."""
    found = paper_keys.find(connection, collected)
    ids = {row_id for row_ids in found for row_id in row_ids}
    labels = {row.id: row.label for row in rows_of(connection, select(paper.c.id, paper.c.label), paper.c.id, ids)}
    listed = {
        row.paper_id: row.day
        for row in rows_of(connection, select(listing.c.paper_id, listing.c.day), listing.c.paper_id, ids)
    }
    sources: dict[int, set[str]] = defaultdict(set)
    for row in rows_of(connection, select(seen.c.paper_id, seen.c.source), seen.c.paper_id, ids):
        sources[row.paper_id].add(row.source)
    return [
        KnownPaper(
            paper_id=row_ids[0],
            listed_on=next((listed[row_id] for row_id in row_ids if row_id in listed), None),
            seen_from=frozenset(source for row_id in row_ids for source in sources[row_id]),
            label=next((labels[row_id] for row_id in row_ids if labels[row_id]), None),
        )
        if row_ids
        else None
        for row_ids in found
    ]


def shown_before(connection: Connection, source: str, day: date, arxiv_ids: Iterable[str]) -> dict[str, frozenset[str]]:
    """arXiv id → categories, of each of these papers that an edition before `day` got from `source`."""
    query = (
        select(paper_key.c.value, paper.c.categories)
        .join(paper, paper.c.id == paper_key.c.paper_id)
        .join(seen, seen.c.paper_id == paper.c.id)
        .where(paper_key.c.kind == "arxiv", seen.c.source == source, seen.c.day < day)
    )
    return {
        row.value: frozenset(row.categories) for row in rows_of(connection, query, paper_key.c.value, set(arxiv_ids))
    }


def keep(connection: Connection, collected: Sequence[Paper], day: date) -> list[int]:
    """Insert or update every paper with its keys and sources; returns the ids of their rows in the same order."""
    found = paper_keys.find(connection, collected)
    joined: dict[int, int] = {}
    for row_ids in found:
        for other in row_ids[1:]:
            kept, gone = _now(row_ids[0], joined), _now(other, joined)
            if kept != gone and _join(connection, kept, gone):
                joined[gone] = kept
    new_papers = [item for item, row_ids in zip(collected, found, strict=True) if not row_ids]
    new_ids = iter(_insert(connection, new_papers, day))
    ids = [_now(row_ids[0], joined) if row_ids else next(new_ids) for row_ids in found]
    with_ids = list(zip(ids, collected, strict=True))
    _update(connection, {row_id: item for (row_id, item), known in zip(with_ids, found, strict=True) if known})
    keys = [(row_id, key) for row_id, item in with_ids for key in map(paper_keys.shortened, item.keys)]
    if keys:
        connection.execute(
            insert(connection, paper_key).on_conflict_do_nothing(),
            [{"kind": kind, "value": value, "paper_id": row_id} for row_id, (kind, value) in keys],
        )
        new_rows = [(row_id, item) for (row_id, item), known in zip(with_ids, found, strict=True) if not known]
        paper_keys.pass_titles_on(connection, new_rows)
        connection.execute(
            insert(connection, seen).on_conflict_do_nothing(),
            [
                {"paper_id": row_id, "source": source, "day": day}
                for row_id, item in with_ids
                for source in item.sources
            ],
        )
    return ids


def of_row(row: Row[Any]) -> Paper:
    """The paper of a row, without its `keys`, which nobody needs who has the row."""
    return Paper(
        keys=(),
        title=row.title,
        abstract=row.abstract,
        authors=tuple(row.authors),
        links=tuple(Link(**link) for link in row.links),
        categories=tuple(row.categories),
        sources=tuple(row.sources),
        arxiv_id=row.arxiv_id,
        version=row.version,
        doi=row.doi,
        upvotes=row.upvotes,
        authority=Authority(row.authority),
        comment=row.comment,
    )


def forget(connection: Connection, day: date) -> None:
    """Delete which sources showed which papers on `day`, so that its edition can be made again."""
    connection.execute(delete(seen).where(seen.c.day == day))


def label(connection: Connection, labels: Mapping[int, str]) -> None:
    """Set the label of each paper (row id → label) that has none yet."""
    connection.execute(
        update(paper).where(paper.c.id == bindparam("row_id"), paper.c.label.is_(None)),
        [{"row_id": row_id, "label": name} for row_id, name in labels.items()],
    )


def _now(row_id: int, joined: Mapping[int, int]) -> int:
    """The row that `row_id` became part of; `joined` maps rows that are gone to those that have taken them over."""
    while row_id in joined:
        row_id = joined[row_id]
    return row_id


def _join(connection: Connection, kept: int, gone: int) -> bool:
    """Make two rows one. False where both were listed: both stay, because a closed edition never changes."""
    listed = connection.execute(select(listing.c.paper_id).where(listing.c.paper_id.in_([kept, gone]))).scalars().all()
    if len(listed) > 1:
        return False
    connection.execute(update(listing).where(listing.c.paper_id == gone).values(paper_id=kept))
    connection.execute(update(paper_key).where(paper_key.c.paper_id == gone).values(paper_id=kept))
    rows = connection.execute(select(seen.c.source, seen.c.day).where(seen.c.paper_id == gone)).all()
    for row in rows:
        connection.execute(
            insert(connection, seen).values(paper_id=kept, source=row.source, day=row.day).on_conflict_do_nothing()
        )
    connection.execute(delete(seen).where(seen.c.paper_id == gone))
    for day in connection.execute(select(candidate.c.day).where(candidate.c.paper_id == gone)).scalars().all():
        connection.execute(insert(connection, candidate).values(day=day, paper_id=kept).on_conflict_do_nothing())
    for table in (candidate, passage, paper_text):
        connection.execute(delete(table).where(table.c.paper_id == gone))
    connection.execute(delete(paper).where(paper.c.id == gone))
    return True


def _update(connection: Connection, known: Mapping[int, Paper]) -> None:
    """Add what is new of each paper (row id → paper).

    Until it is listed, its words follow a greater authority, and of the same authority a newer version. A lesser one
    adds links, sources and votes.
    """
    listed = {row.paper_id for row in rows_of(connection, select(listing.c.paper_id), listing.c.paper_id, known)}
    changes = []
    for row in rows_of(connection, select(paper), paper.c.id, known):
        latest = known[row.id]
        newer = (latest.version or 0) > (row.version or 0) or not row.abstract
        is_equal, is_greater = latest.authority == row.authority, latest.authority > row.authority
        text = latest if (is_greater or (is_equal and newer)) and row.id not in listed else row
        facts: Any = latest if is_equal or is_greater else row
        known_facts: Any = row if is_equal else facts
        links = {link["url"]: link for link in [*(asdict(link) for link in latest.links), *row.links]}
        changes.append(
            {
                "row_id": row.id,
                "arxiv_id": latest.arxiv_id or row.arxiv_id,
                "version": max(facts.version or 0, known_facts.version or 0) or None,
                "doi": facts.doi or known_facts.doi,
                "title": text.title,
                "abstract": text.abstract,
                "authors": list(text.authors) or list(facts.authors),
                "links": sorted(links.values(), key=lambda link: link["source"] != "arxiv"),
                "categories": list(facts.categories or known_facts.categories),
                "sources": list(dict.fromkeys([*row.sources, *latest.sources])),
                "comment": facts.comment or known_facts.comment,
                "upvotes": row.upvotes if latest.upvotes is None else max(latest.upvotes, row.upvotes or 0),
                "authority": int(text.authority),
            }
        )
    if changes:
        connection.execute(update(paper).where(paper.c.id == bindparam("row_id")), changes)


def _insert(connection: Connection, new_papers: Sequence[Paper], day: date) -> list[int]:
    if not new_papers:
        return []
    rows = [{**_columns(item), "first_seen": day} for item in new_papers]
    return list(connection.execute(paper.insert().returning(paper.c.id, sort_by_parameter_order=True), rows).scalars())


def _columns(item: Paper) -> dict[str, Any]:
    return {
        "arxiv_id": item.arxiv_id,
        "version": item.version,
        "doi": item.doi,
        "title": item.title,
        "abstract": item.abstract,
        "authors": list(item.authors),
        "links": [asdict(link) for link in item.links],
        "categories": list(item.categories),
        "sources": list(item.sources),
        "comment": item.comment,
        "upvotes": item.upvotes,
        "authority": int(item.authority),
    }
