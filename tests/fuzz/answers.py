"""Answers of a model that were changed by chance, read as those for sections, repairs, labels and questions."""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.model import FakeModel
from tests.fakes.papers import edition, paper, ranked_paper
from workers import config
from workers.answers.extractive import OpenPaper, Vocabulary
from workers.answers.generate import Answerer
from workers.answers.query import query_of
from workers.digest.classify_llm import label
from workers.digest.llm_draft import Rejected, judged
from workers.digest.llm_prompts import Task
from workers.digest.llm_repairs import Repairs
from workers.domain.completions import Meter
from workers.domain.errors import AnswerUnusable
from workers.domain.passages import PaperText, Passage
from workers.factcheck.check import Judge
from workers.text.data import frequencies, glossary, korean_terms

_PIECES = (
    *('"', "{", "}", "[", "]", ",", ":", "\\", "\\u00", "\x00", "\n", "null", "true", "1e999", "-1", "99.9%", "[2]"),
    *("<think>", "</think>", "//", "/*", "```json", "\ud800", "\\times", "NaN", "GraspMaster", "“", "7" * 50, "{" * 40),
)
_RANKED = tuple(
    ranked_paper(
        n,
        "Robotics",
        title=f"Grip{n}: A Method Called Grip{n}",
        abstract=f"We present Grip{n}, a method for robots. It improves accuracy by {n}.5% on {n}00 tasks.",
    )
    for n in range(1, 5)
)
_TASKS = [Task(0, _RANKED[:2]), Task(1, _RANKED[2:])]
_REJECTED = Rejected(0, "findings", "Accuracy rose by 97.31%.", (1,), "the number 97.31% is not in the papers named")
_ANSWERS = Path(__file__).parents[1] / "digest" / "model_answers"
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Published:
    """A text that readers would see, and the texts that must support it."""

    text: str
    sources: tuple[str, ...]

    def unsupported(self) -> list[str]:
        """Numbers of several digits or with a point, and invented names, that no source has; read on its own here."""
        known = {float(each) for each in _NUMBER.findall(" ".join(self.sources))}
        numbers = [each for each in _NUMBER.findall(self.text) if len(each) > 1 and float(each) not in known]
        return numbers + (["GraspMaster"] if "GraspMaster" in self.text else [])


class Reading:
    """Reads mutated answers as the product does."""

    def __init__(self) -> None:
        self._judge = Judge(edition(_RANKED), glossary())
        self._papers = {item.n: item for item in _RANKED}
        self._categories = config.load(environment={}).closed_list()
        self._vocabulary = Vocabulary(korean_terms(), glossary(), frequencies())
        text = "GripNet raises the success rate from 61% to 84% on 15 objects and is 2.5 times as fast as TactoNet."
        self._open = OpenPaper(
            "7", paper(title="GripNet: Holding Things"), PaperText("html", (Passage(1, "3 Results", text, ""),))
        )
        self._passage = text
        self._query = query_of("How fast is GripNet?", "en", {})
        self._seeds = {
            "sections": [file.read_text("utf-8") for file in sorted(_ANSWERS.glob("*.txt"))],
            "repairs": [json.dumps({"repairs": [{"id": 0, "text": "It improves accuracy by 1.5%.", "papers": [1]}]})],
            "labels": [json.dumps({"labels": [{"i": n, "category": "Robotics"} for n in range(4)]})],
            "answer": [json.dumps({"answerable": True, "sentences": [self._sentence()]})],
        }

    def published(self, number: int) -> Iterator[Published]:
        """What readers would see of the mutated answer `number`."""
        chance = random.Random(number)  # noqa: S311 - no secret
        kind = chance.choice(["sections", "sections", "repairs", "labels", "answer"])
        answer = chance.choice(self._seeds[kind])
        for _ in range(chance.choice([1, 1, 2, 3, 6])):
            answer = mutated(answer, chance)
        yield from getattr(self, f"_{kind}")(answer)

    def _sections(self, answer: str) -> Iterator[Published]:
        try:
            drafts = judged(answer, _TASKS, self._judge, "en")
        except AnswerUnusable:
            return
        for draft in drafts.values():
            for claims in draft.claims.values():
                for claim in claims:
                    yield self._claim(claim.text, claim.papers)
            for n, line in draft.lines.items():
                yield self._claim(line, (n,))

    def _repairs(self, answer: str) -> Iterator[Published]:
        try:
            mended = Repairs([_REJECTED], self._papers, "en").reader(self._judge)(answer)
        except AnswerUnusable:
            return
        for claim in mended.values():
            yield self._claim(claim.text, claim.papers)

    def _labels(self, answer: str) -> Iterator[Published]:
        model = FakeModel(lambda *_: answer)
        names = label([item.paper for item in _RANKED], self._categories, model, 60, Meter()).values()
        assert set(names) <= {category.name for category in self._categories}
        yield from ()

    def _answer(self, answer: str) -> Iterator[Published]:
        seen: list[str] = []
        model = FakeModel(lambda *_: answer[:4_000])
        answerer = Answerer(model, self._vocabulary, 16_000, 5.0)
        given = answerer.answer(
            self._query, [self._open], (), lambda so_far: seen.extend(each.text for each in so_far.sentences)
        )
        for text in dict.fromkeys([*seen, *(sentence.text for sentence in given.sentences)]):
            yield Published(text, (self._passage,))

    def _claim(self, text: str, papers: tuple[int, ...]) -> Published:
        items = [self._papers[n].paper for n in papers]
        return Published(text, tuple(f"{each.title} {each.abstract}" for each in items))

    def _sentence(self) -> dict[str, object]:
        quote = "the success rate from 61% to 84%"
        return {"text": "GripNet raises the success rate from 61% to 84%.", "cites": ["A1"], "quote": quote}


def mutated(text: str, chance: random.Random) -> str:
    """`text` cut off, with a piece put in, with some characters left out, doubled, or with digits changed."""
    at = chance.randrange(len(text) + 1)
    change = chance.choice([_cut, _put_in, _put_in, _leave_out, _leave_out, _double, _digits])
    return change(text, at, chance)


def _cut(text: str, at: int, _chance: random.Random) -> str:
    return text[:at]


def _put_in(text: str, at: int, chance: random.Random) -> str:
    return text[:at] + chance.choice(_PIECES) + text[at:]


def _leave_out(text: str, at: int, chance: random.Random) -> str:
    return text[:at] + text[at + chance.randint(1, 9) :]


def _double(text: str, at: int, chance: random.Random) -> str:
    end = at + chance.randint(1, 80)
    return text[:end] + text[at:end] + text[end:]


def _digits(text: str, at: int, chance: random.Random) -> str:
    return text[:at] + re.sub(r"\d", lambda _digit: str(chance.randrange(10)), text[at:], count=3)
