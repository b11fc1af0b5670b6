"""Every answer of a model and what it cost, so that the same prompt is paid for once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Engine, func, select

from workers.domain.completions import Usage
from workers.domain.ports import Clock
from workers.store.tables import model_call, model_dialect
from workers.store.transactions import insert, read, write


@dataclass(frozen=True, slots=True)
class DayOfCalls:
    """The sum of one day (UTC) with one model."""

    day: date
    model: str
    usage: Usage


class ModelCallStore:
    """Implements `domain.completions.Ledger`."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock

    def answer(self, key: str) -> str | None:
        with read(self._engine) as connection:
            return connection.execute(select(model_call.c.answer).where(model_call.c.key == key)).scalar_one_or_none()

    def keep(self, key: str, purpose: str, model: str, text: str, usage: Usage) -> str:
        now = self._clock.now()
        with write(self._engine) as connection:
            connection.execute(
                insert(connection, model_call)
                .values(
                    key=key,
                    purpose=purpose,
                    model=model,
                    day=now.date(),
                    answer=text,
                    input_tokens=usage.input_tokens,
                    cached_tokens=usage.cached_tokens,
                    output_tokens=usage.output_tokens,
                    cost_usd=usage.cost_usd,
                )
                .on_conflict_do_nothing()
            )
            return str(connection.execute(select(model_call.c.answer).where(model_call.c.key == key)).scalar_one())

    def spent_today(self) -> Usage:
        today = self._clock.now().date()
        return sum((each.usage for each in self._days(since=today) if each.day == today), Usage())

    def days(self) -> Sequence[DayOfCalls]:
        """One row for each day and model, the newest day first."""
        return self._days()

    def _days(self, since: date = date.min) -> list[DayOfCalls]:
        call = model_call.c
        sums = [func.sum(each) for each in (call.input_tokens, call.cached_tokens, call.output_tokens, call.cost_usd)]
        query = select(call.day, call.model, func.count(), *sums).where(call.day >= since)
        with read(self._engine) as connection:
            rows = connection.execute(query.group_by(call.day, call.model).order_by(call.day.desc(), call.model)).all()
        return [
            DayOfCalls(row[0], row[1], Usage(row[2], int(row[3]), int(row[4]), int(row[5]), row[6])) for row in rows
        ]

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
