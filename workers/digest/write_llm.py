"""With a model: write the edition in few calls, check each sentence, and use extracts where that fails."""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date

from workers.digest.arrange import sections
from workers.digest.llm_draft import Draft, Task, judged
from workers.digest.llm_prompts import SHAPE, rules
from workers.digest.write_extractive import HIGHLIGHTS, Extractive
from workers.domain.completions import Model, Prompt, Usage, estimated_tokens
from workers.domain.errors import ContextTooLong, ModelDown, ModelError
from workers.domain.models import SYNTHESIS_FIELDS, Claim, Digest, Edition, Language, ModelUse, Section, Synthesis
from workers.domain.ports import SectionBoundary
from workers.domain.units import section_unit
from workers.factcheck.check import Judge
from workers.runtime.logs import note
from workers.text.latex import readable

log = logging.getLogger(__name__)

VERSION = 1
"""Version of prompt and check; a new one keeps stored answers to the old prompt from being used."""
MOST_CALLS = 8
"""Calls for one text without repairs, at most; where there are more sections, the smallest ones share a call."""
_CALLS_A_JOB = 2
"""The call and its repair."""
_MORE_CALLS = 6
"""For all halves of sections that were too long. A model that writes without an end writes so in every half."""
_FEWEST_CLAIMS = 2
"""A synthesis with fewer claims is replaced by the extractive one."""
_MOST_REASONS = 40
"""Faults that a repair lists, at most."""

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
        round_ = _Round(self, edition.day, language, Judge(edition, self.glossary), end, most_calls)
        drafts: Drafts = {}
        with ThreadPoolExecutor(self.parallel, thread_name_prefix="write") as pool:
            for written in pool.map(round_.job_or_none, jobs):
                drafts |= written
        labels = {group[0].label: place for place, group in enumerate(groups)}
        return _together(plain, drafts, labels, round_.bill(self.model.name, drafts))


@dataclass
class _Round:
    """The calls for one text, and what they cost. Calls run in threads, so the costs are added under a lock."""

    writer: ModelWriter
    day: date
    language: Language
    judge: Judge
    end: float
    calls_left: int
    first: Usage = field(default_factory=Usage)
    repairs: Usage = field(default_factory=Usage)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def job_or_none(self, tasks: Sequence[Task]) -> Drafts:
        """The drafts of `tasks`; empty ones if what the model answered makes the job fail."""
        unit = section_unit(self.day, self.language, tasks[0].papers[0].label)
        return self.writer.boundary.run_or(unit, lambda: self.job(tasks), {task.key: Draft() for task in tasks})

    def job(self, tasks: Sequence[Task]) -> Drafts:
        """The drafts of `tasks` by one call and at most one repair.

        Tasks too long for the model are halved; where the model fails, the drafts are empty.
        """
        try:
            drafts = self._ask(tasks, "")
        except ContextTooLong:
            return self._halves(tasks)
        except ModelError as error:
            note(log, "sections without the model", level=logging.WARNING, sections=len(tasks), error=error)
            return {task.key: Draft() for task in tasks}
        self._repair(tasks, drafts)
        return drafts

    def bill(self, name: str, drafts: Drafts) -> ModelUse:
        both = self.first + self.repairs
        return ModelUse(
            name=name,
            calls=self.first.calls,
            repairs=self.repairs.calls,
            input_tokens=both.input_tokens,
            output_tokens=both.output_tokens,
            cost_usd=round(both.cost_usd, 6),
            dropped_claims=sum(len(draft.faults) for draft in drafts.values()),
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

    def _repair(self, tasks: Sequence[Task], drafts: Drafts) -> None:
        """Ask once more for what was rejected or is missing, with the reasons; what fails again is dropped."""
        faulty = [task for task in tasks if drafts[task.key].faults or _missing(task, drafts[task.key])]
        if not faulty:
            return
        reasons = [fault for task in faulty for fault in [*drafts[task.key].faults, *_missing(task, drafts[task.key])]]
        try:
            repaired = self._ask(faulty, "\n".join(f"- {reason}" for reason in reasons[:_MOST_REASONS]))
        except ModelError as error:
            note(log, "no repair", level=logging.WARNING, sections=len(faulty), error=error)
            return
        for task in faulty:
            drafts[task.key].mend(repaired[task.key])

    def _ask(self, tasks: Sequence[Task], reasons: str) -> Drafts:
        prompt = _prompt(tasks, self.language, reasons)
        if estimated_tokens(prompt.rules + prompt.material) > self.writer.context_tokens:
            raise ContextTooLong("the sections are longer than model.context_tokens")
        with self.lock:
            if not self.calls_left:
                raise ModelDown("no more calls for this text: its answers are too long, or do not end")
            self.calls_left -= 1
        answer = self.writer.model.complete(prompt, self.end - self.writer.now())
        with self.lock:
            if reasons:
                self.repairs = self.repairs + answer.usage
            else:
                self.first = self.first + answer.usage
        return judged(answer.text, tasks, self.judge, self.language)


def _jobs(tasks: Sequence[Task]) -> list[list[Task]]:
    """The tasks of each call: one task, or several of the smallest where there are more than MOST_CALLS."""
    jobs = [[task] for task in tasks]
    while len(jobs) > MOST_CALLS:
        jobs.sort(key=lambda job: -sum(len(task.papers) for task in job))
        last = jobs.pop()
        jobs[-1] += last
    return jobs


def _missing(task: Task, draft: Draft) -> list[str]:
    return [f"no tldr of paper {item.n}" for item in task.papers if item.n not in draft.lines]


def _prompt(tasks: Sequence[Task], language: Language, reasons: str) -> Prompt:
    wanted = [
        {
            "section": task.key,
            "write": "tldrs only: leave the five lists empty" if task.lines_only else "the five lists and the tldrs",
            "papers": [
                {"paper": item.n, "title": item.paper.title, "abstract": readable(item.paper.abstract)}
                for item in task.papers
            ],
        }
        for task in tasks
    ]
    material = {"version": VERSION, "sections": wanted, **({"rejected": reasons} if reasons else {})}
    purpose = "repair" if reasons else "write"
    return Prompt(purpose, rules(language), json.dumps(material, ensure_ascii=False), "digest", SHAPE)


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
