"""Step 1: ask every source for the day, and for the earlier days that no edition has."""

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date

from workers.domain.errors import SourceError
from workers.domain.models import SourceAnswer, SourceReport
from workers.domain.ports import Source
from workers.runtime.logs import note

log = logging.getLogger(__name__)


def _nothing(_source: str, _day: date) -> SourceAnswer | None:
    return None


@dataclass(frozen=True, slots=True)
class Earlier:
    """What else an edition takes in: source name → days that it `missed`; `off`, the days without an edition.

    `kept` gives an answer that was collected before and has been in no edition.
    """

    missed: Mapping[str, Sequence[date]] = field(default_factory=dict)
    off: Mapping[str, Sequence[date]] = field(default_factory=dict)
    kept: Callable[[str, date], SourceAnswer | None] = _nothing


def collect(sources: Sequence[Source], day: date, earlier: Earlier | None = None) -> list[SourceAnswer]:
    """One answer per source, in the order given; a source that fails is reported, never raised.

    Sources are asked at the same time, so that one that hangs delays nobody; the gate keeps arXiv's own pace.
    """
    if not sources:
        return []
    with ThreadPoolExecutor(max_workers=len(sources), thread_name_prefix="collect") as pool:
        return list(pool.map(lambda source: _gather(source, day, earlier or Earlier()), sources))


def ask(source: Source, day: date) -> SourceAnswer:
    """The source's answer for one day; a failure is a report, never raised."""
    try:
        answer = source.collect(day)
    except SourceError as error:
        answer = SourceAnswer(SourceReport(source.name, "failed", reason=str(error)))
    report = answer.report
    note(
        log,
        "collected",
        level=logging.WARNING if report.status == "failed" else logging.INFO,
        source=report.name,
        day=day,
        status=report.status,
        entries=report.entries,
        reason=report.reason or "-",
    )
    return answer


def _gather(source: Source, day: date, earlier: Earlier) -> SourceAnswer:
    """The day's answer with the earlier days': a dated source is asked for them, an undated one shows them anyway."""
    today = earlier.kept(source.name, day) or ask(source, day)
    dead = today.report.status == "failed" and not today.entries
    missed, off = earlier.missed.get(source.name, ()), earlier.off.get(source.name, ())
    answers: dict[date, SourceAnswer] = {}
    for before in sorted({*missed, *off}):
        kept = earlier.kept(source.name, before)
        if kept:
            answers[before] = kept
        elif source.dated and not dead:
            answers[before] = ask(source, before)
        elif not source.dated and today.report.status != "failed":
            answers[before] = SourceAnswer(SourceReport(source.name, "quiet"))
    return _together(today, answers, off)


def _together(today: SourceAnswer, answers: Mapping[date, SourceAnswer], off: Sequence[date]) -> SourceAnswer:
    brought = {before: answer for before, answer in answers.items() if answer.report.status != "failed"}
    entries = (*today.entries, *(entry for answer in brought.values() for entry in answer.entries))
    late = ", ".join(str(before) for before, answer in brought.items() if before not in off and answer.entries)
    reasons = [today.report.reason, f"with {late}, missed then" if late else None]
    report = SourceReport(
        name=today.report.name,
        status="failed" if today.report.status == "failed" else "ok" if entries else "quiet",
        entries=len(entries),
        dropped=today.report.dropped + sum(answer.report.dropped for answer in brought.values()),
        reason="; ".join(filter(None, reasons)) or None,
    )
    return SourceAnswer(report, entries, tuple(brought), tuple(before for before in answers if before not in brought))
