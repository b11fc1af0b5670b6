"""The day in its order: collect, merge, select, classify, arrange, close; then write, check, draw, publish."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from workers.digest.arrange import arrange
from workers.digest.chart import draw
from workers.digest.classify import classify
from workers.digest.classify_llm import label
from workers.digest.collect import Earlier, ask, collect
from workers.digest.merge import merge
from workers.digest.publish import publish
from workers.digest.select import Weights, select
from workers.digest.write_extractive import Extractive
from workers.domain.calendar import Calendar
from workers.domain.completions import Model
from workers.domain.errors import EditionFailed, LeaseLost
from workers.domain.models import (
    Category,
    Digest,
    Edition,
    KnownPaper,
    Language,
    Paper,
    RankedPaper,
    Selection,
    SourceAnswer,
    Text,
)
from workers.domain.ports import Clock, Editions, Source, SourceAnswers, Subscriptions
from workers.factcheck.check import check
from workers.runtime.heartbeat import keep_alive
from workers.runtime.logs import note

log = logging.getLogger(__name__)

LOOK_AGAIN_S = 0.5
RETRY_S = 600.0
"""Seconds until an edition without any answer is tried again by itself."""


class Writer(Protocol):
    """Writes an edition in one language; never raises for what a model does."""

    def write(self, edition: Edition, language: Language) -> Digest: ...


OnProgress = Callable[[str, str], None]
"""Called with (step, figures) as each step ends."""


@dataclass(frozen=True)
class PipelineConfig:
    """What the owner settled: where papers come from, how they are chosen and sorted."""

    sources: Sequence[Source]
    daily: frozenset[str]
    """Names of the sources that have news on days without an edition too."""
    calendar: Calendar
    categories: Sequence[Category]
    glossary: Mapping[str, str]
    weights: Weights
    max_papers: int
    lease_s: float
    model: Model | None = None
    writer: Writer | None = None
    """Writes the texts; without one the extractive writer does."""
    label_s: float = 120.0
    """Seconds a model may take to label a batch."""


def find_or_make(
    day: date,
    plan: PipelineConfig,
    editions: Editions,
    collections: SourceAnswers,
    clock: Clock,
    on_progress: OnProgress,
) -> Edition:
    """The edition of `day`: found where it is closed, made where no other is under way, else waited for.

    Raises EditionFailed when nothing could be listed and a source failed.
    """
    while (edition := editions.get(day)) is None:
        attempt = editions.claim(day)
        if attempt is None:
            clock.sleep(LOOK_AGAIN_S)
        else:
            make(day, attempt, plan, editions, collections, on_progress)
    return edition


def make(
    day: date,
    attempt: int,
    plan: PipelineConfig,
    editions: Editions,
    collections: SourceAnswers,
    on_progress: OnProgress,
) -> None:
    """Make and close the edition of `day` under the lease `attempt`. Raises EditionFailed or LeaseLost."""

    def step(name: str, figures: str) -> None:
        lost()
        editions.note(day, attempt, name, figures)
        note(log, "step", day=day, attempt=attempt, name=name, figures=figures)
        on_progress(name, figures)

    with keep_alive(lambda: editions.renew(day, attempt), plan.lease_s / 4) as lost:
        try:
            collected = collect(plan.sources, day, _earlier(day, plan, collections))
            step("collect", " · ".join(f"{answer.report.name} {answer.report.entries:,}" for answer in collected))
            entries = [entry for answer in collected for entry in answer.entries]
            papers = merge(entries, (day.year, day.month))
            step("merge", f"{len(entries):,} → {len(papers):,}")
            past = dict(zip(papers, editions.history(papers), strict=True))
            selection = select(papers, past.__getitem__, plan.weights, plan.max_papers)
            step("select", f"{len(papers):,} → {len(selection.chosen):,}")
            labelled = _labelled(selection.chosen, past, plan)
            placed = arrange(labelled, plan.categories)
            step("classify", f"{len({label for _, label in labelled}):,}")
            _close(day, attempt, selection, placed, collected, editions)
        except LeaseLost:
            raise
        except BaseException:
            editions.release(day, attempt, RETRY_S)
            raise


def _earlier(day: date, plan: PipelineConfig, collections: SourceAnswers) -> Earlier:
    off = plan.calendar.days_off_before(day)
    return Earlier(collections.waiting(day), dict.fromkeys(plan.daily, off), collections.kept)


def _labelled(
    chosen: Sequence[Paper], past: Mapping[Paper, KnownPaper | None], plan: PipelineConfig
) -> list[tuple[Paper, str]]:
    """A paper keeps the label it got, whoever gave it; new ones are the model's, where there is one, else keyless."""
    known = {paper: keep_alive.label for paper in chosen if (keep_alive := past[paper]) and keep_alive.label}
    fresh = [paper for paper in chosen if paper not in known]
    told = label(fresh, plan.categories, plan.model, plan.label_s) if plan.model and fresh else {}
    known |= {paper: told.get(place) or classify(paper, plan.categories) for place, paper in enumerate(fresh)}
    return [(paper, known[paper] or plan.categories[-1].name) for paper in chosen]


