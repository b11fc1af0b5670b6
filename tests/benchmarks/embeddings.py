"""How much better passages are found with embeddings: `python -m tests.benchmarks.embeddings --url URL --model NAME`.

Measures evidence recall over the paragraphs of the known paper at 5 and within a budget of tokens, by BM25 alone and
blended with the similarities of an embedding model as answers do it: on QASPER in English and in Korean (with the
glossary alone) and on COVID-QA. Each gain has its 95% interval, by a paired bootstrap over the questions. `--sweep SET`
tries other shares of the similarity on one set, and compares the best of them with the product's share on all sets.
"""

import argparse
import json
import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.recorded import recorded_file
from workers import config
from workers.answers.query import weighted_terms
from workers.answers.retrieve import EMBEDDING_SHARE, Found, Index, blended, cosine, within
from workers.domain.completions import Embeddings, Meter
from workers.domain.passages import Passage
from workers.llm import ModelEndpoint, OpenAiEmbeddings
from workers.runtime.clock import SystemClock
from workers.store import Store, open_store
from workers.text.data import korean_terms

_KOREAN = Path(__file__).parent / "data" / "qasper_mini_ko.json"
_SETS = ("qasper_english", "qasper_korean", "covidqa_english")
_TIMEOUT_S = 600.0
"""Seconds for one request of 32 texts, which a busy CPU may need."""
_DEADLINE_S = 6 * 3600.0
_RESAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class Case:
    """A question to one paper. `golds` are the numbers of the passages that each annotator names as evidence."""

    question: str
    golds: Sequence[set[int]]
    found: Sequence[Found]
    """The paper's passages by BM25, best first."""


@dataclass(frozen=True, slots=True)
class Recalls:
    """The recall of each question, by the two ways to choose passages."""

    at_5: Sequence[float]
    in_budget: Sequence[float]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", default="http://127.0.0.1:8000/v1", help="an OpenAI-compatible endpoint")
    parser.add_argument("--model", default="e5", help="the name to ask for vectors with")
    parser.add_argument("--passage-model", help="another name for passages, where an endpoint tells them apart by it")
    parser.add_argument("--store", type=Path, help="a SQLite file that keeps this endpoint's vectors for the next run")
    parser.add_argument(
        "--budget", type=int, default=4_000, help="tokens; a context of 4,096 leaves 2,457 for passages"
    )
    parser.add_argument("--sweep", choices=_SETS)
    given = parser.parse_args()
    sets = {name: list(_cases(name)) for name in _SETS}
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{(given.store or Path(folder) / 'store.db').absolute()}"
        with open_store(url, SystemClock()) as store:
            questions = _embeddings(given.model, given.url, store)
            passages = _embeddings(given.passage_model or given.model, given.url, store)
            similar = {name: _similarities(cases, questions, passages) for name, cases in sets.items()}
    for name, cases in sets.items():
        print(f"{name}_questions: {len(cases)}")
        words = _recalls(cases, [each.found for each in cases], given.budget)
        _compare(name, words, _blended(cases, similar[name], EMBEDDING_SHARE, given.budget), given.budget)
    if given.sweep:
        _sweep(sets, similar, given.sweep, given.budget)


def _embeddings(model: str, url: str, store: Store) -> OpenAiEmbeddings:
    settings = config.load(environment={}).model
    unlimited = settings.model_copy(update={"timeout_s": _TIMEOUT_S, "daily_tokens": None, "daily_usd": None})
    return OpenAiEmbeddings(unlimited, ModelEndpoint(model, "", url), store.model_calls)


def _cases(name: str) -> Iterator[Case]:
    korean = json.loads(_KOREAN.read_text("utf-8")) if name == "qasper_korean" else None
    terms = korean_terms() if korean else {}
    file = "questions/covidqa_passages.json" if name == "covidqa_english" else "questions/qasper_mini.json"
    for paper in json.loads(recorded_file(file).read_text("utf-8")):
        index = Index(_passages(paper))
        for question in paper["qs"]:
            golds = [{n + 1 for n in gold} for gold in question["golds"] if gold]
            text = korean[question["qid"]] if korean else question["question"]
            if golds:
                yield Case(text, golds, index.search(weighted_terms(text, terms)))


