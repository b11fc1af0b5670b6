"""Reads a model's answer for some sections and checks each sentence against the papers that it names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, ValidationError

from workers.digest.classify_llm import bare_json
from workers.domain.models import SYNTHESIS_FIELDS, Claim, Language, RankedPaper
from workers.factcheck.check import Judge


@dataclass(frozen=True, slots=True)
class Task:
    """A section to write. `lines_only` is for the papers that are alone in their category and get no synthesis."""

    key: int
    papers: tuple[RankedPaper, ...]
    lines_only: bool = False


class _Claim(BaseModel):
    model_config = ConfigDict(allow_inf_nan=False)

    text: str
    papers: list[int]


class _Line(BaseModel):
    paper: int
    text: str


class _Section(BaseModel):
    """A model's answer for one section; papers have their numbers in the edition."""

    section: int
    themes: list[_Claim] = []
    keywords: list[_Claim] = []
    findings: list[_Claim] = []
    impact: list[_Claim] = []
    outlook: list[_Claim] = []
    tldrs: list[_Line] = []


class _Answer(BaseModel):
    sections: list[_Section]


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
    try:
        written: Mapping[int, _Section] = {
            section.section: section for section in reversed(_Answer.model_validate_json(bare_json(text)).sections)
        }
    except ValidationError:
        return {task.key: Draft(faults=["the answer is not the JSON that was asked for"]) for task in tasks}
    return {task.key: _judged(written.get(task.key), task, judge, language) for task in tasks}


def _judged(written: _Section | None, task: Task, judge: Judge, language: Language) -> Draft:
    draft, allowed = Draft(), frozenset(item.n for item in task.papers)
    if written is None:
        draft.faults.append(f"section {task.key} is missing")
        return draft
    for part in () if task.lines_only else SYNTHESIS_FIELDS:
        claims: list[_Claim] = getattr(written, part)
        for each in claims:
            claim = Claim(_line(each.text), tuple(dict.fromkeys(each.papers)))
            if faults := _faults(claim, allowed, judge, language):
                draft.faults.append(f"{part}, “{claim.text[:80]}”: {faults}")
            else:
                draft.claims[part].append(claim)
    for line in written.tldrs:
        claim = Claim(_line(line.text), (line.paper,))
        if faults := _faults(claim, allowed, judge, language):
            draft.faults.append(f"tldr of {line.paper}: {faults}")
        else:
            draft.lines.setdefault(line.paper, claim.text)
    return draft


def _faults(claim: Claim, allowed: frozenset[int], judge: Judge, language: Language) -> str:
    return "; ".join(judge.faults(claim, allowed, language)) if claim.text else "it is empty"


def _line(text: str) -> str:
    return " ".join(text.split())
