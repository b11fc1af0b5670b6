"""How well passages are found and questions refused: `python -m tests.benchmarks.retrieval [FILE.json]`.

Measures evidence recall over the paragraphs of the known paper (against a question's best annotator) at 3, at 5, and
within 4,000 tokens; refusal as the area under the curve, where each question to the next paper is a negative; which of
ten papers a question is about; and Korean questions with the glossary alone, on translations older than the glossary.
A gain over other settings counts only if a paired bootstrap over the questions confirms it.
"""

import argparse
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.recorded import recorded_file
from workers.answers.extractive import THRESHOLD
from workers.answers.query import weighted_terms
from workers.answers.retrieve import Index, within
from workers.domain.passages import Passage
from workers.text.data import frequencies, korean_terms

_KOREAN = Path(__file__).parent / "data" / "qasper_mini_ko.json"
_BUDGET = 4_000
_PAPERS = 10

Question = Mapping[str, Any]
Ask = Callable[[Question], Mapping[str, float]]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--korean", type=Path, default=_KOREAN)
    given = parser.parse_args()
    papers = json.loads((given.file or recorded_file("questions/qasper_mini.json")).read_text("utf-8"))
    for name, value in measured(papers, _english).items():
        print(f"{name}: {value:.3f}")
    print(f"unanswerable_refused: {_unanswerable(papers)}")
    korean = json.loads(given.korean.read_text("utf-8"))
    if all(question["qid"] in korean for _, question in _answerable(papers)):
        terms = korean_terms()
        figures = measured(papers, lambda question: weighted_terms(korean[question["qid"]], terms))
        print(f"korean_recall_at_5: {figures['recall_at_5']:.3f}")
        print(f"korean_recall_in_4k_tokens: {figures['recall_in_4k_tokens']:.3f}")


def measured(papers: Sequence[Mapping[str, Any]], ask: Ask) -> dict[str, float]:
    common = frequencies()
    indices = [Index(_passages(paper)) for paper in papers]
    three, five, budget, own, foreign = [], [], [], [], []
    for at, question in _answerable(papers):
        golds = [set(gold) for gold in question["golds"] if gold]
        found = indices[at].search(ask(question))
        order = [each.passage.n - 1 for each in found]
        three.append(_recall(golds, order[:3]))
        five.append(_recall(golds, order[:5]))
        budget.append(_recall(golds, [passage.n - 1 for passage in within(found, _BUDGET)]))
        own.append(indices[at].coverage(ask(question), common))
        foreign.append(indices[(at + 1) % len(papers)].coverage(ask(question), common))
    low, high = _interval(five)
    return {
        "questions": len(five),
        "recall_at_3": _mean(three),
        "recall_at_5": _mean(five),
        "recall_at_5_low": low,
        "recall_at_5_high": high,
        "recall_in_4k_tokens": _mean(budget),
        "refusal_auc": _auc(own, foreign),
        "refused_of_answerable": _mean([coverage < THRESHOLD for coverage in own]),
        "refused_of_foreign": _mean([coverage < THRESHOLD for coverage in foreign]),
        "which_paper_of_ten_at_1": _which(papers, ask),
    }


def _passages(paper: Mapping[str, Any]) -> list[Passage]:
    pairs = zip(paper["secs"], paper["paras"], strict=True)
    return [Passage(n, section or "", text) for n, (section, text) in enumerate(pairs, start=1)]


def _answerable(papers: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, Question]]:
    for at, paper in enumerate(papers):
        yield from ((at, question) for question in paper["qs"] if any(question["golds"]))


def _english(question: Question) -> Mapping[str, float]:
    return weighted_terms(question["question"], {})


def _recall(golds: Sequence[set[int]], shown: Sequence[int]) -> float:
    return max(len(gold & set(shown)) / len(gold) for gold in golds)


def _unanswerable(papers: Sequence[Mapping[str, Any]]) -> str:
    """Returns how many of the questions that every annotator calls unanswerable are refused."""
    refused, count = 0, 0
    for paper in papers:
        index = Index(_passages(paper))
        for question in paper["qs"]:
            if question.get("n_unans") and not any(question["golds"]):
                count += 1
                refused += index.coverage(_english(question), frequencies()) < THRESHOLD
    return f"{refused} of {count}"


def _which(papers: Sequence[Mapping[str, Any]], ask: Ask) -> float:
    """Returns the share of questions whose best passage, among those of ten papers, is of the right paper."""
    right = []
    for start in range(0, len(papers), _PAPERS):
        group = papers[start : start + _PAPERS]
        owned = [(at, passage) for at, paper in enumerate(group) for passage in _passages(paper)]
        numbered = [Passage(n, passage.section, passage.text) for n, (_, passage) in enumerate(owned)]
        index = Index(numbered, [group[at]["title"] for at, _ in owned])
        for at, question in _answerable(group):
            right.append(owned[index.search(ask(question))[0].passage.n][0] == at)
    return _mean(right)


def _auc(positive: Sequence[float], negative: Sequence[float]) -> float:
    wins = sum((one > other) + 0.5 * (one == other) for one in positive for other in negative)
    return wins / (len(positive) * len(negative))


def _interval(values: Sequence[float]) -> tuple[float, float]:
    """Returns the 95% bootstrap interval of the mean (seed 7, 1,000 samples)."""
    chance = random.Random(7)  # noqa: S311 - no secret
    means = sorted(_mean(chance.choices(values, k=len(values))) for _ in range(1000))
    return means[25], means[974]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


if __name__ == "__main__":
    main()
