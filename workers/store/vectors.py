"""Vectors of an embedding model, so that a passage is embedded once."""

import sys
from array import array
from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import Engine, delete, select

from workers.domain.ports import Clock
from workers.store.tables import vector
from workers.store.transactions import insert, read, write

_KEPT = timedelta(days=90)
"""How long a vector is kept; one that is needed later is paid for again."""
_AT_A_TIME = 500
"""Keys in one query; SQLite takes some thousands."""


class VectorStore:
    """The part of `domain.completions.Ledger` that is about vectors."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock

    def vectors(self, keys: Sequence[str]) -> Mapping[str, Sequence[float]]:
        found: dict[str, Sequence[float]] = {}
        with read(self._engine) as connection:
            for start in range(0, len(keys), _AT_A_TIME):
                query = select(vector.c.key, vector.c.numbers).where(vector.c.key.in_(keys[start : start + _AT_A_TIME]))
                found |= {row.key: _numbers(row.numbers) for row in connection.execute(query)}
        return found

    def keep_vectors(self, vectors: Mapping[str, Sequence[float]]) -> None:
        now = self._clock.now()
        rows = [{"key": key, "numbers": _packed(numbers), "kept_at": now} for key, numbers in vectors.items()]
        with write(self._engine) as connection:
            connection.execute(delete(vector).where(vector.c.kept_at < now - _KEPT))
            if rows:
                connection.execute(insert(connection, vector).on_conflict_do_nothing(), rows)

    def discard_vectors(self, keys: Sequence[str]) -> None:
        with write(self._engine) as connection:
            for start in range(0, len(keys), _AT_A_TIME):
                connection.execute(delete(vector).where(vector.c.key.in_(keys[start : start + _AT_A_TIME])))


def _packed(numbers: Sequence[float]) -> bytes:
    return _little_endian(array("f", numbers)).tobytes()


def _numbers(packed: bytes) -> Sequence[float]:
    return _little_endian(array("f", packed))


def _little_endian(numbers: "array[float]") -> "array[float]":
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
