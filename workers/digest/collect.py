"""Ask every source for the day, and for earlier days that are in no edition yet."""

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
    """The earlier days that an edition has to include."""

    missed: Mapping[str, Sequence[date]] = field(default_factory=dict)
    """Source name → days on which it failed or was not asked."""
    off: Mapping[str, Sequence[date]] = field(default_factory=dict)
    """Source name → days that have no edition of their own."""
    kept: Callable[[str, date], SourceAnswer | None] = _nothing
    """(source name, day) → the answer that was collected before, unless an edition has used it."""


def collect(sources: Sequence[Source], day: date, earlier: Earlier | None = None) -> list[SourceAnswer]:
    """One answer for each source, in the given order. A source that fails is a report; nothing is raised.

    All sources are asked at the same time, so that a slow one delays no other; the gate limits requests to arXiv.
    """
    if not sources:
        return []
    with ThreadPoolExecutor(max_workers=len(sources), thread_name_prefix="collect") as pool:
        return list(pool.map(lambda source: _gather(source, day, earlier or Earlier()), sources))


def ask(source: Source, day: date) -> SourceAnswer:
    """The source's answer for one day. A failure is a report; nothing is raised."""
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
    """The day's answer together with those of the earlier days.

    A dated source is asked for each earlier day, unless it gave nothing for the day itself. An undated source shows
    its past days in the day's answer, so they count as answered.
    """
    today = earlier.kept(source.name, day) or ask(source, day)
    gave_nothing = today.report.status == "failed" and not today.entries
    missed, off = earlier.missed.get(source.name, ()), earlier.off.get(source.name, ())
    answers: dict[date, SourceAnswer] = {}
    for before in sorted({*missed, *off}):
        kept = earlier.kept(source.name, before)
        if kept:
            answers[before] = kept
        elif source.dated and not gave_nothing:
            answers[before] = ask(source, before)
        elif not source.dated and today.report.status != "failed":
            answers[before] = SourceAnswer(SourceReport(source.name, "quiet"))
    return _together(today, answers, off)


def _together(today: SourceAnswer, answers: Mapping[date, SourceAnswer], off: Sequence[date]) -> SourceAnswer:
    """One answer for all days. Its reason names the missed days that are in it; days off are not named."""
    answered = {before: answer for before, answer in answers.items() if answer.report.status != "failed"}
    entries = (*today.entries, *(entry for answer in answered.values() for entry in answer.entries))
    late = ", ".join(str(before) for before, answer in answered.items() if before not in off and answer.entries)
    reasons = [today.report.reason, f"with {late}, missed then" if late else None]
    report = SourceReport(
        name=today.report.name,
        status="failed" if today.report.status == "failed" else "ok" if entries else "quiet",
        entries=len(entries),
        dropped=today.report.dropped + sum(answer.report.dropped for answer in answered.values()),
        reason="; ".join(filter(None, reasons)) or None,
    )
    failed = tuple(before for before in answers if before not in answered)
    return SourceAnswer(report, entries, earlier=tuple(answered), lacking=failed)
