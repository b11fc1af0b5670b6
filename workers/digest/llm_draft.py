"""Reads a model's answer for some sections and checks each sentence against the papers that it names."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator

from workers.domain.models import SYNTHESIS_FIELDS, Claim, Language, RankedPaper
from workers.factcheck.check import Judge
from workers.text.matching import matching_key
from workers.text.model_json import items, readable_text


@dataclass(frozen=True, slots=True)
class Task:
    """A section to write. `lines_only` is for the papers that are alone in their category and get no synthesis."""

    key: int
    papers: tuple[RankedPaper, ...]
    lines_only: bool = False


def _numbers(value: Any) -> list[int]:
    """Papers' numbers, also where a model writes one number, or numbers as a text, instead of a list.

    No edition has papers with five digits.
    """
    written = value if isinstance(value, list) else [value]
    texts = [str(each) for each in written if isinstance(each, (int, str)) and not isinstance(each, bool)]
    return [int(n) for text in texts for n in re.findall(r"(?<![-\d])\d{1,4}(?!\d)", text)]


def _entries(value: Any, key: str) -> list[Mapping[str, Any]]:
    """The entries of a list, also where a model writes one entry, texts, null, or a mapping from `key` to texts."""
    if isinstance(value, Mapping) and "text" not in value:
        value = [{key: name, "text": text} for name, text in value.items()]
    written = value if isinstance(value, list) else [] if value is None else [value]
    return [each if isinstance(each, Mapping) else {"text": each} for each in written]


_Text = Annotated[str, BeforeValidator(readable_text)]


class _Claim(BaseModel):
    text: _Text = ""
    papers: Annotated[list[int], BeforeValidator(_numbers)] = []


class _Line(BaseModel):
    paper: Annotated[list[int], BeforeValidator(_numbers)] = []
    text: _Text = ""


_Claims = Annotated[list[_Claim], BeforeValidator(lambda value: _entries(value, "papers"))]


class _Section(BaseModel):
    """A model's answer for one section; papers have their numbers in the edition."""

    section: Annotated[list[int], BeforeValidator(_numbers)] = []
    themes: _Claims = []
    keywords: _Claims = []
    findings: _Claims = []
    impact: _Claims = []
    outlook: _Claims = []
    tldrs: Annotated[list[_Line], BeforeValidator(lambda value: _entries(value, "paper"))] = []


@dataclass
class Draft:
    """The supported claims and lines of a section, and the faults of the others."""

    claims: dict[str, list[Claim]] = field(default_factory=lambda: {part: [] for part in SYNTHESIS_FIELDS})
    lines: dict[int, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def join(self, other: "Draft") -> None:
        """Add the draft of the other half of the same section."""
        for part in SYNTHESIS_FIELDS:
            self.claims[part] += other.claims[part]
        self.lines |= {n: text for n, text in other.lines.items() if n not in self.lines}
        self.faults += other.faults

    def mend(self, other: "Draft") -> None:
        """Fill the parts and lines that are empty from a second answer, whose faults replace those of the first."""
        for part in SYNTHESIS_FIELDS:
            self.claims[part] = self.claims[part] or other.claims[part]
        self.lines |= {n: text for n, text in other.lines.items() if n not in self.lines}
        self.faults = other.faults


def judged(text: str, tasks: Sequence[Task], judge: Judge, language: Language) -> dict[int, Draft]:
    """Task key → draft, with a fault where the answer lacks the section; the first answer for a section counts."""
    sections = [_Section.model_validate(each) for each in items(text, "sections", "section") if _is_section(each)]
    if not sections:
        return {task.key: Draft(faults=["the answer is not the JSON that was asked for"]) for task in tasks}
    written: dict[int, _Section] = {}
    for section in sections:
        numbers = section.section or ([tasks[0].key] if len(tasks) == len(sections) == 1 else [])
        for number in numbers[:1]:
            written.setdefault(number, section)
    return {task.key: _judged(written.get(task.key), task, judge, language) for task in tasks}


def _is_section(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value.keys() & {"tldrs", *SYNTHESIS_FIELDS})


def _judged(written: _Section | None, task: Task, judge: Judge, language: Language) -> Draft:
    draft, allowed = Draft(), frozenset(item.n for item in task.papers)
    if written is None:
        draft.faults.append(f"section {task.key} is missing")
        return draft
    for part in () if task.lines_only else SYNTHESIS_FIELDS:
        claims: list[_Claim] = getattr(written, part)
        for each in claims:
            papers = each.papers or (_papers_with(each.text, task) if part == "keywords" else [])
            claim = Claim(each.text, tuple(dict.fromkeys(papers)))
            if faults := _faults(claim, allowed, judge, language):
                draft.faults.append(f"{part}, “{claim.text[:80]}”: {faults}")
            else:
                draft.claims[part].append(claim)
    for line in written.tldrs:
        claim = Claim(line.text, tuple(line.paper[:1]))
        if faults := _faults(claim, allowed, judge, language):
            draft.faults.append(f"tldr of {', '.join(map(str, claim.papers))}: {faults}")
        else:
            draft.lines.setdefault(claim.papers[0], claim.text)
    return draft


def _faults(claim: Claim, allowed: frozenset[int], judge: Judge, language: Language) -> str:
    return "; ".join(judge.faults(claim, allowed, language)) if claim.text else "it is empty"


def _papers_with(keyword: str, task: Task) -> list[int]:
    """The papers whose title or abstract has the keyword, for a model that names none."""
    key = matching_key(keyword)
    return [item.n for item in task.papers if key in matching_key(f"{item.paper.title} {item.paper.abstract}")]
