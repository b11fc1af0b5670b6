"""Papers in the store: found by any of their keys, joined when a title turns out to have an id."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, select, update

from workers.domain.models import Key, KnownPaper, Link, Paper
from workers.store.tables import candidate, listing, paper, paper_key, paper_text, passage, seen
from workers.store.transactions import insert

_LOCK = 7_263_549_015
"""PostgreSQL's advisory lock for closing an edition; SQLite has one writer anyway."""
_CHUNK = 10_000
"""Values of one IN list; SQLite takes 32,766, PostgreSQL 65,535."""
_LONGEST_KEY = 700


def lock(connection: Connection) -> None:
    """Until the transaction ends, nobody else adds papers: two editions never give one paper two rows."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")


def history(connection: Connection, wanted: Sequence[Paper]) -> list[KnownPaper | None]:
    """What is known of each paper, in the order asked; None for one never seen."""
    found = _find(connection, wanted)
    ids = {number for numbers in found for number in numbers}
    labels = {row.id: row.label for row in _rows(connection, select(paper.c.id, paper.c.label), paper.c.id, ids)}
    listed = {
        row.paper_id: row.day
        for row in _rows(connection, select(listing.c.paper_id, listing.c.day), listing.c.paper_id, ids)
    }
    sources: dict[int, set[str]] = defaultdict(set)
    for row in _rows(connection, select(seen.c.paper_id, seen.c.source), seen.c.paper_id, ids):
        sources[row.paper_id].add(row.source)
    return [
        KnownPaper(
            paper_id=numbers[0],
            listed_on=next((listed[number] for number in numbers if number in listed), None),
            seen_from=frozenset(source for number in numbers for source in sources[number]),
            label=next((labels[number] for number in numbers if labels[number]), None),
        )
        if numbers
        else None
        for numbers in found
    ]


def keep(connection: Connection, wanted: Sequence[Paper], day: date) -> list[int]:
    """Insert or bring up to date every paper, its keys and who brought it; returns their ids in the same order."""
    found = _find(connection, wanted)
    for numbers in found:
        for other in numbers[1:]:
            _join(connection, numbers[0], other)
    fresh = [one for one, numbers in zip(wanted, found, strict=True) if not numbers]
    fresh_ids = iter(_insert(connection, fresh, day))
    ids = [numbers[0] if numbers else next(fresh_ids) for numbers in found]
    _bring_up_to_date(connection, {number: one for number, one, of in zip(ids, wanted, found, strict=True) if of})
    pairs = [(number, key) for number, one in zip(ids, wanted, strict=True) for key in map(_fitting, one.keys)]
    if pairs:
        connection.execute(
            insert(connection, paper_key).on_conflict_do_nothing(),
            [{"kind": kind, "value": value, "paper_id": number} for number, (kind, value) in pairs],
        )
        connection.execute(
            insert(connection, seen).on_conflict_do_nothing(),
            [
                {"paper_id": number, "source": source, "day": day}
                for number, one in zip(ids, wanted, strict=True)
                for source in one.sources
            ],
        )
    return ids


def of_row(row: Row[Any]) -> Paper:
    """The paper as it was kept; `keys` are left out, for who has a row needs none."""
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
        comment=row.comment,
    )


def forget(connection: Connection, day: date) -> None:
    """Who brought what on `day` counts as never seen, so that the edition of that day can be made anew."""
    connection.execute(delete(seen).where(seen.c.day == day))


def label(connection: Connection, labels: Mapping[int, str]) -> None:
    """Give each paper its label; one that has a label keeps it."""
    connection.execute(
        update(paper).where(paper.c.id == bindparam("of"), paper.c.label.is_(None)),
        [{"of": number, "label": name} for number, name in labels.items()],
    )


def _find(connection: Connection, wanted: Sequence[Paper]) -> list[list[int]]:
    """For each paper the ids of the rows that mean it, by its most trusted key first; none where it is new."""
    values: dict[str, set[str]] = defaultdict(set)
    for one in wanted:
        for kind, value in map(_fitting, one.keys):
            values[kind].add(value)
    known: dict[Key, tuple[int, str | None]] = {}
    query = select(paper_key.c.kind, paper_key.c.value, paper_key.c.paper_id, paper.c.arxiv_id).join(paper)
    for kind, held in values.items():
        for row in _rows(connection, query.where(paper_key.c.kind == kind), paper_key.c.value, held):
            known[row.kind, row.value] = (row.paper_id, row.arxiv_id)
    owner = dict(known.values())
    found = []
    for one in wanted:
        hits = [(key, known[key][0]) for key in map(_fitting, one.keys) if key in known]
        numbers = list(dict.fromkeys(number for key, number in hits if _same(one, key, owner[number])))
        if numbers and one.arxiv_id:
            owner[numbers[0]] = one.arxiv_id  # a row without an id is taken once, whoever shares its title
        found.append(numbers)
    return found


def _same(one: Paper, key: Key, arxiv_id: str | None) -> bool:
    """Two different arXiv ids are two papers, whatever their titles."""
    return key[0] == "arxiv" or one.arxiv_id is None or arxiv_id is None or one.arxiv_id == arxiv_id


def _join(connection: Connection, kept: int, gone: int) -> None:
    """Make two rows one, unless both were listed: then both stay, for an edition is never changed."""
    listed = connection.execute(select(listing.c.paper_id).where(listing.c.paper_id.in_([kept, gone]))).scalars().all()
    if len(listed) > 1:
        return
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


def _bring_up_to_date(connection: Connection, known: Mapping[int, Paper]) -> None:
    """What a paper is found to have is added; its words change with a newer version, until an edition lists them."""
    listed = {row.paper_id for row in _rows(connection, select(listing.c.paper_id), listing.c.paper_id, known)}
    changes = []
    for row in _rows(connection, select(paper), paper.c.id, known):
        one = known[row.id]
        newer = (one.version or 0) > (row.version or 0) or not row.abstract
        digest_catalog_for = one if newer and row.id not in listed else row
        links = {link["url"]: link for link in [*(asdict(link) for link in one.links), *row.links]}
        changes.append(
            {
                "of": row.id,
                "arxiv_id": one.arxiv_id or row.arxiv_id,
                "version": max(one.version or 0, row.version or 0) or None,
                "doi": one.doi or row.doi,
                "title": digest_catalog_for.title,
                "abstract": digest_catalog_for.abstract,
                "authors": list(digest_catalog_for.authors) or list(one.authors),
                "links": sorted(links.values(), key=lambda link: link["source"] != "arxiv"),
                "categories": list(one.categories or row.categories),
                "sources": list(dict.fromkeys([*row.sources, *one.sources])),
                "comment": one.comment or row.comment,
                "upvotes": row.upvotes if one.upvotes is None else max(one.upvotes, row.upvotes or 0),
            }
        )
    if changes:
        connection.execute(update(paper).where(paper.c.id == bindparam("of")), changes)


def _insert(connection: Connection, fresh: Sequence[Paper], day: date) -> list[int]:
    if not fresh:
        return []
    rows = [{**_columns(one), "first_seen": day} for one in fresh]
    return list(connection.execute(paper.insert().returning(paper.c.id, sort_by_parameter_order=True), rows).scalars())


def _columns(one: Paper) -> dict[str, Any]:
    return {
        "arxiv_id": one.arxiv_id,
        "version": one.version,
        "doi": one.doi,
        "title": one.title,
        "abstract": one.abstract,
        "authors": list(one.authors),
        "links": [asdict(link) for link in one.links],
        "categories": list(one.categories),
        "sources": list(one.sources),
        "comment": one.comment,
        "upvotes": one.upvotes,
    }


def _fitting(key: Key) -> Key:
    return key[0], key[1][:_LONGEST_KEY]


def _rows(connection: Connection, query: Any, column: Any, values: Iterable[Any]) -> Iterable[Row[Any]]:
    ordered = sorted(values)
    for start in range(0, len(ordered), _CHUNK):
        yield from connection.execute(query.where(column.in_(ordered[start : start + _CHUNK])))
