"""Reads a model's answer for some sections and checks each sentence against the papers that it names."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, Field

from workers.digest.llm_prompts import MOST_CLAIMS, Task
from workers.domain.errors import AnswerUnusable
from workers.domain.models import SYNTHESIS_FIELDS, Claim, Language
from workers.factcheck.check import Judge
from workers.text.matching import matching_key
from workers.text.model_json import items, readable_text


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


SentenceText = Annotated[str, BeforeValidator(readable_text)]
"""A sentence in an answer, as readers are shown it; "" where there is none."""
PaperNumbers = Annotated[list[int], BeforeValidator(_numbers)]
"""Papers' numbers in an answer, those that can be read."""


class _Claim(BaseModel):
    text: SentenceText = Field("", validation_alias=AliasChoices("text", "Text", "sentence", "claim", "keyword"))
    papers: PaperNumbers = []


class _Line(BaseModel):
    paper: PaperNumbers = []
    text: SentenceText = Field("", validation_alias=AliasChoices("text", "Text", "sentence", "tldr"))


_Claims = Annotated[list[_Claim], BeforeValidator(lambda value: _entries(value, "papers"))]


class _Section(BaseModel):
    """A model's answer for one section; papers have their numbers in the edition."""

    section: PaperNumbers = []
    themes: _Claims = []
    keywords: _Claims = []
    findings: _Claims = []
    impact: _Claims = []
    outlook: _Claims = []
    tldrs: Annotated[list[_Line], BeforeValidator(lambda value: _entries(value, "paper"))] = []


@dataclass(frozen=True, slots=True)
class Rejected:
    """A sentence that failed the check, or the line of a paper that is missing, which has no text.

    `part` is a field of the synthesis or LINE. `place` is its place among the supported sentences of the part.
    """

    section: int
    part: str
    text: str
    papers: tuple[int, ...]
    reasons: str
    place: int = 0


LINE = "tldr"
"""The part of a paper's line."""
_MOST_PAPERS = 4
"""Papers that a sentence which names none may be about, at most."""


class NothingSupported(AnswerUnusable):
    """No sentence of an answer is supported; `rejected` are those that were read."""

    def __init__(self, rejected: Sequence[Rejected]) -> None:
        super().__init__("nothing in the model's answer is supported, or it is not the JSON that was asked for")
        self.rejected = rejected


@dataclass
class Draft:
    """The supported claims and lines of a section, and what was rejected or is missing."""

    claims: dict[str, list[Claim]] = field(default_factory=lambda: {part: [] for part in SYNTHESIS_FIELDS})
    lines: dict[int, str] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not self.lines and not any(self.claims.values())

    def join(self, other: "Draft") -> None:
        """Add the draft of the other half of the same section."""
        before = {part: len(claims) for part, claims in self.claims.items()}
        self.rejected += [replace(each, place=each.place + before.get(each.part, 0)) for each in other.rejected]
        for part in SYNTHESIS_FIELDS:
            self.claims[part] += other.claims[part]
        self.lines |= {n: text for n, text in other.lines.items() if n not in self.lines}

    def mend(self, mended: Mapping[Rejected, Claim]) -> None:
        """Put good sentences in the places of those that were rejected."""
        for rejected in reversed([each for each in self.rejected if each in mended]):  # keeps the places of the others
            self.rejected.remove(rejected)
            if rejected.part == LINE:
                self.lines[rejected.papers[0]] = mended[rejected].text
            else:
                self.claims[rejected.part].insert(rejected.place, mended[rejected])


def judged(text: str, tasks: Sequence[Task], judge: Judge, language: Language) -> dict[int, Draft]:
    """Task key → draft of those sections that the answer has; the first answer for a section counts.

    Raises NothingSupported.
    """
    sections = [_Section.model_validate(each) for each in items(text, "sections", "section") if _is_section(each)]
    written: dict[int, _Section] = {}
    keys = {task.key for task in tasks}
    for section in sections:
        numbers = section.section
        if len(tasks) == len(sections) == 1 and not keys.intersection(numbers):  # it has another number, or none
            numbers = [tasks[0].key]
        for number in numbers[:1]:
            written.setdefault(number, section)
    drafts = {task.key: _judged(written[task.key], task, judge, language) for task in tasks if task.key in written}
    if all(draft.is_empty for draft in drafts.values()):
        raise NothingSupported([each for draft in drafts.values() for each in draft.rejected if each.text])
    return drafts


def _is_section(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value.keys() & {"tldrs", *SYNTHESIS_FIELDS})


def _judged(written: _Section, task: Task, judge: Judge, language: Language) -> Draft:
    draft, allowed = Draft(), frozenset(item.n for item in task.papers)
    for part in () if task.lines_only else SYNTHESIS_FIELDS:
        claims: list[_Claim] = getattr(written, part)
        supported = draft.claims[part]
        seen: set[Claim] = set()
        for each in claims:
            papers = each.papers or (_papers_with(each.text, task) if part == "keywords" else [])
            claim = Claim(each.text, tuple(dict.fromkeys(papers)))
            if claim in seen or any(claim.text == one.text for one in supported):
                continue  # a model in a loop repeats itself
            if len(seen) == MOST_CLAIMS[part]:
                break
            seen.add(claim)
            if reasons := faults(claim, allowed, judge, language):
                about = tuple(n for n in claim.papers if n in allowed) or tuple(sorted(allowed))[:_MOST_PAPERS]
                draft.rejected.append(Rejected(task.key, part, claim.text, about, reasons, len(supported)))
            else:
                supported.append(claim)
    wrong: dict[int, tuple[str, str]] = {}
    for line in written.tldrs:
        claim = Claim(line.text, tuple(line.paper[:1]))
        reasons = faults(claim, allowed, judge, language)
        if not reasons:
            draft.lines.setdefault(claim.papers[0], claim.text)
        elif claim.papers and claim.papers[0] in allowed:
            wrong.setdefault(claim.papers[0], (claim.text, reasons))
    for n in sorted(allowed - draft.lines.keys()):
        text, reasons = wrong.get(n, ("", "it is missing"))
        draft.rejected.append(Rejected(task.key, LINE, text, (n,), reasons))
    return draft


def faults(claim: Claim, allowed: frozenset[int], judge: Judge, language: Language) -> str:
    """The reasons why a claim is not supported; "" if it is."""
    return "; ".join(judge.faults(claim, allowed, language)) if claim.text else "it is empty"


def _papers_with(keyword: str, task: Task) -> list[int]:
    """The papers whose title or abstract has the keyword, for a model that names none."""
    key = matching_key(keyword)
    return [item.n for item in task.papers if key in matching_key(f"{item.paper.title} {item.paper.abstract}")]
