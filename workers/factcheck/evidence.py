"""Checks of one sentence: its numbers and names against the papers it cites, its language and its style."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from workers.factcheck.language import is_in_another_language
from workers.text.matching import written_out

PERCENT = "percent"
TIMES = "times"
POINTS = "points"
COUNT = "count"

_SCALES = {
    "k": 1e3,
    "thousand": 1e3,
    "천": 1e3,
    "만": 1e4,
    "m": 1e6,
    "million": 1e6,
    "백만": 1e6,
    "억": 1e8,
    "b": 1e9,
    "billion": 1e9,
    "십억": 1e9,
    "조": 1e12,
    "t": 1e12,
    "trillion": 1e12,
}
_UNITS = {
    **dict.fromkeys(["%", "percent", "퍼센트", "프로", "per cent"], PERCENT),
    **dict.fromkeys(["x", "×", "배", "times", "-fold", "fold"], TIMES),
    **dict.fromkeys(
        ["%p", "%포인트", "퍼센트포인트", "포인트", "점", "points", "point", "percentage points", "pp"], POINTS
    ),
    **dict.fromkeys(
        ["개", "편", "명", "건", "종", "가지", "회", "번", "개의", "시간", "분", "초", "단계", "장"], COUNT
    ),
}
_NUMBER_WORDS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "twice": 2,
    "double": 2,
    "doubles": 2,
    "triple": 3,
    "hundred": 100,
    "thousand": 1000,
}
_SCALE = "|".join(sorted(map(re.escape, _SCALES), key=len, reverse=True))
_UNIT = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_NUMBER = re.compile(
    rf"(?<![\w.])(\d+(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    rf"(?:\s?(?:-\s?)?({_SCALE})(?![A-Za-z]))?(?:\s?({_UNIT})(?![A-Za-z]))?",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9.+#/_-]*")
_WORD = re.compile(r"[a-z]+")
_URL = re.compile(r"https?:|www\.|\b[\w-]+\.(?:com|org|net|io|ai|dev|kr)\b", re.IGNORECASE)
_KANA = re.compile(r"[\u3040-\u30ff]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_OTHER_SCRIPT = re.compile(r"[\u0590-\u06ff\u0900-\u0dff\u0e00-\u0e7f]")
_HANGUL = re.compile(r"[가-힣]")
_LATIN = re.compile(r"[A-Za-z]")
_FOREIGN_SCRIPTS = {
    "": (_HANGUL, _KANA, _HAN),
    "en": (_HANGUL, _KANA, _HAN, _CYRILLIC),
    **dict.fromkeys(["ja", "zh"], (_HANGUL,)),
}
"""Scripts that a text does not contain, by language; "" is for every other language than those named."""
_BOILERPLATE = re.compile(
    r"중요한 (?:역할|의미|기여)를? (?:할|가|하|될)|주목할 만|큰 (?:영향|도움|기여)을? (?:미칠|줄|할)|"
    r"기대(?:됩니다|된다|를 모)|"
    r"가능성을 (?:보여|열어|제시)|새로운 (?:지평|가능성)|발전에 기여|필요합니다\.?$|전망입니다\.?$|"
    r"paves? the way|game[- ]chang|significant(?:ly)? (?:impact|contribut|advanc)|holds? (?:great )?promise|"
    r"it is (?:important|worth) (?:to note|noting)|cutting[- ]edge|revolutioni[sz]|plays? a (?:crucial|vital|key) role",
    re.IGNORECASE,
)
"""Phrases that could be written about any paper; 22.6% of the sentences of Paperboy's predecessor were of this kind."""
_QUOTE = re.compile(r"“[^”]*”")
_LATIN_RATIO_LIMIT = 2
"""Largest allowed ratio of Latin-only words to words with Hangul; above it the sentence is not Korean.

Names in a row count as one word, such as Gemini Pro Vision and Mixture of Experts.
"""
_LATIN_WORDS_OR_NAMES = re.compile(r"[wo]|[N,]+(?:o[N,]+)*")
"""What the ratio counts, in the letters of `_kind`."""
_LATIN_RUN = re.compile(r"[Nwo]{6,}")
"""More Latin words in a row than a name has, in the letters of `_kind`."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written (`shown`), its `value` with the scale word applied, and its unit: PERCENT, … or None."""

    value: float
    unit: str | None
    shown: str


def numbers(text: str) -> Iterator[Number]:
    """The numbers of a text in order, such as `1.3배`, `1.3x`, `6.2%`, `1,200`, `7B` and `37개`."""
    for found in _NUMBER.finditer(written_out(text)):
        digits, scale, unit = found.groups()
        value = float(digits.replace(",", "")) * (_SCALES[scale.lower()] if scale else 1)
        yield Number(value, _UNITS.get(unit.lower()) if unit else None, found[0].strip())


