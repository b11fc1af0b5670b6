"""Which papers a question names, from its words and the posted message that it is about."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from workers.text.matching import matching_key, written_out
from workers.text.tokenize import terms

_ARXIV = re.compile(
    r"(?<![\d.])(\d{4}\.\d{4,5})(?:v\d+)?(?![\d.])|arxiv\.org/(?:abs|html|pdf)/([\w.-]+/\d{7}|\d{4}\.\d{4,5})"
)
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5, "6th": 6, "7th": 7, "8th": 8, "9th": 9, "10th": 10,
}  # fmt: skip
_KOREAN_ORDINALS = {
    "첫": 1, "첫번째": 1, "두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9, "열": 10,
}  # fmt: skip
_KOREAN_ORDINAL = re.compile(
    rf"(?<![가-힣])({'|'.join(sorted(_KOREAN_ORDINALS, key=len, reverse=True))})\s*(?:번\s*째|째)(?:\s|로|[가-힣]|$)?"
)
_ENGLISH_ORDINAL = re.compile(
    rf"\b(?:the\s+)?({'|'.join(_ORDINALS)})\b(?!\s+(?:time|step|stage|order|layer|author|place))", re.IGNORECASE
)
_LAST = re.compile(
    r"(?<![가-힣])(?:마지막|맨\s*(?:끝|아래|뒤)|제일\s*(?:끝|아래))|\b(?:the\s+)?last\s+(?:one|paper)\b|\blast\b(?=\s*(?:[,?.!]|$))",
    re.IGNORECASE,
)
_KEYWORD = re.compile(r"(?<![A-Za-z0-9])K\s?(\d{1,2})(?!\d)(?=[^A-Za-z0-9]|$)")
_NUMBER = re.compile(
    r"(?:\[|#|(?:paper|papers|no\.?|number|논문)\s*)(\d{1,3})(?!\d|[.,]\d|\s?%)"
    r"|(?<![\d.,\w])(\d{1,3})\s*번(?!\s*째)(?:\s*논문)?"
    r"|\[(\d{1,3})\]",
    re.IGNORECASE,
)
_LIST = re.compile(
    r"(?<![\d.,\w])(\d{1,3})\s*(?:번|번째)?\s*(?:이랑|랑|과|와|하고|및|,|·|and|&|vs\.?|versus|or|이나|대)\s*(?:the\s+)?(?:paper\s+)?(\d{1,3})(?!\d|[.,]\d|\s?%)"
    r"(?:\s*번?\s*(?:이랑|랑|과|와|하고|및|,|·|and|&|vs\.?)\s*(\d{1,3})(?!\d|[.,]\d|\s?%))?",
    re.IGNORECASE,
)
_ALL = re.compile(r"(?:둘|두\s*논문|두\s*편|both|the two)(?![가-힣]*\s*번)", re.IGNORECASE)
_COMPARE = re.compile(
    r"비교|차이|다른\s*점|공통점|더\s*(?:낫|좋|빠|나은)|compare|differ|versus|\bvs\b|better than", re.IGNORECASE
)
_MOST_PAPERS = 4
"""Papers that one answer is about, at most."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A paper that may be meant.

    `label` is printed before it (7, K2). `place` is its place in the posted message, from 1; 0 outside the message.
    """

    label: str
    title: str
    arxiv_id: str | None = None
    place: int = 0


@dataclass(frozen=True, slots=True)
class Resolved:
    """The papers that are meant: `labels` of candidates, in order, and arXiv `ids` of papers that are no candidates."""

    labels: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    compares: bool = False

    @property
    def found(self) -> bool:
        return bool(self.labels or self.ids)


def resolve(question: str, candidates: Sequence[Candidate], in_focus: Sequence[str] = ()) -> Resolved:
    """The papers that `question` names.

    A printed number is a paper's number in the edition; an ordinal is its place in the posted message. `in_focus` are
    the labels of the last exchange, which are meant where the question names no paper.
    """
    question = written_out(question)
    compares = bool(_COMPARE.search(question))
    ids = tuple(dict.fromkeys(first or second for first, second in _ARXIV.findall(question)))
    if ids:
        known = {paper.arxiv_id: paper.label for paper in candidates if paper.arxiv_id}
        labels = tuple(known[arxiv_id] for arxiv_id in ids if arxiv_id in known)
        return Resolved(labels, tuple(arxiv_id for arxiv_id in ids if arxiv_id not in known), compares)
    by_label = {each.label.upper(): each for each in candidates}
    post = sorted((each for each in candidates if each.place), key=lambda each: each.place)
    named = [label for label in _labels(question) if label in by_label]
    named += [each.label for each in _ordinals(question, post or list(candidates))]
    if named:
        return Resolved(tuple(dict.fromkeys(named))[:_MOST_PAPERS], (), compares)
    titled = by_title(question, candidates)
    if titled:
        return Resolved(titled[:_MOST_PAPERS], (), compares)
    if in_focus and (not post or _ALL.search(question)):
        return Resolved(tuple(in_focus)[:_MOST_PAPERS], (), compares)
    if len(post) == 1 or (post and _ALL.search(question) and len(post) == 2):
        return Resolved(tuple(each.label for each in post), (), compares)
    return Resolved(tuple(in_focus)[:_MOST_PAPERS] if in_focus else (), (), compares)


def by_title(question: str, candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """Labels of the papers whose own name (before the colon) or half of whose title words are in the question."""
    question_terms, folded = set(terms(question)), matching_key(question)
    scored: list[tuple[float, int, str]] = []
    common = _common(candidates)
    for paper in candidates:
        name, colon, _ = paper.title.partition(":")
        own_name = rf"(?<![a-z0-9]){re.escape(matching_key(name))}(?![a-z0-9])"
        named = re.search(own_name, folded) if len(name) > 2 else None
        if colon and named:
            scored.append((2.0, named.start(), paper.label))
            continue
        title_terms = set(terms(paper.title)) - common
        share = len(title_terms & question_terms) / len(title_terms) if title_terms else 0.0
        if share >= 0.5 and len(title_terms & question_terms) >= 2:
            scored.append((share, 0, paper.label))
    scored.sort(key=lambda each: (-each[0], each[1]))
    best = scored[0][0] if scored else 0.0
    return tuple(label for score, _, label in scored if score >= best - 0.1)


def _common(candidates: Sequence[Candidate]) -> set[str]:
    """Terms that are in too many titles to tell papers apart."""
    counts: dict[str, int] = {}
    for each in candidates:
        for word in set(terms(each.title)):
            counts[word] = counts.get(word, 0) + 1
    return {word for word, count in counts.items() if count > max(2, len(candidates) // 5)}


def _labels(question: str) -> list[str]:
    """The printed numbers in a question, in its order."""
    found: list[tuple[int, str]] = [(match.start(), f"K{match[1]}") for match in _KEYWORD.finditer(question)]
    for match in _LIST.finditer(question):
        found += [(match.start(n), match[n]) for n in (1, 2, 3) if match[n]]
    for match in _NUMBER.finditer(question):
        number = next(each for each in match.groups() if each)
        found.append((match.start(), number))
    ordered = [label.upper() for _, label in sorted(found)]
    return list(dict.fromkeys(str(int(each)) if each.isdigit() else each for each in ordered))


def _ordinals(question: str, post: Sequence[Candidate]) -> list[Candidate]:
    """The papers of the posted message at the places that the question names."""
    korean = ((each.start(), _KOREAN_ORDINALS[each[1].replace(" ", "")]) for each in _KOREAN_ORDINAL.finditer(question))
    counted = ((each.start(), int(each[1])) for each in re.finditer(r"(?<![\d.])(\d{1,2})\s*번\s*째", question))
    english = ((each.start(), _ORDINALS[each[1].lower()]) for each in _ENGLISH_ORDINAL.finditer(question))
    last = ((each.start(), len(post)) for each in _LAST.finditer(question))
    places = [*korean, *counted, *english, *last]
    return [post[place - 1] for _, place in sorted(places) if 0 < place <= len(post)]
