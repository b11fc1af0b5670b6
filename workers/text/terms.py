"""Terms found in text: whole words, any case, plural or not, a phrase before the words inside it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

_WORD = re.compile(r"[^\W_]+[+#]*")
Words = tuple[str, ...]


class TermMatcher:
    """A set of terms. Spaces and hyphens match each other, the last word its plural; `*` ends a beginning.

    One pass over the words of a text, whatever the number of terms.
    """

    def __init__(self, terms: Iterable[str]) -> None:
        self._by_first: dict[str, list[tuple[Words, bool, str]]] = defaultdict(list)
        self._beginnings: dict[str, str] = {}
        for term in sorted(set(terms)):
            words, begins = tuple(_words(term)), term.endswith("*")
            if begins and len(words) == 1:
                self._beginnings[words[0]] = term
            elif words:
                self._by_first[words[0]].append((words, begins, term))
        for held in self._by_first.values():
            held.sort(key=lambda item: -len(item[0]))
        self._lengths = sorted({len(beginning) for beginning in self._beginnings}, reverse=True)

    def find(self, text: str) -> list[str]:
        """The terms in the order they stand in `text`, each as often as it does, none inside another."""
        words, found, place = _words(text), [], 0
        while place < len(words):
            term, length = self._at(words, place)
            if term:
                found.append(term)
            place += length
        return found

    def _at(self, words: Sequence[str], place: int) -> tuple[str | None, int]:
        for first in _singulars(words[place]):
            for wanted, begins, term in self._by_first.get(first, ()):
                seen = words[place : place + len(wanted)]
                if len(seen) == len(wanted) and seen[:-1] == list(wanted[:-1]) and _ends(seen[-1], wanted[-1], begins):
                    return term, len(wanted)
        word = words[place]
        beginning = next((word[:length] for length in self._lengths if word[:length] in self._beginnings), None)
        return self._beginnings[beginning] if beginning else None, 1


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _ends(seen: str, wanted: str, begins: bool) -> bool:
    return seen.startswith(wanted) if begins else wanted in _singulars(seen)


def _singulars(word: str) -> list[str]:
    """`word`, then what it may be the plural of."""
    forms = [word]
    if word.endswith("s") and len(word) > 3:
        forms.append(word[:-1])
        if word.endswith("es"):
            forms.append(word[:-2])
        if word.endswith("ies"):
            forms.append(word[:-3] + "y")
    return forms
