"""The day in its order: collect, merge, select, classify, arrange, close; then write, check, draw, publish."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
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
from workers.domain.calendar import RETRY, Calendar
from workers.domain.completions import Meter, Model, Usage
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
from workers.domain.ports import Clock, Editions, Source, SourceAnswers, Subscriptions, Texts
from workers.domain.units import section_unit, text_unit
from workers.factcheck.check import check
from workers.i18n import catalog_language
from workers.runtime.boundary import Boundary
from workers.runtime.heartbeat import keep_alive
from workers.runtime.logs import note

log = logging.getLogger(__name__)

LOOK_AGAIN_S = 0.5
"""Seconds between two looks at an edition or text that another process makes."""


class Writer(Protocol):
    """Writes an edition in one language; never raises because of a model."""

    def write(self, edition: Edition, language: Language) -> Digest: ...


OnProgress = Callable[[str, str], None]
"""Called with (step, figures) as each step ends."""


@dataclass(frozen=True)
class PipelineConfig:
    """The owner's choices: where papers come from, how they are selected, sorted and written."""

    sources: Sequence[Source]
    daily: frozenset[str]
    """Names of the sources that also have news on days without an edition."""
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
    """Seconds that a model may take to label a batch."""


@dataclass(frozen=True)
class PipelineContext:
    """Everything that making a digest uses: the owner's choices, the store's parts, the clock, a progress callback."""

    config: PipelineConfig
    editions: Editions
    texts: Texts
    source_answers: SourceAnswers
    subscriptions: Subscriptions
    clock: Clock
    boundary: Boundary
    on_progress: OnProgress


def make_day(day: date, languages: Sequence[Language], context: PipelineContext) -> Edition:
    """Make the edition of `day`, its texts in `languages` and the deliveries that are due; returns the edition.

    What exists already is found, so it is safe to run twice; after a crash the next run does what is missing. A text
    that fails costs that language alone and is tried again by a later run. Raises EditionFailed.
    """
    edition = find_or_make(day, context)
    for language in languages:
        context.boundary.run(text_unit(day, language), partial(find_or_write, edition, language, context))
    delivered = publish(context.subscriptions, context.editions.in_the_making, context.clock.now(), context.boundary)
    context.on_progress("publish", f"{delivered:,}")
    return edition


def find_or_make(day: date, context: PipelineContext) -> Edition:
    """The edition of `day`: the closed one, else made now, or waited for while another process makes one.

    Raises EditionFailed where nothing could be listed and a source is late, partial or failed.
    """
    while (edition := context.editions.get(day)) is None:
        attempt = context.editions.claim(day)
        if attempt is None:
            context.clock.sleep(LOOK_AGAIN_S)
        else:
            _make(day, attempt, context)
    return edition


def find_or_write(edition: Edition, language: Language, context: PipelineContext) -> Text:
    """The text of `edition` in `language`: the stored one, else written now, or waited for while another writes it."""
    while (stored := context.texts.get(edition.day, language)) is None:
        if context.texts.claim(edition.day):
            return _write(edition, language, context)
        context.clock.sleep(LOOK_AGAIN_S)
    return stored


def collect_ahead(day: date, source_name: str, context: PipelineContext) -> None:
    """Ask one source for its day and keep the answer for the edition; does nothing where it is complete already."""
    source = next((source for source in context.config.sources if source.name == source_name), None)
    kept = context.source_answers.kept(source_name, day)
    if source and (kept is None or kept.report.incomplete):
        context.source_answers.keep(day, ask(source, day, context.boundary), RETRY.total_seconds())


