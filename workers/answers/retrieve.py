"""Step 2 of an answer: the passages that a question is about, best first, and whether they are about it at all."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

from workers.domain.passages import Passage

K1, B = 0.9, 0.3
"""Low, since paragraphs differ in length for reasons of form (measured on QASPER: tests/benchmarks/retrieval.py)."""
_CHARACTERS_A_TOKEN = 4.36
"""Of papers' English by o200k: 4.48 over the paragraphs of QASPER, 4.36 over those of COVID-QA."""
_WORD = re.compile(r"[a-z0-9]+")
_HANGUL = re.compile(r"[가-힣]+")
_STOP = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "but",
        "by",
        "did",
        "do",
        "does",
        "for",
        "from",
        "had",
        "has",
        "have",
        "how",
        "if",
        "in",
        "into",
        "is",
        "it",
        "no",
        "not",
        "of",
        "on",
        "or",
        "our",
        "such",
        "that",
        "the",
        "their",
        "then",
        "there",
        "these",
        "they",
        "this",
        "to",
        "was",
        "we",
        "what",
        "when",
        "where",
        "which",
        "who",
        "why",
        "will",
        "with",
    ]
)
"""Few: what seems common elsewhere ("use", "paper") tells paragraphs of one paper apart."""


@dataclass(frozen=True, slots=True)
class Found:
    """A passage and its score; higher is better, 0 shares nothing with the question."""

    passage: Passage
    score: float


class Index:
    """The passages of one paper, or of several, searchable by BM25 over stemmed words; section titles count as text."""

    def __init__(self, passages: Sequence[Passage], titles: Sequence[str] = ()) -> None:
        """`titles`, as many as passages, are added to each: the paper's, where several are searched at once."""
        self._passages = list(passages)
        heads = list(titles) or [""] * len(self._passages)
        self._counts = [
            Counter(terms(f"{head} {passage.section} {passage.text}"))
            for head, passage in zip(heads, self._passages, strict=True)
        ]
        self._lengths = [counts.total() for counts in self._counts]
        self._mean = sum(self._lengths) / len(self._lengths) if self._lengths else 1.0
        self._frequency = Counter(term for counts in self._counts for term in counts)

    def search(self, question: Mapping[str, float]) -> list[Found]:
        """All passages, best first; equal ones in the paper's order. `question` weighs its terms, see `asked`."""
        found = [
            Found(passage, self._score(question, counts, length))
            for passage, counts, length in zip(self._passages, self._counts, self._lengths, strict=True)
        ]
        return sorted(found, key=lambda each: -each.score)

    def coverage(self, question: Mapping[str, float], frequencies: Mapping[str, float]) -> float:
        """How much of the question stands in its best passage: a share of its terms, weighted by their rarity.

        Rarity is that among papers at large (`frequencies` of 10,000): within one paper its own subject is common.
        """
        wanted = {term: weight * _rarity(frequencies.get(term, 0.0)) for term, weight in question.items()}
        total = sum(wanted.values())
        if not total:
            return 0.0
        return max(
            (sum(weight for term, weight in wanted.items() if term in counts) / total for counts in self._counts),
            default=0.0,
        )

    def _score(self, wanted: Mapping[str, float], counts: Mapping[str, int], length: int) -> float:
        norm = K1 * (1 - B + B * length / self._mean)
        return sum(
            times * self._idf(term) * counts[term] * (K1 + 1) / (counts[term] + norm)
            for term, times in wanted.items()
            if term in counts
        )

    def _idf(self, term: str) -> float:
        seen = self._frequency[term]
        return math.log(1 + (len(self._passages) - seen + 0.5) / (seen + 0.5))


def _rarity(of_10_000: float) -> float:
    return math.log(1 + (10_000 - of_10_000 + 0.5) / (of_10_000 + 0.5))


def terms(text: str) -> list[str]:
    """Stemmed words without the common ones, in order."""
    return [_stem(word) for word in _WORD.findall(text.lower()) if len(word) > 1 and word not in _STOP]


def bigrams(text: str) -> list[str]:
    """Pairs of neighbouring syllables of Korean words, which inflect at their ends, and the Latin words."""
    korean = [word[start : start + 2] for word in _HANGUL.findall(text) for start in range(max(1, len(word) - 1))]
    return [*korean, *terms(text)]


def asked(question: str, korean_terms: Mapping[str, str]) -> dict[str, float]:
    """A question's terms with their weights; `korean_terms` are Korean → English, several words where several fit.

    Of a Korean question what is Latin counts whole, each known term one, shared by the English words for it. The
    longest term wins; spaces within it may be left out, as people do.
    """
    weights: dict[str, float] = dict(Counter(terms(question)))
    rest = question
    for korean, english in _longest_first(tuple(korean_terms.items())) if _HANGUL.search(question) else ():
        rest, count = re.subn(r"\s?".join(map(re.escape, korean.split())), " ", rest)
        words = terms(english) if count else []
        for word in words:
            weights[word] = weights.get(word, 0.0) + 1 / len(words)
    return weights


def within(found: Sequence[Found], budget_tokens: int) -> list[Passage]:
    """As many of the best passages as the budget holds, in the paper's order; at least the best one."""
    chosen: list[Passage] = []
    left = budget_tokens
    for each in found:
        cost = tokens(each.passage)
        if chosen and cost > left:
            continue
        chosen.append(each.passage)
        left -= cost
    return sorted(chosen, key=lambda passage: passage.n)


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """Between -1 and 1; 0 where one of them is nothing."""
    length = math.sqrt(sum(x * x for x in one) * sum(y * y for y in other))
    return sum(x * y for x, y in zip(one, other, strict=True)) / length if length else 0.0


def tokens(passage: Passage) -> int:
    """About how many tokens a passage is."""
    return max(1, round(len(passage.text) / _CHARACTERS_A_TOKEN))


@lru_cache(maxsize=1)
def _stemmer() -> "snowballstemmer.english_stemmer.EnglishStemmer":
    return snowballstemmer.stemmer("english")


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    return str(_stemmer().stemWord(word))


@lru_cache(maxsize=4)
def _longest_first(pairs: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    return sorted(pairs, key=lambda pair: -len(pair[0]))
