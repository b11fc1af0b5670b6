"""Answers of models, so that the same prompt is paid for once, and what was learned of their endpoints."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import delete, select

from workers.domain.completions import Purpose
from workers.store.model_uses import ModelUseStore
from workers.store.tables import model_call, model_dialect
from workers.store.transactions import insert, read, write
from workers.store.vectors import VectorStore

_KEPT = timedelta(days=60)
"""How long an answer is kept; editions of the last week may be made again."""


class ModelCallStore(ModelUseStore, VectorStore):
    """Implements `domain.completions.Ledger`."""

    def answer(self, key: str) -> str | None:
        with read(self._engine) as connection:
            return connection.execute(select(model_call.c.answer).where(model_call.c.key == key)).scalar_one_or_none()

    def keep(self, key: str, purpose: Purpose, model: str, text: str) -> None:
        today = self._clock.now().date()
        values = {"purpose": purpose, "model": model[:200], "day": today, "answer": text}
        with write(self._engine) as connection:
            connection.execute(delete(model_call).where(model_call.c.day < today - _KEPT))
            kept = insert(connection, model_call).values(key=key, **values)
            connection.execute(kept.on_conflict_do_update(index_elements=["key"], set_=values))

    def learned(self, address: str, model: str) -> Mapping[str, int]:
        row = model_dialect.c
        query = select(row.learned).where(row.address == address[:300], row.model == model[:200])
        with read(self._engine) as connection:
            found = connection.execute(query).scalar_one_or_none()
        return {name: n for name, n in (found or {}).items() if isinstance(n, int)}

    def learn(self, address: str, model: str, learned: Mapping[str, int]) -> None:
        row = {"address": address[:300], "model": model[:200], "learned": dict(learned)}
        with write(self._engine) as connection:
            kept = insert(connection, model_dialect).values(row)
            connection.execute(
                kept.on_conflict_do_update(index_elements=["address", "model"], set_={"learned": kept.excluded.learned})
            )
