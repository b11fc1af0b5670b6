"""An answer without a model: the best sentences of the papers' own passages, each with its place in the paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sentencex

from workers.answers.query import Query
from workers.answers.retrieve import Found, Index
from workers.domain.answers import Answer, Citation, CitedPaper, Sentence
from workers.domain.models import Paper
from workers.domain.passages import PaperText, Passage
from workers.text.tokenize import terms

THRESHOLD = 0.5
"""Share of a question's terms that one passage must have; below it the paper does not seem to answer.

tests/benchmarks/retrieval.py prints what that refuses.
"""
_SHOWN_OF_ONE = 3
"""Passages shown where one paper is asked about."""
_SHOWN_OF_SEVERAL = 2
"""Passages shown of each paper where several are asked about."""
_LONGEST_QUOTE = 400
"""Characters."""


@dataclass(frozen=True, slots=True)
class OpenPaper:
    """A paper whose text was read.

    `label` is its number for readers ("" where it has none), `line` is what the digest says of it.
    """

    label: str
    paper: Paper
    text: PaperText
    line: str = ""

    def search_terms(self, query: Query) -> Mapping[str, float]:
        """The query's terms; where it has none, those of the paper's title and line, which find its core passages.

        They are not added to a query that has terms, because that hurts: recall at 5 of Korean questions falls from
        .49 to .43 at a tenth of their weight.
        """
        return query.terms or dict.fromkeys(terms(f"{self.paper.title} {self.line}"), 1.0)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Word lists: Korean terms → English, the digest's glossary, and how many of 10,000 abstracts have a stem."""

    korean_terms: Mapping[str, str]
    glossary: Mapping[str, str]
    frequencies: Mapping[str, float]


def extracts(query: Query, papers: Sequence[OpenPaper], vocabulary: Vocabulary) -> Answer:
    """The closest passages of each paper, by their best sentences; not `answerable` where all are below THRESHOLD."""
    sentences: list[Sentence] = []
    answerable = False
    for paper in papers:
        index, weights = Index(paper.text.passages), paper.search_terms(query)
        answerable = answerable or index.coverage(query.terms, vocabulary.frequencies) >= THRESHOLD
        ranked = index.search(weights)
        found = [each for each in ranked if each.score > 0] or ranked[:1]
        shown = _SHOWN_OF_ONE if len(papers) == 1 else _SHOWN_OF_SEVERAL
        sentences += [_extract(each, weights, paper) for each in found[:shown]]
    return Answer(answerable, cited_papers(papers), tuple(sentences))


def cited_papers(papers: Sequence[OpenPaper]) -> tuple[CitedPaper, ...]:
    """The papers that an answer is about, as readers are shown them."""
    return tuple(CitedPaper(each.label, each.paper.title, _page_url(each.paper), each.text.read) for each in papers)


def cite(paper: OpenPaper, passage: Passage, quote: str) -> Citation:
    return Citation(paper.paper.arxiv_id or paper.paper.title, passage.section, quote, _passage_url(paper, passage))


def _page_url(paper: Paper) -> str:
    return f"https://arxiv.org/abs/{paper.arxiv_id}" if paper.arxiv_id else paper.links[0].url if paper.links else ""


def _passage_url(open_paper: OpenPaper, passage: Passage) -> str:
    """The passage's address, built from the paper's id, because text from a paper never brings a link of its own."""
    paper, read = open_paper.paper, open_paper.text.read
    if paper.arxiv_id and read in {"html", "pdf"}:
        version = f"v{paper.version}" if paper.version else ""
        anchor = f"#{passage.anchor}" if passage.anchor else ""
        return f"https://arxiv.org/{read}/{paper.arxiv_id}{version}{anchor}"
    return _page_url(paper)


def _extract(found: Found, weights: Mapping[str, float], paper: OpenPaper) -> Sentence:
    """The sentence of the passage that has most of the weighted terms, unchanged but for its length."""
    passage = found.passage
    sentences = [text.strip() for text in sentencex.segment("en", passage.text) if text.strip()] or [passage.text]

    def score(sentence: str) -> float:
        found_terms = set(terms(sentence))
        return sum(weight for term, weight in weights.items() if term in found_terms)

    best = max(sentences, key=score)[:_LONGEST_QUOTE]
    return Sentence(best, (cite(paper, passage, passage.text[:_LONGEST_QUOTE]),))