def names(text: str) -> set[str]:
    """The words in Latin letters, in lower case, without punctuation at their end."""
    return {word.rstrip(".-/_").lower() for word in _NAME.findall(written_out(text))}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a group of texts contains: the units of each number (None for a number without), and the names."""

    units: Mapping[float, frozenset[str | None]]
    names: frozenset[str]


@lru_cache(maxsize=2048)
def evidence_in(texts: tuple[str, ...]) -> Evidence:
    """The numbers and names of `texts`. Cached, because many claims cite the same papers."""
    values: dict[float, set[str | None]] = {}
    words: set[str] = set()
    for text in texts:
        for number in numbers(text):
            values.setdefault(number.value, set()).add(number.unit)
        for word in _WORD.findall(text.lower()):
            if word in _NUMBER_WORDS:
                values.setdefault(float(_NUMBER_WORDS[word]), set()).add(None)
        words |= names(text)
        words |= {part for word in names(text) for part in re.split(r"[-/_.]", word) if part}
    return Evidence({value: frozenset(units) for value, units in values.items()}, frozenset(words))


def number_faults(sentence: str, evidence: Evidence, counts: Iterable[int] = ()) -> Iterator[str]:
    """One fault for each number that is not in the evidence with a fitting unit; `counts` need no evidence."""
    allowed = {float(count) for count in counts}
    for number in numbers(sentence):
        units = evidence.units.get(number.value)
        if units is None:
            if number.value in allowed and number.unit in {None, COUNT}:
                continue
            yield f"the number {number.shown} is not in the papers named"
        elif not _fits(number.unit, units):
            yield f"{number.shown} has another unit in the papers named"


def _fits(unit: str | None, known: frozenset[str | None]) -> bool:
    """True if the units are equal or one of them is missing.

    PERCENT and POINTS count as equal, because papers write either after a percentage.
    """
    if unit in known or unit is None or (unit == COUNT and None in known):
        return True
    if unit in {PERCENT, POINTS}:
        return bool(known & {PERCENT, POINTS, None})
    return unit == TIMES and None in known


def name_faults(sentence: str, evidence: Evidence, common: frozenset[str], language: str) -> Iterator[str]:
    """One fault for each Latin name that is neither in the evidence nor a common term.

    In Korean every Latin word is a name. In other languages a word is a name if it has a capital or a digit after its
    first letter, and in English also if it has a capital in the middle of the sentence.
    """
    known, sentence = evidence.names | common, written_out(sentence)
    for place, word in enumerate(_NAME.findall(sentence)):
        bare = word.rstrip(".-/_")
        is_first = place == 0 or sentence[: sentence.find(word)].rstrip().endswith((".", ":", "“"))
        is_capital = language == "en" and bare[:1].isupper() and not is_first
        is_name = language == "ko" or re.search(r"[A-Z0-9]", bare[1:]) or is_capital
        if not is_name or bare.lower() in known:
            continue
        parts = [part for part in re.split(r"[-/_.]", bare.lower()) if part]
        if len(parts) > 1 and known.issuperset(parts):
            continue
        if {f"{bare.lower()}s", bare.lower().removesuffix("s")} & known:
            continue
        yield f"the name {bare} is not in the papers named"


def style_faults(sentence: str, language: str, titles: str = "") -> Iterator[str]:
    """One fault each for links, a wrong language or script, repetition and boilerplate.

    Quotes are not checked, because their words are the papers' own. A Korean text may use the letters of `titles`.
    """
    frame = _QUOTE.sub(" ", sentence)
    if _URL.search(frame):
        yield "it contains a link"
    if language == "ko":
        yield from _korean_faults(frame, titles)
    elif _has_foreign_script(frame, language) or is_in_another_language(frame, language):
        yield "it is not in the language asked for"
    if _repeats(frame):
        yield "it repeats itself"
    if _BOILERPLATE.search(frame):
        yield "it could be written about any paper: say what was found, with which method, on what, by how much"


def _has_foreign_script(frame: str, language: str) -> bool:
    return any(script.search(frame) for script in _FOREIGN_SCRIPTS.get(language, _FOREIGN_SCRIPTS[""]))


def _korean_faults(frame: str, titles: str) -> Iterator[str]:
    for script, name in ((_KANA, "kana"), (_HAN, "Han"), (_CYRILLIC, "Cyrillic"), (_OTHER_SCRIPT, "foreign")):
        if set(script.findall(frame)) - set(titles):
            yield f"it contains {name} letters"
    words = frame.split()
    hangul = sum(bool(_HANGUL.search(word)) for word in words)
    kinds = "".join(map(_kind, words))
    latin = len(_LATIN_WORDS_OR_NAMES.findall(kinds))
    if (not hangul and frame.strip(" .—")) or latin > _LATIN_RATIO_LIMIT * hangul or _LATIN_RUN.search(kinds):
        yield "it is not Korean"


def _kind(word: str) -> str:
    """w for a Latin word that begins small, o for “of”, N for a name, a comma for a name before one, else a dot."""
    if not _LATIN.search(word) or _HANGUL.search(word):
        return "."
    if word[0].islower():
        return "o" if word == "of" else "w"
    return "," if word.endswith(",") else "N"


def _repeats(text: str) -> bool:
    """True if a word, a phrase or a run of characters is repeated again and again, as models sometimes do."""
    words = text.split()
    if len(words) < 8:
        return bool(re.search(r"(.{2,20}?)\1{4,}", text))
    triples = Counter(zip(words, words[1:], words[2:], strict=False))
    return max(triples.values(), default=0) > 2 or bool(re.search(r"(.{2,20}?)\1{4,}", text))


def common_words(glossary: Mapping[str, str], more: Iterable[str]) -> frozenset[str]:
    """The Latin words, in lower case, that need no support: those of the glossary and of `more`, and their parts."""
    return _words((*glossary, *glossary.values(), *more))


@lru_cache(maxsize=4)
def _words(phrases: tuple[str, ...]) -> frozenset[str]:
    words = {word for phrase in phrases for word in names(phrase)}
    return frozenset(words | {part for word in words for part in re.split(r"[-/_.]", word) if part})
