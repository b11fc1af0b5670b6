"""What a sentence claims, held against the papers it names: numbers with their units, names, language, manner."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

PERCENT, TIMES, POINTS, COUNT = "percent", "times", "points", "count"

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
_WORDS = {
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
_FOREIGN_TO = {
    "": (_HANGUL, _KANA, _HAN),
    "en": (_HANGUL, _KANA, _HAN, _CYRILLIC),
    **dict.fromkeys(["ja", "zh"], (_HANGUL,)),
}
"""Scripts that a text in a language does not hold; "" is every other language."""
_BOILERPLATE = re.compile(
    r"중요한 (?:역할|의미|기여)를? (?:할|가|하|될)|주목할 만|큰 (?:영향|도움|기여)을? (?:미칠|줄|할)|"
    r"기대(?:됩니다|된다|를 모)|"
    r"가능성을 (?:보여|열어|제시)|새로운 (?:지평|가능성)|발전에 기여|필요합니다\.?$|전망입니다\.?$|"
    r"paves? the way|game[- ]chang|significant(?:ly)? (?:impact|contribut|advanc)|holds? (?:great )?promise|"
    r"it is (?:important|worth) (?:to note|noting)|cutting[- ]edge|revolutioni[sz]|plays? a (?:crucial|vital|key) role",
    re.IGNORECASE,
)
"""Sentences that would stand under any paper; the ancestor's reports held them in more than one of five."""
_QUOTE = re.compile(r"“[^”]*”")
_FOREIGN = 2
"""Words without Hangul for one with it; names and terms are as many at most."""


@dataclass(frozen=True, slots=True)
class Number:
    """`value` with scale words counted in; `unit` one of ours, or none."""

    value: float
    unit: str | None
    shown: str


def numbers(text: str) -> Iterator[Number]:
    """The numbers of a text: `1.3배` and `1.3x`, `6.2%`, `1,200`, `7B`, `37개`."""
    for found in _NUMBER.finditer(text):
        digits, scale, unit = found.groups()
        value = float(digits.replace(",", "")) * (_SCALES[scale.lower()] if scale else 1)
        yield Number(value, _UNITS.get(unit.lower()) if unit else None, found[0].strip())


def names(text: str) -> set[str]:
    """Words in Latin letters, lower case, without their full stop."""
    return {word.rstrip(".-/_").lower() for word in _NAME.findall(text)}


@dataclass(frozen=True)
class Evidence:
    """The texts a claim may rest on, read once: their numbers and their names."""

    texts: tuple[str, ...]

    def held(self) -> tuple[dict[float, set[str | None]], set[str]]:
        return _held(self.texts)


@lru_cache(maxsize=2048)
def _held(texts: tuple[str, ...]) -> tuple[dict[float, set[str | None]], set[str]]:
    values: dict[float, set[str | None]] = {}
    words: set[str] = set()
    for text in texts:
        for number in numbers(text):
            values.setdefault(number.value, set()).add(number.unit)
        for word in _WORD.findall(text.lower()):
            if word in _WORDS:
                values.setdefault(float(_WORDS[word]), set()).add(None)
        words |= names(text)
        words |= {part for word in names(text) for part in re.split(r"[-/_.]", word) if part}
    return values, words


def number_faults(sentence: str, evidence: Evidence, counts: Iterable[int] = ()) -> Iterator[str]:
    """Numbers that do not stand in the evidence with a fitting unit; `counts` of listed papers are free."""
    held, free = evidence.held()[0], {float(count) for count in counts}
    for number in numbers(sentence):
        units = held.get(number.value)
        if units is None:
            if number.value in free and number.unit in {None, COUNT}:
                continue
            yield f"the number {number.shown} does not stand in the papers named"
        elif not _fits(number.unit, units):
            yield f"{number.shown} has another unit in the papers named"


def _fits(unit: str | None, held: set[str | None]) -> bool:
    """The same unit, or none told on one side; points and percent are both written after a percentage."""
    if unit in held or unit is None or (unit == COUNT and None in held):
        return True
    if unit in {PERCENT, POINTS}:
        return bool(held & {PERCENT, POINTS, None})
    return unit == TIMES and bool(held & {TIMES, None})


def name_faults(sentence: str, evidence: Evidence, common: frozenset[str], language: str) -> Iterator[str]:
    """Latin names that stand neither in the evidence nor among common terms.

    In Korean any Latin word is a name; elsewhere one with a capital inside or a digit, and in English one with a
    capital in the middle of the sentence.
    """
    held = evidence.held()[1]
    for place, word in enumerate(found := _NAME.findall(sentence)):
        bare = word.rstrip(".-/_")
        first = place == 0 or sentence[: sentence.find(found[place])].rstrip().endswith((".", ":", "“"))
        capital = language == "en" and bare[:1].isupper() and not first
        named = language == "ko" or re.search(r"[A-Z0-9]", bare[1:]) or capital
        if not named or bare.lower() in held or bare.lower() in common:
            continue
        parts = [part for part in re.split(r"[-/_.]", bare.lower()) if part]
        if len(parts) > 1 and all(part in held or part in common for part in parts):
            continue
        if {f"{bare.lower()}s", bare.lower().removesuffix("s")} & (held | common):
            continue
        yield f"the name {bare} does not stand in the papers named"


def manner_faults(sentence: str, language: str, titles: str = "") -> Iterator[str]:
    """Script, language, repetition, links and phrases that say nothing; what is quoted is the papers' own."""
    frame = _QUOTE.sub(" ", sentence)
    if _URL.search(frame):
        yield "it holds a link"
    if language == "ko":
        yield from _korean_faults(frame, titles)
    elif any(script.search(frame) for script in _FOREIGN_TO.get(language, _FOREIGN_TO[""])):
        yield "it is not in the language asked for"
    if _repeats(frame):
        yield "it repeats itself"
    if _BOILERPLATE.search(frame):
        yield "it would stand under any paper: say what was found, with which method, on what, by how much"


def _korean_faults(frame: str, titles: str) -> Iterator[str]:
    for script, name in ((_KANA, "kana"), (_HAN, "Han"), (_CYRILLIC, "Cyrillic"), (_OTHER_SCRIPT, "foreign")):
        if set(script.findall(frame)) - set(titles):
            yield f"it holds {name} letters"
    words = [(bool(_HANGUL.search(word)), bool(_LATIN.search(word))) for word in frame.split()]
    hangul, foreign = sum(has for has, _ in words), sum(latin and not has for has, latin in words)
    run = re.search(r"F{6,}", "".join("F" if latin and not has else "." for has, latin in words))
    if (not hangul and frame.strip(" .—")) or foreign > _FOREIGN * hangul or run:
        yield "it is not Korean"


def _repeats(text: str) -> bool:
    """A word or run of words said over and over, as models do when they lose the thread."""
    words = text.split()
    if len(words) < 8:
        return bool(re.search(r"(.{2,20}?)\1{4,}", text))
    triples = Counter(zip(words, words[1:], words[2:], strict=False))
    return max(triples.values(), default=0) > 2 or bool(re.search(r"(.{2,20}?)\1{4,}", text))


def common_words(glossary: Mapping[str, str], more: Iterable[str]) -> frozenset[str]:
    """Words that need no paper: the glossary's own, in English and in its Korean, and `more`."""
    phrases = [*glossary, *glossary.values(), *more]
    return frozenset(word for phrase in phrases for word in names(phrase)) | frozenset(
        part for phrase in phrases for word in names(phrase) for part in re.split(r"[-/_.]", word) if part
    )