def _close(
    day: date,
    attempt: int,
    selection: Selection,
    placed: Sequence[RankedPaper],
    collected: Sequence[SourceAnswer],
    editions: Editions,
) -> None:
    faults = [answer.report for answer in collected if answer.report.status == "failed"]
    if not placed and faults:
        editions.note_failure(day, attempt, collected)
        raise EditionFailed("; ".join(f"{report.name}: {report.reason}" for report in faults))
    editions.close(day, attempt, selection, placed, collected)


def collect_ahead(day: date, name: str, plan: PipelineConfig, collections: SourceAnswers) -> None:
    """Ask one source for its day and keep the answer for the edition; does nothing where it is kept already."""
    source = next((each for each in plan.sources if each.name == name), None)
    if source and collections.kept(name, day) is None:
        collections.keep(day, ask(source, day), RETRY_S)


def find_or_write(
    edition: Edition,
    language: Language,
    plan: PipelineConfig,
    editions: Editions,
    clock: Clock,
    on_progress: OnProgress,
) -> Text:
    """The text of `edition` in `language`: the stored one, else written now, or waited for where another writes it."""
    while (stored := editions.text(edition.day, language)) is None:
        if editions.claim_text(edition.day):
            return _write(edition, language, plan, editions, on_progress)
        clock.sleep(LOOK_AGAIN_S)
    return stored


def _write(
    edition: Edition, language: Language, plan: PipelineConfig, editions: Editions, on_progress: OnProgress
) -> Text:
    """Write, check, draw and store; a model is asked by one process at a time."""

    def step(name: str, figures: str) -> None:
        editions.note(edition.day, None, name, figures)
        on_progress(name, figures)

    with keep_alive(lambda: editions.renew_text(edition.day), plan.lease_s / 4):
        written = (plan.writer or Extractive(plan.categories, plan.glossary)).write(edition, language)
        step("summarise", f"{len(written.papers):,}")
        checked = check(written, edition, plan.glossary)
        step("check", f"{checked.model.dropped_claims:,}")
        chart = draw(edition, plan.categories, language) if edition.placed else None
        step("chart", f"{len(chart or b'') // 1024:,} KiB")
        kept = editions.save_text(edition.day, Text(checked, chart))
    editions.release_text(edition.day)
    return kept


def day_of(
    day: date,
    languages: Sequence[Language],
    plan: PipelineConfig,
    editions: Editions,
    collections: SourceAnswers,
    subscriptions: Subscriptions,
    clock: Clock,
    on_progress: OnProgress,
) -> Edition:
    """The whole way of one day, up to the deliveries. Safe to run twice; a crash leaves what is done and no more."""
    edition = find_or_make(day, plan, editions, collections, clock, on_progress)
    for language in languages:
        find_or_write(edition, language, plan, editions, clock, on_progress)
    on_progress("publish", f"{publish(subscriptions, editions.in_the_making, clock.now()):,}")
    return edition
