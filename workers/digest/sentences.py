"""Picks sentences from an abstract for its purpose, result, use and outlook, and finds its key phrases."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sentencex

from workers.domain.models import Paper
from workers.text.clean import fold
from workers.text.latex import readable
from workers.text.quotes import inner_quotes
from workers.text.terms import TermMatcher

_COMFORTABLE = range(40, 281)
"""Lengths in characters that are preferred; a sentence outside them loses a point."""
_PURPOSE = re.compile(
    r"\b(?:we|this (?:paper|work|study|article|report)|here,? we)\b.{0,40}?\b"
    r"(?:propos|present|introduc|develop|stud(?:y|ies)|investigat|examin|explor|address|tackl|offer|show how|formulat|"
    r"design|describ|extend|hide|build|release|evaluat)",
    re.IGNORECASE,
)
_RESULT = re.compile(
    r"\b(?:outperform|surpass|achiev|improv|reduc|exceed|gain|reach|attain|speed|faster|state-of-the-art|"
    r"(?:results?|experiments?|evaluations?|analys[ie]s) (?:show|demonstrat|reveal|suggest|indicat)|"
    r"we (?:find|show|prove|observe)|"
    r"compared (?:to|with)|up to|scales? with)",
    re.IGNORECASE,
)
_USE = re.compile(
    r"\b(?:enabl|applicat|practical|real[- ]world|deploy|clinic\w* (?:use|practice|workflow)|benefit|facilitat|"
    r"can (?:be used|help|serve|support)|useful|makes? it possible|allow|without (?:the need|requiring|needing)|"
    r"open[- ]sourc|publicly available|code (?:is|and|are)|pave)",
    re.IGNORECASE,
)
_OUTLOOK = re.compile(
    r"\b(?:future|limitations?\b|remains? (?:open|unclear|challenging|to be)|open (?:problem|question|challenge)s?|"
    r"further (?:work|research|stud(?:y|ies))|weakness|promising|the potential (?:of|to|for)|"
    r"opens? (?:up|the|new)|not yet)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?:|www\.|\w\.(?:com|org|io|net)\b")
"""A sentence with an address is never picked, because text from papers must bring no link into a chat."""
_NUMBER = re.compile(r"(?<![\w.-])\d[\d,.]*(?:\s?(?:%|x\b|×|times\b|points?\b|B\b|M\b|K\b|ms\b|fold\b))?")
_UNIT = re.compile(r"%|x\b|×|\btimes\b|\bpoints?\b|\bfold\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Extract:
    """Sentences of one abstract, unchanged except for TeX; each is in one field only, "" where there is none.

    `strength` compares the result with those of other papers. `phrases` maps glossary terms (English, lower case) to
    their points for this paper.
    """

    purpose: str
    result: str
    use: str
    outlook: str
    strength: float
    phrases: Mapping[str, float]


class Extractor:
    """Reads abstracts with one glossary, whose keys are the key phrases to find (English, lower case)."""

    def __init__(self, glossary: Mapping[str, str]) -> None:
        self._matcher = TermMatcher(glossary)

    def read(self, paper: Paper) -> Extract:
        sentences = [
            sentence for sentence in split(inner_quotes(readable(paper.abstract))) if not _ADDRESS.search(sentence)
        ]
        # Sentences before the purpose are background, not this paper's result, use or outlook.
        start = next((place for place, sentence in enumerate(sentences) if _PURPOSE.search(sentence)), 0)
        left = sentences[start:]
        purpose = left.pop(0) if left else ""
        result = _take(left, _result_points)
        middle = len(sentences) // 2
        later = [sentence for sentence in left if sentence in sentences[middle:]]
        use = _take(later, lambda sentence: 2.0 * bool(_USE.search(sentence)))
        outlook = _take(later, lambda sentence: 2.0 * bool(_OUTLOOK.search(sentence)))
        return Extract(
            purpose=purpose,
            result=result,
            use=use,
            outlook=outlook,
            strength=_result_points(result),
            phrases=self._phrases(paper.title, sentences),
        )

    def _phrases(self, title: str, sentences: list[str]) -> dict[str, float]:
        """Term → points: 2 in the title, 0.25 for each mention in the abstract up to 1, 0.5 for several words."""
        in_title, in_text = self._matcher.find(title), self._matcher.find(" ".join(sentences))
        return {
            term: 2.0 * (term in in_title) + min(0.25 * in_text.count(term), 1.0) + 0.5 * (" " in term)
            for term in dict.fromkeys([*in_title, *in_text])
        }


def split(text: str) -> list[str]:
    """The sentences of an English text, in order, except those without a letter."""
    return [sentence for raw in sentencex.segment("en", text) if re.search(r"[A-Za-z]", sentence := fold(raw))]


def _result_points(sentence: str) -> float:
    """Points for words that announce a result, for numbers, and for a number with a unit beside such a word."""
    numbers = _NUMBER.findall(sentence)
    cue = bool(_RESULT.search(sentence))
    if not cue and not numbers:
        return 0.0
    return 2.0 * cue + min(len(numbers), 3) * 0.7 + 1.5 * (cue and bool(numbers) and bool(_UNIT.search(sentence)))


def _take(left: list[str], points: Callable[[str], float]) -> str:
    """Remove the sentence with most points from `left` and return it, the earlier one of equals; "" if none has any."""
    scored = [(points(sentence) - (len(sentence) not in _COMFORTABLE), -place) for place, sentence in enumerate(left)]
    best = max(scored, default=(0.0, 0))
    return left.pop(-best[1]) if left and best[0] > 0 and points(left[-best[1]]) > 0 else ""
