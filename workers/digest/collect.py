"""Ask every source for the day, and for earlier days that are in no edition yet."""

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import partial

from workers.domain.models import SourceAnswer, SourceReport
from workers.domain.ports import Source
from workers.domain.source_answers import joined
from workers.domain.units import Failure, Unit, UnitKind
from workers.runtime.boundary import Boundary
from workers.runtime.logs import note

log = logging.getLogger(__name__)


def _nothing(_source: str, _day: date) -> SourceAnswer | None:
    return None


@dataclass(frozen=True, slots=True)
class Earlier:
    """The earlier days that an edition has to include."""

    missed: Mapping[str, Sequence[date]] = field(default_factory=dict)
    """Source name → days of which papers may be missing, or on which it was not asked."""
    off: Mapping[str, Sequence[date]] = field(default_factory=dict)
    """Source name → days that have no edition of their own."""
    kept: Callable[[str, date], SourceAnswer | None] = _nothing
    """(source name, day) → the answer that was collected before, unless an edition has used it."""


def collect(sources: Sequence[Source], day: date, earlier: Earlier, boundary: Boundary) -> list[SourceAnswer]:
    """One answer for each source, in the given order. A source that fails is a report. Raises SettingsError only.

    All sources are asked at the same time, so that a slow one delays no other; the gate limits requests to arXiv.
    """
    if not sources:
        return []
    with ThreadPoolExecutor(max_workers=len(sources), thread_name_prefix="collect") as pool:
        return list(pool.map(lambda source: _gather(source, day, earlier, boundary), sources))


def ask(source: Source, day: date, boundary: Boundary) -> SourceAnswer:
    """The source's answer for one day. A failure of any kind is a report. Raises SettingsError only."""
    answer = boundary.run(Unit(UnitKind.SOURCE, source.name), partial(source.collect, day))
    if isinstance(answer, Failure):
        answer = SourceAnswer(SourceReport(source.name, "failed", reason=answer.reason))
    report = answer.report
    note(
        log,
        "collected",
        level=logging.WARNING if report.incomplete else logging.INFO,
        source=report.name,
        day=day,
        status=report.status,
        entries=report.entries,
        reason=report.reason or "-",
    )
    return answer


def _gather(source: Source, day: date, earlier: Earlier, boundary: Boundary) -> SourceAnswer:
    """The day's answer together with those of the earlier days.

    A kept answer that is incomplete is asked again and joined. A dated source is asked for each earlier day, unless it
    failed and gave nothing for the day itself. An undated source shows its past days in the day's answer, so they
    count as answered.
    """
    today = _whole(source, day, earlier, boundary)
    gave_nothing = today.report.status == "failed" and not today.entries
    missed, off = earlier.missed.get(source.name, ()), earlier.off.get(source.name, ())
    answers: dict[date, SourceAnswer] = {}
    for before in sorted({*missed, *off}):
        kept = earlier.kept(source.name, before)
        if source.dated and not gave_nothing:
            answers[before] = _whole(source, before, earlier, boundary)
        elif kept:
            answers[before] = kept
        elif not source.dated and today.report.status != "failed":
            answers[before] = SourceAnswer(SourceReport(source.name, "quiet"))
    return _together(today, answers, off)


def _whole(source: Source, day: date, earlier: Earlier, boundary: Boundary) -> SourceAnswer:
    """The kept answer if it is complete; else the source is asked, and what was kept is joined with its answer."""
    kept = earlier.kept(source.name, day)
    if kept is None:
        return ask(source, day, boundary)
    return joined(kept, ask(source, day, boundary)) if kept.report.incomplete else kept


def _together(today: SourceAnswer, answers: Mapping[date, SourceAnswer], off: Sequence[date]) -> SourceAnswer:
    """One answer for all days. Its reason names the missed days that are in it; days off are not named."""
    complete = tuple(before for before, answer in answers.items() if not answer.report.incomplete)
    entries = (*today.entries, *(entry for answer in answers.values() for entry in answer.entries))
    late = ", ".join(str(before) for before, answer in answers.items() if before not in off and answer.entries)
    reasons = [today.report.reason, f"with {late}, missed then" if late else None]
    report = SourceReport(
        name=today.report.name,
        status=today.report.status if today.report.incomplete else "ok" if entries else "quiet",
        entries=len(entries),
        dropped=today.report.dropped + sum(answer.report.dropped for answer in answers.values()),
        reason="; ".join(filter(None, reasons)) or None,
    )
    lacking = tuple(before for before in answers if before not in complete)
    return SourceAnswer(report, entries, earlier=complete, lacking=lacking, missing=today.missing)