def _make(day: date, attempt: int, context: PipelineContext) -> None:
    """Make and close the edition of `day` under the lease of `attempt`. Raises EditionFailed or LeaseLost."""
    config, editions = context.config, context.editions

    def step(name: str, figures: str) -> None:
        check_lease()
        editions.note(day, attempt, name, figures)
        note(log, "step", day=day, attempt=attempt, name=name, figures=figures)
        context.on_progress(name, figures)

    with keep_alive(lambda: editions.renew(day, attempt), config.lease_s / 4) as check_lease:
        try:
            collected = collect(config.sources, day, _earlier(day, context), context.boundary)
            step("collect", " · ".join(f"{answer.report.name} {answer.report.entries:,}" for answer in collected))
            entries = [entry for answer in collected for entry in answer.entries]
            papers = merge(entries, (day.year, day.month))
            step("merge", f"{len(entries):,} → {len(papers):,}")
            known = dict(zip(papers, editions.history(papers), strict=True))
            selection = select(papers, known.__getitem__, config.weights, config.max_papers)
            step("select", f"{len(papers):,} → {len(selection.chosen):,}")
            meter = Meter()
            labels = _labels(selection.chosen, known, config, meter)
            ranked = arrange(selection.chosen, labels, config.categories)
            step("classify", f"{len(set(labels.values())):,}")
            _close(day, attempt, selection, ranked, collected, meter.total(), editions)
        except LeaseLost:
            raise
        except BaseException:
            editions.release(day, attempt, RETRY.total_seconds())
            raise


def _earlier(day: date, context: PipelineContext) -> Earlier:
    """The earlier days that the edition of `day` must include."""
    days_off = context.config.calendar.days_off_before(day)
    missed = context.source_answers.waiting(day)
    return Earlier(missed, dict.fromkeys(context.config.daily, days_off), context.source_answers.kept)


def _labels(
    chosen: Sequence[Paper], known: Mapping[Paper, KnownPaper | None], config: PipelineConfig, meter: Meter
) -> dict[Paper, str]:
    """The category of each chosen paper.

    A paper keeps the label of an earlier edition. New papers get the model's label, or the keyless one where there is
    no model or it gave none.
    """
    labels = {paper: earlier.label for paper in chosen if (earlier := known[paper]) and earlier.label}
    fresh = [paper for paper in chosen if paper not in labels]
    by_model = label(fresh, config.categories, config.model, config.label_s, meter) if config.model and fresh else {}
    labels |= {paper: by_model.get(place) or classify(paper, config.categories) for place, paper in enumerate(fresh)}
    return labels


def _close(
    day: date,
    attempt: int,
    selection: Selection,
    ranked: Sequence[RankedPaper],
    collected: Sequence[SourceAnswer],
    label_use: Usage,
    editions: Editions,
) -> None:
    incomplete = [answer.report for answer in collected if answer.report.incomplete]
    if not ranked and incomplete:
        editions.note_failure(day, attempt, collected)
        raise EditionFailed("; ".join(f"{report.name} {report.status}: {report.reason}" for report in incomplete))
    editions.close(day, attempt, selection, ranked, collected, label_use)


def _write(edition: Edition, language: Language, context: PipelineContext) -> Text:
    """Write, check, draw and store a text that this process has claimed, so that the model is asked by one process."""
    config, texts = context.config, context.texts

    def step(name: str, figures: str) -> None:
        context.editions.note(edition.day, None, name, figures)
        context.on_progress(name, figures)

    writer = config.writer or Extractive(config.categories, config.glossary, context.boundary)
    try:
        with keep_alive(lambda: texts.renew(edition.day), config.lease_s / 4):
            written = writer.write(edition, language)
            step("summarise", f"{len(written.papers):,}")
            checked = check(written, edition, config.glossary, context.boundary, catalog_language(language))
            step("check", f"{checked.model.dropped_claims:,}")
            chart = _chart(edition, language, context) if edition.ranked else None
            step("chart", f"{len(chart or b'') // 1024:,} KiB")
            whole = checked if chart else replace(checked, chart=None)
            return texts.save(edition.day, Text(whole, chart))
    finally:
        texts.release(edition.day)


def _chart(edition: Edition, language: Language, context: PipelineContext) -> bytes | None:
    """The chart as PNG; None if it cannot be drawn, then the digest comes without it."""
    unit = section_unit(edition.day, language, "chart")

    def drawn() -> bytes | None:
        return draw(edition, context.config.categories, language)

    return context.boundary.run_or(unit, drawn, None)
