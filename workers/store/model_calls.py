"""Every answer of a model and what it cost, so that the same prompt is paid for once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Engine, func, select

from workers.domain.completions import Usage
from workers.domain.ports import Clock
from workers.store.tables import model_call
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
