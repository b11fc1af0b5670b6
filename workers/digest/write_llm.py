"""With a model: write the edition in few calls, check each sentence, and use extracts where that fails."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TypeVar

from workers.digest.arrange import sections
from workers.digest.llm_draft import Draft, NothingSupported, judged
from workers.digest.llm_prompts import Task, repair_rules, write_prompt
from workers.digest.llm_repairs import Repairs, fitting
from workers.digest.write_extractive import HIGHLIGHTS, Extractive
from workers.domain.completions import Meter, Model, Prompt, Purpose, estimated_tokens
from workers.domain.errors import BudgetExceeded, ContextTooLong, ModelDown, ModelError, ModelRefused
from workers.domain.models import (
    SYNTHESIS_FIELDS,
    Claim,
    Digest,
    Edition,
    Language,
    ModelUse,
    Section,
    Synthesis,
)
from workers.domain.ports import SectionBoundary
from workers.domain.units import section_unit
from workers.factcheck.check import Judge
from workers.runtime.logs import note

log = logging.getLogger(__name__)
T = TypeVar("T")

MOST_CALLS = 8
"""Calls for one text without repairs, at most; where there are more sections, the smallest ones share a call."""
_CALLS_A_JOB = 2
"""The call, and one more for what its answer lacks."""
_MORE_CALLS = 6
"""For all halves of sections that were too long. A model that writes without an end writes so in every half."""
_MOST_DOWN = 2
"""Calls in which the model failed, after which it is not asked any more for this text."""
_FEWEST_CLAIMS = 2
"""A synthesis with fewer claims is replaced by the extractive one."""
_REPAIR_SHARE = 0.1
"""Tokens of the repair, as a share of those of the prompts and answers before it."""
_LEAST_REPAIR = 3_200
"""Tokens that the repair may have in any case."""

_LACKING = "It lacked these sections."
_NOT_READ = "It was not the JSON that was asked for, or no sentence of it was accepted."
"""What a second call says of the last answer."""
_MOST_REASONS = 10
"""Reasons that a second call gives, at most."""

Drafts = dict[int, Draft]
"""Key of a task → its draft."""


@dataclass(frozen=True)
class ModelWriter:
    """Writes an edition with a model; sections that fail or are not supported are taken from the extractive writer."""

    extractive: Extractive
    model: Model
    glossary: Mapping[str, str]
    deadline_s: float
    parallel: int
    context_tokens: int
    boundary: SectionBoundary
    now: Callable[[], float] = time.monotonic

    def write(self, edition: Edition, language: Language) -> Digest:
        """The digest of `edition`. A model that fails or takes longer than `deadline_s` raises nothing."""
        plain = self.extractive.write(edition, language)
        groups = sections(edition.ranked)
        tasks = [Task(place, tuple(group)) for place, group in enumerate(groups) if len(group) > 1]
        ones = tuple(group[0] for group in groups if len(group) == 1)
        tasks += [Task(len(groups), ones, lines_only=True)] if ones else []
        jobs, end = _jobs(tasks), self.now() + self.deadline_s
        most_calls = _CALLS_A_JOB * len(jobs) + _MORE_CALLS
        round_ = _Round(self, edition, language, Judge(edition, self.glossary), end, most_calls)
        drafts: Drafts = {}
        with ThreadPoolExecutor(self.parallel, thread_name_prefix="write") as pool:
            for written in pool.map(round_.job_or_none, jobs):
                drafts |= written
        round_.repair_or_not(drafts)
        labels = {group[0].label: place for place, group in enumerate(groups)}
        return _together(plain, drafts, labels, round_.bill(drafts))


@dataclass
class _Round:
    """The calls for one text. They run in threads, so what they share is changed under a lock."""

    writer: ModelWriter
    edition: Edition
    language: Language
    judge: Judge
    end: float
    calls_left: int
    meter: Meter = field(default_factory=Meter)
    tokens: int = 0
    """Of all prompts and usable answers, estimated, so that stored ones count too."""
    lost: int = 0
    """Sentences of answers of which none was supported."""
    down: int = 0
    stopped: ModelError | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def job_or_none(self, tasks: Sequence[Task]) -> Drafts:
        """The drafts of `tasks`; empty ones if what the model answered makes the job fail."""
        unit = section_unit(self.edition.day, self.language, tasks[0].papers[0].label)
        return self.writer.boundary.run_or(unit, lambda: self.job(tasks), {task.key: Draft() for task in tasks})

    def job(self, tasks: Sequence[Task]) -> Drafts:
        """The drafts of `tasks` by one call, and one more for sections that its answer lacks.

        Tasks too long for the model are halved; where the model fails, the drafts are empty.
        """
        drafts: Drafts = {task.key: Draft() for task in tasks}
        lacking = list(tasks)
        try:
            try:
                drafts |= self._ask(lacking, "")
                fault = _LACKING
            except NothingSupported as error:
                fault = " ".join([_NOT_READ, *(each.reasons for each in error.rejected[:_MOST_REASONS])])
            lacking = [task for task in tasks if drafts[task.key].is_empty and not drafts[task.key].rejected]
            if lacking:
                drafts |= self._ask(lacking, fault)
        except NothingSupported as error:
            with self.lock:
                self.lost += len(error.rejected)
        except ContextTooLong:
            return drafts | self._halves(lacking)
        except ModelError as error:
            note(log, "sections without the model", level=logging.WARNING, sections=len(lacking), error=error)
        return drafts

    def repair_or_not(self, drafts: Drafts) -> None:
        """Ask once for better sentences in place of those that were rejected; what fails again is dropped."""
        unit = section_unit(self.edition.day, self.language, "repairs")
        self.writer.boundary.run_or(unit, lambda: self._repair(drafts), None)

    def bill(self, drafts: Drafts) -> ModelUse:
        labelled, total, repairs = self.edition.label_use, self.meter.total(), self.meter.total(Purpose.REPAIR)
        both = labelled + total
        return ModelUse(
            name=", ".join(self.meter.models) or self.writer.model.name,
            calls=both.calls - repairs.calls,
            repairs=repairs.calls,
            input_tokens=both.input_tokens,
            output_tokens=both.output_tokens,
            cost_usd=round(both.cost_usd, 6),
            dropped_claims=self.lost + sum(bool(each.text) for draft in drafts.values() for each in draft.rejected),
        )

    def _halves(self, tasks: Sequence[Task]) -> Drafts:
        if len(tasks) > 1:
            half = len(tasks) // 2
            return self.job(tasks[:half]) | self.job(tasks[half:])
        (task,) = tasks
        if len(task.papers) == 1:
            return {task.key: Draft()}
        half = len(task.papers) // 2
        draft = self.job([replace(task, papers=task.papers[:half])])[task.key]
        draft.join(self.job([replace(task, papers=task.papers[half:])])[task.key])
        return {task.key: draft}

    def _repair(self, drafts: Drafts) -> None:
        papers = {item.n: item for item in self.edition.ranked}
        rejected = [each for draft in drafts.values() for each in draft.rejected]
        most_tokens = min(max(_LEAST_REPAIR, int(self.tokens * _REPAIR_SHARE)), self.writer.context_tokens // 2)
        rules_tokens = estimated_tokens(repair_rules(self.language))
        chosen = fitting(rejected, papers, most_tokens - rules_tokens)
        if not chosen:
            return
        repairs = Repairs(chosen, papers, self.language)
        try:
            mended = self._complete(repairs.prompt(), repairs.reader(self.judge))
        except ModelError as error:
            note(log, "no repair", level=logging.WARNING, sentences=len(chosen), error=error)
            return
        for draft in drafts.values():
            draft.mend(mended)

    def _ask(self, tasks: Sequence[Task], fault: str) -> Drafts:
        prompt = write_prompt(tasks, self.language, fault)
        if estimated_tokens(prompt.text) > self.writer.context_tokens:
            raise ContextTooLong("the sections are longer than model.context_tokens")
        return self._complete(prompt, lambda text: judged(text, tasks, self.judge, self.language))

    def _complete(self, prompt: Prompt, read: Callable[[str], T]) -> T:
        """Ask the model, unless it has failed too often for this text or was asked too often."""

        def counted(text: str) -> T:
            found = read(text)
            with self.lock:
                self.tokens += estimated_tokens(prompt.text + text)
            return found

        with self.lock:
            if self.stopped:
                raise self.stopped
            if not self.calls_left:
                raise ModelDown("no more calls for this text: its answers are too long, or do not end")
            self.calls_left -= 1
        try:
            return self.writer.model.complete(prompt, counted, self.end - self.writer.now(), self.meter)
        except (ModelDown, ModelRefused, BudgetExceeded) as error:
            with self.lock:
                self.down += 1
                if self.down == _MOST_DOWN or not isinstance(error, ModelDown):
                    self.stopped = error
            raise


def _jobs(tasks: Sequence[Task]) -> list[list[Task]]:
    """The tasks of each call: one task, or several of the smallest where there are more than MOST_CALLS."""
    jobs = [[task] for task in tasks]
    while len(jobs) > MOST_CALLS:
        jobs.sort(key=lambda job: -sum(len(task.papers) for task in job))
        last = jobs.pop()
        jobs[-1] += last
    return jobs


def _together(plain: Digest, drafts: Drafts, keys: Mapping[str, int], bill: ModelUse) -> Digest:
    """The extractive digest with the model's sections, lines and highlights in place of its own."""
    lines = {n: text for draft in drafts.values() for n, text in draft.lines.items()}
    written = tuple(_section(section, drafts.get(keys[section.category]), lines) for section in plain.sections)
    return replace(
        plain,
        sections=written,
        papers=tuple(replace(paper, tldr=lines.get(paper.n, paper.tldr)) for paper in plain.papers),
        highlights=_highlights(written) or plain.highlights,
        model=bill,
    )


def _section(section: Section, draft: Draft | None, lines: Mapping[int, str]) -> Section:
    """The section with the model's synthesis if that has findings and enough claims; else as it was.

    A section without a synthesis counts as the model's if the model wrote the lines of all its papers.
    """
    if section.synthesis is None:
        return replace(section, extractive=not lines.keys() >= set(section.papers))
    if draft is None:
        return section
    if not draft.claims["findings"] or sum(map(len, draft.claims.values())) < _FEWEST_CLAIMS:
        return section
    return replace(
        section, synthesis=Synthesis(**{part: tuple(draft.claims[part]) for part in SYNTHESIS_FIELDS}), extractive=False
    )


def _highlights(written: Sequence[Section]) -> tuple[Claim, ...]:
    """One finding, preferably with a number, of each of the largest sections that the model wrote.

    Empty where the model wrote fewer than HIGHLIGHTS sections. Makes no call.
    """
    best = []
    for section in written:
        if section.synthesis and not section.extractive:
            findings = section.synthesis.findings
            best.append(next((claim for claim in findings if any(map(str.isdigit, claim.text))), findings[0]))
    return tuple(best[:HIGHLIGHTS]) if len(best) >= HIGHLIGHTS else ()
