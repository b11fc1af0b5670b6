"""An answer without a model: the papers' own passages, by their best sentences, with the places they stand at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sentencex

from workers.answers.retrieve import Found, Index, asked, terms
from workers.domain.answers import Answer, Citation, CitedPaper, Sentence
from workers.domain.models import Paper
from workers.domain.passages import PaperText, Passage

THRESHOLD = 0.5
"""Share of a question's terms that must stand in one passage; below it the paper does not seem to say (see
tests/benchmarks/retrieval.py for what that refuses)."""
_SHOWN, _SHOWN_EACH = 3, 2
"""Passages shown of one paper, and of each of several."""
_LONGEST_QUOTE = 400


@dataclass(frozen=True, slots=True)
class OpenPaper:
    """One paper to answer from, as it was read; `label` is how readers know it, `line` what the digest says of it."""

    label: str
    paper: Paper
    reading: PaperText
    line: str = ""

    def wanted(self, question: str, korean_terms: Mapping[str, str]) -> Mapping[str, float]:
        """The question's terms; where none is known, those of the paper's own entry, whose passages are its core.

        Beside known ones they would hurt (recall at 5 of Korean questions .49 → .43 at a tenth of their weight).
        """
        return asked(question, korean_terms) or dict.fromkeys(terms(f"{self.paper.title} {self.line}"), 1.0)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What is known of words: Korean terms → English, the digest's glossary, how common stems are among papers."""

    korean_terms: Mapping[str, str]
    glossary: Mapping[str, str]
    frequencies: Mapping[str, float]


def extracts(question: str, books: Sequence[OpenPaper], words: Vocabulary) -> Answer:
    """Without a model: the closest passages of each paper, by their best sentences; a refusal below the threshold."""
    known = asked(question, words.korean_terms)
    sentences: list[Sentence] = []
    answerable = False
    for book in books:
        index, wanted = Index(book.reading.passages), book.wanted(question, words.korean_terms)
        answerable = answerable or index.coverage(known, words.frequencies) >= THRESHOLD
        found = [each for each in index.search(wanted) if each.score > 0] or index.search(wanted)[:1]
        shown = _SHOWN if len(books) == 1 else _SHOWN_EACH
        sentences += [_extract(each, wanted, book) for each in found[:shown]]
    return Answer(answerable, heads(books), tuple(sentences))


def heads(books: Sequence[OpenPaper]) -> tuple[CitedPaper, ...]:
    return tuple(CitedPaper(book.label, book.paper.title, page_of(book.paper), book.reading.read) for book in books)


def page_of(paper: Paper) -> str:
    return f"https://arxiv.org/abs/{paper.arxiv_id}" if paper.arxiv_id else paper.links[0].url if paper.links else ""


def place_of(book: OpenPaper, passage: Passage) -> str:
    """Where a passage stands, built by code: no text ever brings a link of its own."""
    paper = book.paper
    if paper.arxiv_id and book.reading.read in {"html", "pdf"}:
        version = f"v{paper.version}" if paper.version else ""
        anchor = f"#{passage.anchor}" if passage.anchor else ""
        return f"https://arxiv.org/{book.reading.read}/{paper.arxiv_id}{version}{anchor}"
    return page_of(paper)


def _extract(found: Found, wanted: Mapping[str, float], book: OpenPaper) -> Sentence:
    """The passage's best sentence, in its own words."""
    passage = found.passage
    sentences = [each.strip() for each in sentencex.segment("en", passage.text) if each.strip()] or [passage.text]

    def weight(sentence: str) -> float:
        words = set(terms(sentence))
        return sum(weight for term, weight in wanted.items() if term in words)

    best = max(sentences, key=weight)[:_LONGEST_QUOTE]
    return Sentence(best, (cite(book, passage, passage.text[:_LONGEST_QUOTE]),))


def cite(book: OpenPaper, passage: Passage, quote: str) -> Citation:
    return Citation(book.paper.arxiv_id or book.paper.title, passage.section, quote, place_of(book, passage))
