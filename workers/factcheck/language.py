"""Tells whether a text is in another language than the one asked for."""

import math
import re
from collections.abc import Mapping
from threading import Lock

_KANA = re.compile(r"[\u3040-\u30ff]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_OWN_LETTERS: Mapping[str, re.Pattern[str]] = {
    "ja": re.compile(r"[\u3040-\u30ff\u3400-\u9fff]"),
    "zh": _HAN,
    "el": re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]"),
    "hy": re.compile(r"[\u0531-\u058f]"),
    "he": re.compile(r"[\u05d0-\u05ea]"),
    "pa": re.compile(r"[\u0a00-\u0a7f]"),
    "gu": re.compile(r"[\u0a80-\u0aff]"),
    "ta": re.compile(r"[\u0b80-\u0bff]"),
    "te": re.compile(r"[\u0c00-\u0c7f]"),
    "kn": re.compile(r"[\u0c80-\u0cff]"),
    "ml": re.compile(r"[\u0d00-\u0d7f]"),
    "si": re.compile(r"[\u0d80-\u0dff]"),
    "th": re.compile(r"[\u0e00-\u0e7f]"),
    "lo": re.compile(r"[\u0e80-\u0eff]"),
    "my": re.compile(r"[\u1000-\u109f]"),
    "ka": re.compile(r"[\u10a0-\u10ff]"),
    "am": re.compile(r"[\u1200-\u139f]"),
    "km": re.compile(r"[\u1780-\u17ff]"),
}
"""Languages whose letters no other language of a digest has (ja and zh are told apart by kana) → those letters."""
_HAN_WITHOUT_KANA = 4
"""Most Han letters of a Japanese sentence that has no kana."""
_TERM_WORDS = 5
"""Most words of a term: a keyword is often English in every language ("reinforcement learning from human feedback")."""
_FEWEST_LETTERS = 8
"""Shorter texts are not judged; names, compounds and numbers do not count."""
_ENGLISH_MARGIN = 1.5
"""How much likelier a text must be in English than in the language asked for; see `_advantages` for the unit.

None of the 497 right sentences of tests/factcheck/languages in 14 languages exceeds it (the next one has 1.3). Of 141
English sentences at least 95% do for each of these languages, and of 6,000 of recorded abstracts more than 99%.
"""
_OTHER_MARGIN = 3.0
"""The same for languages other than English: larger, because some are hard to tell apart (no and sv, gl and pt)."""
_ranking = Lock()
"""Held while texts are ranked, so that threads do not load the library's model (0.7 s, 76 MB) more than once."""


def is_in_another_language(text: str, language: str) -> bool:
    """True if `text` is a sentence and certainly not in `language`, a two-letter code other than `ko`.

    False for terms, for texts too short to tell, and for a language that py3langid does not know.
    """
    if _is_term(text):
        return False
    if own := _OWN_LETTERS.get(language):
        return _is_in_another_script(text, language, own)
    words = _telling_words(text)
    if sum(map(str.isalpha, words)) < _FEWEST_LETTERS:
        return False
    return any(
        advantage > (_ENGLISH_MARGIN if other == "en" else _OTHER_MARGIN)
        for other, advantage in _advantages(words, language).items()
    )


def _is_term(text: str) -> bool:
    """True for a keyword, and for several that are separated by middle dots."""
    bare = text.strip()
    return not bare.endswith((".", "!", "?", "。", "！", "？")) and all(
        len(part.split()) <= _TERM_WORDS for part in bare.split("·")
    )


def _is_in_another_script(text: str, language: str, own: re.Pattern[str]) -> bool:
    """True if more words of other scripts than own letters are in it; those with a capital are names."""
    foreign = [word for word in own.sub(" ", text).split() if word[0].isalpha() and not word[0].isupper()]
    if len(foreign) > len(own.findall(text)):
        return True
    kana, han = len(_KANA.findall(text)), len(_HAN.findall(text))
    return (language == "ja" and not kana and han > _HAN_WITHOUT_KANA) or (language == "zh" and 4 * kana > han)


def _telling_words(text: str) -> str:
    """The words that tell the language: no names (a digit, an inner capital) and no English terms (-ing, compounds)."""
    words = (word.strip(".,:;!?()[]“”\"'—–…") for word in text.split())
    return " ".join(word for word in words if word and not _is_name_or_term(word))


def _is_name_or_term(word: str) -> bool:
    inner = re.sub(r"^\w['’]", "", word)[1:]  # without the article of “l'ImageNet”
    return bool(re.search(r"\d|-\w{3}|-.*-", word)) or inner != inner.lower() or word.endswith(("ing", "ings"))


def _advantages(text: str, language: str) -> Mapping[str, float]:
    """Other language → how much likelier `text` is in it than in `language`; empty if `language` is not known.

    The unit is the difference of the log-likelihoods by the square root of the UTF-8 length, which py3langid's own
    probabilities are made of.
    """
    with _ranking:
        from py3langid import rank  # loads NumPy, and at its first call the model

        likelihoods: dict[str, float] = dict(rank(text))
    if (own := likelihoods.pop(language, None)) is None:
        return {}
    unit = math.sqrt(len(text.encode()))
    return {other: (likelihood - own) / unit for other, likelihood in likelihoods.items()}
