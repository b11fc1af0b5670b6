"""Finds terms in text: whole words, in any case, singular or plural, longer terms before shorter ones."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workers.text.matching import matching_key

_WORD = re.compile(r"[^\W_]+[+#]*")


@dataclass(frozen=True, slots=True)
class _Term:
    """A term of several words, or of one; the last word may continue where `is_prefix`."""

    words: tuple[str, ...]
    is_prefix: bool
    name: str


@dataclass(frozen=True, slots=True)
class _Match:
    """The term at a place of the text, None without one, and the number of words to go on."""

    term: str | None
    length: int


class TermMatcher:
    """Finds any of a set of terms in one pass over a text, however many terms there are.

    Spaces and hyphens match each other, and the last word matches its plural. A term that ends in `*` matches every
    word that begins with it.
    """

    def __init__(self, terms: Iterable[str]) -> None:
        self._by_first: dict[str, list[_Term]] = defaultdict(list)
        self._prefixes: dict[str, str] = {}
        for name in sorted(set(terms)):
            words, is_prefix = tuple(_words(name)), name.endswith("*")
            if is_prefix and len(words) == 1:
                self._prefixes[words[0]] = name
            elif words:
                self._by_first[words[0]].append(_Term(words, is_prefix, name))
        for same_first in self._by_first.values():
            same_first.sort(key=lambda term: -len(term.words))
        self._prefix_lengths = sorted({len(prefix) for prefix in self._prefixes}, reverse=True)

    def find(self, text: str) -> list[str]:
        """The terms in the text, in its order, each as often as it is there; none that is inside another one."""
        words, found, place = _words(text), [], 0
        while place < len(words):
            match = self._match_at(words, place)
            if match.term:
                found.append(match.term)
            place += match.length
        return found

    def _match_at(self, words: Sequence[str], place: int) -> _Match:
        for first in _singulars(words[place]):
            for term in self._by_first.get(first, ()):
                wanted = term.words
                seen = words[place : place + len(wanted)]
                if (
                    len(seen) == len(wanted)
                    and seen[:-1] == list(wanted[:-1])
                    and _matches_last(seen[-1], wanted[-1], term.is_prefix)
                ):
                    return _Match(term.name, len(wanted))
        word = words[place]
        prefix = next((word[:length] for length in self._prefix_lengths if word[:length] in self._prefixes), None)
        return _Match(self._prefixes[prefix] if prefix else None, 1)


def _words(text: str) -> list[str]:
    return _WORD.findall(matching_key(text))


def _matches_last(seen: str, wanted: str, is_prefix: bool) -> bool:
    return seen.startswith(wanted) if is_prefix else wanted in _singulars(seen)


def _singulars(word: str) -> list[str]:
    """`word`, then the words that it may be the plural of."""
    forms = [word]
    if word.endswith("s") and len(word) > 3:
        forms.append(word[:-1])
        if word.endswith("es"):
            forms.append(word[:-2])
        if word.endswith("ies"):
            forms.append(word[:-3] + "y")
    return forms
