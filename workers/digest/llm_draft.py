"""A model's answer for some sections, each sentence of it held against the papers it names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, ValidationError

from workers.digest.classify_llm import bare_json
from workers.domain.models import SYNTHESIS_FIELDS, Claim, Language, RankedPaper
from workers.factcheck.check import Judge


@dataclass(frozen=True, slots=True)
class Task:
    """A section to write; `lines_only` for papers that stand one to a category and get no synthesis."""

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
    """What a model answers for one section; the numbers of papers are the edition's."""

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
    """What of a section stands, and why the rest does not."""

    claims: dict[str, list[Claim]] = field(default_factory=lambda: {part: [] for part in SYNTHESIS_FIELDS})
    lines: dict[int, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def join(self, other: "Draft") -> None:
        """The other half of one section."""
        for part in SYNTHESIS_FIELDS:
            self.claims[part] += other.claims[part]
        self.lines |= {n: text for n, text in other.lines.items() if n not in self.lines}
        self.faults += other.faults

    def mend(self, other: "Draft") -> None:
        """A second answer to the same: it fills the parts and lines that the first one left empty."""
        for part in SYNTHESIS_FIELDS:
            self.claims[part] = self.claims[part] or other.claims[part]
        self.lines |= {n: text for n, text in other.lines.items() if n not in self.lines}
        self.faults = other.faults


def judged(text: str, tasks: Sequence[Task], judge: Judge, language: Language) -> dict[int, Draft]:
    """A draft for each task, empty where the answer has nothing for it; the first word on a section counts."""
    try:
        answered: Mapping[int, _Section] = {
            each.section: each for each in reversed(_Answer.model_validate_json(bare_json(text)).sections)
        }
    except ValidationError:
        return {task.key: Draft(faults=["the answer is not the JSON that was asked for"]) for task in tasks}
    return {task.key: _judged(answered.get(task.key), task, judge, language) for task in tasks}


def _judged(written: _Section | None, task: Task, judge: Judge, language: Language) -> Draft:
    draft, allowed = Draft(), frozenset(item.n for item in task.papers)
    if written is None:
        draft.faults.append(f"section {task.key} is missing")
        return draft
    for part in () if task.lines_only else SYNTHESIS_FIELDS:
        told: list[_Claim] = getattr(written, part)
        for each in told:
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
