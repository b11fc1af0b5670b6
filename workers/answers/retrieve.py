"""Rank a paper's passages by how well they match a question, and tell whether any does."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workers.domain.completions import estimated_tokens
from workers.domain.passages import Passage
from workers.text.tokenize import terms

K1 = 0.9
"""BM25's saturation of a term's count, measured on QASPER (tests/benchmarks/retrieval.py)."""
B = 0.3
"""BM25's normalisation by length; low, because paragraphs differ in length for reasons of form (measured like K1)."""
EMBEDDING_SHARE = 0.3
"""Share of the embedding's similarity in a blended score; the rest is BM25's (tests/benchmarks/embeddings.py)."""
_FRAME_TOKENS = 25
"""Of the JSON around a passage that is sent to a model."""
_ABSTRACTS = 10_000
"""Number of abstracts that the frequencies of stems are given for."""


@dataclass(frozen=True, slots=True)
class Found:
    """A passage and its score; a higher score is better, 0 means that it shares no term with the question."""

    passage: Passage
    score: float


class Index:
    """The passages of one paper, or of several, searched by BM25 over stemmed words; section titles count as text."""

    def __init__(self, passages: Sequence[Passage], titles: Sequence[str] = ()) -> None:
        """Where several papers are searched at once, `titles` has the paper's title for each passage."""
        self._passages = list(passages)
        heads = list(titles) or [""] * len(self._passages)
        self._counts = [
            Counter(terms(f"{head} {passage.section} {passage.text}"))
            for head, passage in zip(heads, self._passages, strict=True)
        ]
        self._lengths = [counts.total() for counts in self._counts]
        self._mean = sum(self._lengths) / max(1, len(self._lengths)) or 1.0  # a Korean post may have no term
        self._frequency = Counter(term for counts in self._counts for term in counts)

    def search(self, weights: Mapping[str, float]) -> list[Found]:
        """All passages, best first, equal ones in the paper's order. `weights` are a query's terms."""
        found = [
            Found(passage, self._score(weights, counts, length))
            for passage, counts, length in zip(self._passages, self._counts, self._lengths, strict=True)
        ]
        return sorted(found, key=lambda each: -each.score)

    def coverage(self, weights: Mapping[str, float], frequencies: Mapping[str, float]) -> float:
        """The share of a query's terms, weighted by rarity, that the best passage has: 0 to 1, 0 without terms.

        Rarity is that among 10,000 abstracts (`frequencies`), because a paper's own subject is common inside it.
        """
        wanted = {term: weight * _rarity(frequencies.get(term, 0.0)) for term, weight in weights.items()}
        total = sum(wanted.values())
        if not total:
            return 0.0
        return max(
            (sum(weight for term, weight in wanted.items() if term in counts) / total for counts in self._counts),
            default=0.0,
        )

    def _score(self, weights: Mapping[str, float], counts: Mapping[str, int], length: int) -> float:
        norm = K1 * (1 - B + B * length / self._mean)
        return sum(
            weight * self._idf(term) * counts[term] * (K1 + 1) / (counts[term] + norm)
            for term, weight in weights.items()
            if term in counts
        )

    def _idf(self, term: str) -> float:
        count = self._frequency[term]
        return math.log(1 + (len(self._passages) - count + 0.5) / (count + 0.5))


def within(found: Sequence[Found], budget_tokens: int) -> list[Passage]:
    """As many of the best passages as fit the budget, in the paper's order; at least the best one."""
    chosen: list[Passage] = []
    left = budget_tokens
    for each in found:
        cost = tokens(each.passage)
        if chosen and cost > left:
            continue
        chosen.append(each.passage)
        left -= cost
    return sorted(chosen, key=lambda passage: passage.n)


def blended(found: Sequence[Found], similarities: Sequence[float], share: float = EMBEDDING_SHARE) -> list[Found]:
    """The passages ranked by BM25 and embedding together, best first.

    `similarities` has one cosine for each of `found`, which is not empty. The scores are added; fusing the two ranks
    instead makes the result worse (measured).
    """
    best = max(each.score for each in found) or 1.0
    # Models put their similarities close together (e5: 0.70 to 0.76), so they are spread from 0 to 1.
    least = min(similarities)
    spread = max(similarities) - least or 1.0
    scored = [
        Found(each.passage, (1 - share) * each.score / best + share * (similarity - least) / spread)
        for each, similarity in zip(found, similarities, strict=True)
    ]
    return sorted(scored, key=lambda each: -each.score)


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of two vectors, between -1 and 1; 0 where one of them is all zeros."""
    length = math.sqrt(sum(x * x for x in one) * sum(y * y for y in other))
    return sum(x * y for x, y in zip(one, other, strict=True)) / length if length else 0.0


def tokens(passage: Passage) -> int:
    """An estimate of the tokens of a passage that is sent to a model, rather too many than too few."""
    return estimated_tokens(passage.section + passage.text) + _FRAME_TOKENS


def _rarity(frequency: float) -> float:
    return math.log(1 + (_ABSTRACTS - frequency + 0.5) / (frequency + 0.5))