def _passages(paper: Mapping[str, Any]) -> list[Passage]:
    pairs = zip(paper["secs"], paper["paras"], strict=True)
    return [Passage(n, section or "", text) for n, (section, text) in enumerate(pairs, start=1)]


def _similarities(cases: Sequence[Case], questions: Embeddings, passages: Embeddings) -> list[list[float]]:
    """For each question, the cosine of each of its passages, in the order of `found`."""
    asked = _vectors(questions, [each.question for each in cases])
    given = _vectors(passages, [_text(one) for each in cases for one in each.found])
    return [[cosine(asked[each.question], given[_text(one)]) for one in each.found] for each in cases]


def _vectors(embeddings: Embeddings, texts: Sequence[str]) -> dict[str, Sequence[float]]:
    """Text → vector."""
    distinct = list(dict.fromkeys(texts))
    return dict(zip(distinct, embeddings.embed(distinct, _DEADLINE_S, Meter()), strict=True))


def _text(found: Found) -> str:
    return f"{found.passage.section} {found.passage.text}"  # as `workers.answers.generate` sends it


def _blended(cases: Sequence[Case], similarities: Sequence[Sequence[float]], share: float, budget: int) -> Recalls:
    pairs = zip(cases, similarities, strict=True)
    return _recalls(cases, [blended(case.found, given, share) for case, given in pairs], budget)


def _recalls(cases: Sequence[Case], ranked: Sequence[Sequence[Found]], budget: int) -> Recalls:
    pairs = list(zip(cases, ranked, strict=True))
    return Recalls(
        [_recall(case, [each.passage for each in found[:5]]) for case, found in pairs],
        [_recall(case, within(found, budget)) for case, found in pairs],
    )


def _recall(case: Case, shown: Sequence[Passage]) -> float:
    """The share of the evidence that is shown, for the annotator with whom it is largest."""
    numbers = {passage.n for passage in shown}
    return max(len(gold & numbers) / len(gold) for gold in case.golds)


def _compare(name: str, base: Recalls, other: Recalls, budget: int) -> None:
    in_budget = f"recall_in_{budget}_tokens"
    pairs = {"recall_at_5": (base.at_5, other.at_5), in_budget: (base.in_budget, other.in_budget)}
    for measure, (before, after) in pairs.items():
        gains = [new - old for old, new in zip(before, after, strict=True)]
        low, high = interval(gains)
        print(
            f"{name}_{measure}: {_mean(before):.3f} -> {_mean(after):.3f}, "
            f"gain {_mean(gains):+.3f} ({low:+.3f} to {high:+.3f})"
        )


def _sweep(
    sets: Mapping[str, Sequence[Case]], similar: Mapping[str, Sequence[Sequence[float]]], tuned: str, budget: int
) -> None:
    """Print the recalls of each share on the set `tuned`, and on all sets what its best share gains over ours."""
    shares = {n / 10: _blended(sets[tuned], similar[tuned], n / 10, budget) for n in range(11)}
    for share, recalls in shares.items():
        print(f"{tuned}_share_{share:.1f}: {_mean(recalls.at_5):.3f} at 5, {_mean(recalls.in_budget):.3f} in {budget}")
    best = max(shares, key=lambda share: _mean(shares[share].at_5))
    for name, cases in sets.items():
        ours, tried = (_blended(cases, similar[name], share, budget) for share in (EMBEDDING_SHARE, best))
        _compare(f"{name}_share_{best:.1f}{'_tuned_here' if name == tuned else ''}", ours, tried, budget)


def interval(gains: Sequence[float]) -> tuple[float, float]:
    """Returns the 95% bootstrap interval of the mean gain over the questions (seed 7)."""
    chance = random.Random(7)  # noqa: S311 - no secret
    means = sorted(_mean(chance.choices(gains, k=len(gains))) for _ in range(_RESAMPLES))
    return means[round(0.025 * _RESAMPLES)], means[round(0.975 * _RESAMPLES) - 1]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


if __name__ == "__main__":
    main()
