"""The boundary of a unit of work: the one place that catches every exception, records it, and goes on."""

import logging
import traceback
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from workers.domain.errors import LeaseLost, PaperboyError, SettingsError
from workers.domain.ports import Clock, Failures
from workers.domain.units import Failure, Unit, failure_after
from workers.runtime.logs import note

log = logging.getLogger(__name__)

T = TypeVar("T")
_PASSES = (LeaseLost, SettingsError)
"""Not faults of a unit: another process has the work, or the owner must change a setting."""
_PACKAGES = ("workers", "bot")
_REASON_CHARS = 300
_KNOWN_FOR = timedelta(minutes=1)
"""How long the failures that were read from the store count as all there are; other processes record some too."""
RESTS = timedelta(hours=1)
"""How long a unit that was given up is left alone by callers that ask `Boundary.rests`."""
PAUSES_S = (0.5, 2.0)
"""Seconds between the tries of a unit whose result is needed now."""


class Boundary:
    """Runs units of work. An exception inside one is recorded in the store and returned as a `Failure`.

    The caller decides what a failed unit leaves behind, and tries it again at `Failure.retry_at`. LeaseLost and
    SettingsError pass, because they end more than a unit.
    """

    def __init__(self, failures: Failures, clock: Clock, tell: bool = True) -> None:
        """`tell`: whether the owners are told of a unit that is given up."""
        self._failures, self._clock, self._tell = failures, clock, tell
        self._unrecorded: dict[Unit, int] = {}
        """Failed tries that the store did not record, so that a store that is full or away is no endless loop."""
        self._next_try: dict[Unit, datetime] = {}
        """The units whose last try failed here."""
        self._known: set[Unit] = set()
        """The units with a failure in the store, as they were read at `_known_at`. Saves a query for each success."""
        self._known_at: datetime | None = None

    def run(self, unit: Unit, work: Callable[[], T]) -> T | Failure:
        """The result of `work`, or its failure. Raises LeaseLost and SettingsError only."""
        try:
            result = work()
        except _PASSES:
            raise
        except Exception as error:  # noqa: BLE001 - a unit's boundary catches everything
            return self.failed(unit, error)
        self.succeeded(unit)
        return result

    async def run_async(self, unit: Unit, work: Callable[[], Awaitable[T]]) -> T | Failure:
        """The same for a coroutine. The store is read and written in a thread."""
        import asyncio  # workers have no event loop

        try:
            result = await work()
        except _PASSES:
            raise
        except Exception as error:  # noqa: BLE001 - a unit's boundary catches everything
            return await asyncio.to_thread(self.failed, unit, error)
        await asyncio.to_thread(self.succeeded, unit)
        return result

    def run_in_place(self, unit: Unit, work: Callable[[], T]) -> T | Failure:
        """The same for a unit whose result is needed now: it is tried again here, after PAUSES_S, until given up."""
        for pause_s in PAUSES_S:
            result = self.run(unit, work)
            if not isinstance(result, Failure) or result.given_up:
                return result
            self._clock.sleep(pause_s)
        return self.run(unit, work)

    def run_or(self, unit: Unit, work: Callable[[], T], instead: T) -> T:
        """The result of `run_in_place`; `instead` if the unit is given up."""
        result = self.run_in_place(unit, work)
        return instead if isinstance(result, Failure) else result

    def failed(self, unit: Unit, error: Exception) -> Failure:
        """Record a failed try. Does not raise: where the store refuses the record, the tries are counted here."""
        reason = reason_of(error)
        try:
            failure = self._failures.record(unit, reason, self._tell)
        except Exception as refused:  # noqa: BLE001 - the store may be what failed
            attempts = self._unrecorded[unit] = self._unrecorded.get(unit, 0) + 1
            failure = failure_after(unit, attempts, reason, self._clock.now())
            note(log, "failure not recorded", level=logging.ERROR, unit=unit, error=reason_of(refused))
        now = self._clock.now()
        for other, at in list(self._next_try.items()):  # threads share this
            if at <= now - RESTS:
                self._next_try.pop(other, None)
                self._unrecorded.pop(other, None)
        self._next_try[unit] = failure.retry_at or now + RESTS
        level = logging.WARNING if isinstance(error, PaperboyError) else logging.ERROR
        note(log, "unit failed", level=level, unit=unit, attempt=failure.attempts, reason=reason)
        return failure

    def report(self, unit: Unit, reason: str, retry_at: datetime | None = None) -> None:
        """Record a unit that cannot be done, or not before `retry_at`, without counting a try. Does not raise."""
        note(log, "unit reported", level=logging.WARNING, unit=unit, reason=reason)
        try:
            self._failures.report(unit, reason, retry_at, self._tell)
            self._known.add(unit)
        except Exception as refused:  # noqa: BLE001 - the store may be what failed
            note(log, "failure not recorded", level=logging.ERROR, unit=unit, error=reason_of(refused))

    def rests(self, unit: Unit) -> bool:
        """Whether the next try of a unit that failed here is not due yet; one that was given up is due after RESTS."""
        return unit in self._next_try and self._clock.now() < self._next_try[unit]

    def succeeded(self, unit: Unit) -> None:
        """Forget the failed tries of a unit. Does not raise."""
        self._unrecorded.pop(unit, None)
        failed_here = self._next_try.pop(unit, None) is not None
        try:
            if failed_here or unit in self._recorded():
                self._failures.clear(unit)
                self._known.discard(unit)
        except Exception as refused:  # noqa: BLE001 - the unit succeeded, whatever the store says
            note(log, "failure not cleared", level=logging.ERROR, unit=unit, error=reason_of(refused))

    def _recorded(self) -> set[Unit]:
        now = self._clock.now()
        if self._known_at is None or not now - _KNOWN_FOR <= self._known_at <= now:
            self._known, self._known_at = self._failures.units(), now
        return self._known


def reason_of(error: BaseException) -> str:
    """What failed, in one line for the owner.

    The text of one of our own errors, of the system's or of a database's; of any other exception only its type and the
    place in our code, because its text may contain a reader's words or a secret.
    """
    if isinstance(error, PaperboyError):
        return _one_line(str(error))
    cause = getattr(error, "orig", None)  # SQLAlchemy's errors carry the driver's
    # The first line of a driver's text has no values, except where it is about a value.
    if isinstance(cause, Exception) and type(error).__name__ != "DataError":
        return _one_line(f"database: {cause}")
    if isinstance(error, OSError) and isinstance(error.strerror, str) and error.strerror:
        return _one_line(error.strerror)
    return f"{type(error).__name__}{_place(error)}"


def _place(error: BaseException) -> str:
    """` in FILE:LINE` of the innermost frame in our code; "" if there is none."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if set(Path(frame.filename).parts) & set(_PACKAGES)]
    inner = next(iter(reversed(ours)), None)
    return f" in {Path(inner.filename).name}:{inner.lineno}" if inner else ""


def _one_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[0][:_REASON_CHARS]
