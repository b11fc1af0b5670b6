"""Asks a model once for better sentences in place of those that were rejected, with only the papers they are about."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from workers.digest.llm_draft import LINE, PaperNumbers, Rejected, SentenceText, faults
from workers.digest.llm_prompts import REPAIR_SHAPE, repair_rules
from workers.domain.completions import Prompt, Purpose, estimated_tokens
from workers.domain.errors import AnswerUnusable
from workers.domain.models import Claim, Language, RankedPaper
from workers.factcheck.check import Judge
from workers.text.latex import readable
from workers.text.model_json import items

_ORDER = ("findings", LINE, "themes", "impact", "outlook", "keywords")
"""The parts, those first whose loss a reader would feel most."""
_SENTENCE_TOKENS = 150
"""Tokens of a sentence in the answer, at most."""
_MOST = 60
"""Sentences in one call."""


class _Repair(BaseModel):
    id: PaperNumbers = []
    text: SentenceText = ""
    papers: PaperNumbers = []


@dataclass(frozen=True)
class Repairs:
    """The sentences of one edition that are sent for repair; `papers` are those of the edition by their numbers."""

    rejected: Sequence[Rejected]
    papers: Mapping[int, RankedPaper]
    language: Language

    def prompt(self) -> Prompt:
        numbers = sorted({n for each in self.rejected for n in each.papers})
        material = {
            "rejected": [_shown(at, each) for at, each in enumerate(self.rejected)],
            "papers": [_paper(self.papers[n]) for n in numbers],
        }
        most = 100 + _SENTENCE_TOKENS * len(self.rejected)
        text = json.dumps(material, ensure_ascii=False)
        return Prompt(Purpose.REPAIR, repair_rules(self.language), text, "repairs", REPAIR_SHAPE, most)

    def reader(self, judge: Judge) -> Callable[[str], dict[Rejected, Claim]]:
        """Reads an answer: rejected sentence → its good replacement. Raises AnswerUnusable if there is none."""

        def read(text: str) -> dict[Rejected, Claim]:
            found: dict[Rejected, Claim] = {}
            for entry in items(text, "repairs", "id"):
                try:
                    repair = _Repair.model_validate(entry)
                except ValidationError:
                    continue
                for at in repair.id[:1]:
                    if at < len(self.rejected) and self.rejected[at] not in found:
                        claim = self._claim(self.rejected[at], repair)
                        if not faults(claim, frozenset(self.rejected[at].papers), judge, self.language):
                            found[self.rejected[at]] = claim
            if not found:
                raise AnswerUnusable("no repair is supported")
            return found

        return read

    def _claim(self, rejected: Rejected, repair: _Repair) -> Claim:
        named = tuple(dict.fromkeys(repair.papers))
        return Claim(repair.text, rejected.papers if rejected.part == LINE else named or rejected.papers)


def fitting(rejected: Sequence[Rejected], papers: Mapping[int, RankedPaper], most_tokens: int) -> list[Rejected]:
    """Those whose repair costs at most `most_tokens` together, the most important ones first."""
    chosen: list[Rejected] = []
    sent: set[int] = set()
    for each in sorted(rejected, key=lambda one: _ORDER.index(one.part)):
        new = [n for n in each.papers if n not in sent]
        cost = _SENTENCE_TOKENS + estimated_tokens(json.dumps([_shown(0, each)], ensure_ascii=False))
        cost += sum(estimated_tokens(json.dumps(_paper(papers[n]), ensure_ascii=False)) for n in new)
        if each.papers and cost <= most_tokens and len(chosen) < _MOST:
            most_tokens -= cost
            sent.update(new)
            chosen.append(each)
    return chosen


def _shown(at: int, rejected: Rejected) -> dict[str, Any]:
    shown = {"id": at, "part": rejected.part, "papers": list(rejected.papers), "reasons": rejected.reasons[:300]}
    return {**shown, "text": rejected.text[:400]} if rejected.text else shown


def _paper(item: RankedPaper) -> dict[str, Any]:
    return {"paper": item.n, "title": item.paper.title, "abstract": readable(item.paper.abstract)}
