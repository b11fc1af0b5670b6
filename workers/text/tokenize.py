"""Splits text into the terms that papers and questions are compared by: stemmed English words, Korean syllables."""

import re
from functools import lru_cache

import snowballstemmer

from workers.text.matching import matching_key, written_out

_WORD = re.compile(r"[a-z0-9]+")
_HANGUL = re.compile(r"[가-힣]+")
STOP_WORDS = frozenset(
    [
        *("a", "an", "and", "are", "as", "at", "be", "but", "by", "did", "do", "does", "for", "from", "had"),
        *("has", "have", "how", "if", "in", "into", "is", "it", "no", "not", "of", "on", "or", "our", "such"),
        *(
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
        ),
        *("who", "why", "will", "with"),
    ]
)
"""Words that are no terms. The list is short, because words that are common elsewhere ("use", "paper") help to tell
the paragraphs of one paper apart."""


def terms(text: str) -> list[str]:
    """The stems of the English words and numbers, in order; stop words and single characters are left out."""
    return [_stem(word) for word in _WORD.findall(matching_key(text)) if len(word) > 1 and word not in STOP_WORDS]


def bigrams(text: str) -> list[str]:
    """Pairs of neighbouring syllables of the Korean words, then the `terms`.

    Korean words change at their ends, so their syllables match where the whole words do not.
    """
    korean = [
        word[start : start + 2] for word in _HANGUL.findall(written_out(text)) for start in range(max(1, len(word) - 1))
    ]
    return [*korean, *terms(text)]


def has_hangul(text: str) -> bool:
    return _HANGUL.search(written_out(text)) is not None


@lru_cache(maxsize=1)
def _stemmer() -> "snowballstemmer.english_stemmer.EnglishStemmer":
    return snowballstemmer.stemmer("english")


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    return str(_stemmer().stemWord(word))
