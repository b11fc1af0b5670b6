"""Step 1: ask every source for the day, and for the days it failed before."""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

from workers.domain.errors import SourceError
from workers.domain.models import Collected, SourceReport
from workers.domain.ports import Source
from workers.logs import note

log = logging.getLogger(__name__)


def collect(sources: Sequence[Source], day: date, missed: Mapping[str, Sequence[date]]) -> list[Collected]:
    """One answer per source, in the order given; a source that fails is reported, never raised.

    Sources are asked at the same time, so that one that hangs delays nobody; the gate keeps arXiv's own pace.
    """
    if not sources:
        return []
    with ThreadPoolExecutor(max_workers=len(sources), thread_name_prefix="collect") as pool:
        return list(pool.map(lambda source: _ask(source, day, missed.get(source.name, ())), sources))


def _ask(source: Source, day: date, missed: Sequence[date]) -> Collected:
    """The day's answer, with what was missed: a dated source is asked again, an undated one shows it anyway."""
    today = _ask_day(source, day)
    if today.report.status == "failed" and not today.entries:
        return today
    if not source.dated:
        return today if today.report.status == "failed" else replace(today, made_up_days=tuple(missed))
    answers = {before: _ask_day(source, before) for before in missed}
    made_up = {before: answer for before, answer in answers.items() if answer.report.status != "failed"}
    if not made_up:
        return today
    entries = (*today.entries, *(entry for answer in made_up.values() for entry in answer.entries))
    told = "with " + ", ".join(map(str, made_up)) + ", missed then"
    report = SourceReport(
        name=source.name,
        status="failed" if today.report.status == "failed" else "ok" if entries else "quiet",
        entries=len(entries),
        dropped=today.report.dropped + sum(answer.report.dropped for answer in made_up.values()),
        reason="; ".join(filter(None, [today.report.reason, told])),
    )
    return Collected(report, entries, tuple(made_up))


def _ask_day(source: Source, day: date) -> Collected:
    try:
        answer = source.collect(day)
    except SourceError as error:
        answer = Collected(SourceReport(source.name, "failed", reason=str(error)))
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
