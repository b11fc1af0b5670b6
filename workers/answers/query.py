"""A reader's question as the steps search with it."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from workers.domain.models import Language
from workers.text.matching import written_out
from workers.text.tokenize import has_hangul, terms


@dataclass(frozen=True, slots=True)
class Query:
    """A question with its search terms, which are computed once.

    `terms` maps each stemmed English term to its weight; it is empty where no word of the question is known.
    """

    text: str
    language: Language
    terms: Mapping[str, float]


def query_of(text: str, language: Language, korean_terms: Mapping[str, str]) -> Query:
    """The query of a question. `korean_terms` maps Korean terms to English, several words where several fit."""
    return Query(text, language, weighted_terms(text, korean_terms))


def weighted_terms(text: str, korean_terms: Mapping[str, str]) -> dict[str, float]:
    """The search terms of a text with their weights.

    An English word weighs 1 for each time it is there. A known Korean term weighs 1 in all, shared equally by its
    English words; the longest term wins, and spaces inside a term may be missing.
    """
    weights: dict[str, float] = dict(Counter(terms(text)))
    rest = written_out(text)
    for korean, english in _longest_first(tuple(korean_terms.items())) if has_hangul(text) else ():
        rest, count = korean.subn(" ", rest)
        words = terms(english) if count else []
        for word in words:
            weights[word] = weights.get(word, 0.0) + 1 / len(words)
    return weights


@lru_cache(maxsize=4)
def _longest_first(pairs: tuple[tuple[str, str], ...]) -> list[tuple[re.Pattern[str], str]]:
    """Pattern of a Korean term and its English; compiling them takes 80 ms."""
    ordered = sorted(pairs, key=lambda pair: -len(pair[0]))
    return [(re.compile(r"\s?".join(map(re.escape, korean.split()))), english) for korean, english in ordered]
