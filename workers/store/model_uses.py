"""What models cost: set aside before each call, counted after it, summed by day, model and purpose."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, Engine, Row, select, text, update

from workers.domain.completions import Caps, Purpose, Usage
from workers.domain.errors import BudgetExceeded
from workers.domain.ports import Clock
from workers.store.tables import model_use
from workers.store.transactions import insert, read, write

_ZEROS = {column.name: 0 for column in model_use.columns if not column.primary_key}


@dataclass(frozen=True, slots=True)
class DayOfUse:
    """The sum of one day (UTC), model and purpose; `failed` calls gave no answer and are not among those of `usage`."""

    day: date
    model: str
    purpose: str
    usage: Usage
    failed: int


class ModelUseStore:
    """The part of `domain.completions.Ledger` that is about costs.

    What was set aside by a process that died before its call was over counts until the end of the day.
    """

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock

    def reserve(self, model: str, purpose: Purpose, estimate: Usage, caps: Caps) -> None:
        day = self._clock.now().date()
        with write(self._engine) as connection:
            if connection.dialect.name == "postgresql":  # SQLite has one writer at a time
                connection.execute(text("LOCK TABLE model_use IN SHARE ROW EXCLUSIVE MODE"))
            rows = connection.execute(select(model_use).where(model_use.c.day == day)).all()
            _check(rows, purpose, estimate, caps)
            key = {"day": day, "model": model[:200], "purpose": purpose}
            connection.execute(insert(connection, model_use).values(**key, **_ZEROS).on_conflict_do_nothing())
            _add(connection, key, held_tokens=estimate.tokens, held_usd=estimate.cost_usd)

    def settle(self, model: str, purpose: Purpose, estimate: Usage, usage: Usage) -> None:
        now = self._clock.now()
        with write(self._engine) as connection:
            for day in (now.date(), (now - timedelta(days=1)).date()):  # a call may last over midnight
                key = {"day": day, "model": model[:200], "purpose": purpose}
                counted = _add(
                    connection,
                    key,
                    calls=usage.calls,
                    failed=0 if usage.calls else 1,
                    input_tokens=usage.input_tokens,
                    cached_tokens=usage.cached_tokens,
                    output_tokens=usage.output_tokens,
                    cost_usd=usage.cost_usd,
                    held_tokens=-estimate.tokens,
                    held_usd=-estimate.cost_usd,
                )
                if counted:
                    return

    def spent_today(self) -> Usage:
        """The sum of today (UTC), without what is set aside."""
        today = self._clock.now().date()
        return sum((each.usage for each in self.uses(since=today) if each.day == today), Usage())

    def uses(self, since: date = date.min) -> Sequence[DayOfUse]:
        """One row for each day, model and purpose, the newest day first."""
        query = select(model_use).where(model_use.c.day >= since)
        with read(self._engine) as connection:
            rows = connection.execute(query.order_by(model_use.c.day.desc(), model_use.c.model, model_use.c.purpose))
            return [DayOfUse(row.day, row.model, row.purpose, _usage(row), row.failed) for row in rows]


def _check(rows: Sequence[Row[tuple[object, ...]]], purpose: Purpose, estimate: Usage, caps: Caps) -> None:
    """Raise BudgetExceeded if a call of `estimate` could exceed a cap, or the share of it that questions have."""
    of_questions = [row for row in rows if row.purpose in {each for each in Purpose if each.is_for_questions}]
    for name, cap, used, wanted in (
        ("model.daily_tokens", caps.tokens, _tokens, estimate.tokens),
        ("model.daily_usd", caps.usd, _usd, estimate.cost_usd),
    ):
        if cap is None:
            continue
        if used(rows) + wanted > cap:
            raise BudgetExceeded(f"{name} is used up for today")
        if purpose.is_for_questions and used(of_questions) + wanted > cap * (1 - caps.digest_share):
            raise BudgetExceeded(f"the share of {name} that questions may use is used up for today")


def _tokens(rows: Iterable[Row[tuple[object, ...]]]) -> float:
    return float(sum(row.input_tokens + row.output_tokens + row.held_tokens for row in rows))


def _usd(rows: Iterable[Row[tuple[object, ...]]]) -> float:
    return float(sum(row.cost_usd + row.held_usd for row in rows))


def _usage(row: Row[tuple[object, ...]]) -> Usage:
    return Usage(row.calls, row.input_tokens, row.cached_tokens, row.output_tokens, row.cost_usd)


def _add(connection: Connection, key: dict[str, object], **amounts: float) -> bool:
    """Add to the counters of a row; False if there is no such row."""
    is_row = [model_use.c[name] == value for name, value in key.items()]
    added = {name: model_use.c[name] + amount for name, amount in amounts.items()}
    return connection.execute(update(model_use).where(*is_row).values(**added)).rowcount == 1
