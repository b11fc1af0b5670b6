"""Which papers a question is about, and their texts: those it names, else those that its words fit best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from workers.answers.extractive import THRESHOLD, OpenPaper
from workers.answers.query import Query
from workers.answers.resolve import Candidate, Resolved, resolve
from workers.answers.retrieve import Index
from workers.answers.services import AnswerServices, Exchange, PaperRow
from workers.domain.passages import Passage
from workers.domain.questions import Question
from workers.text.tokenize import bigrams, terms

_CLEAR = 1.25
"""The best paper is meant where its score is this many times that of the next one; else the reader is asked back."""
_OFFERED = 4
"""Papers to choose from, at most."""
_LEAST_SCORE = 1.0
"""A paper of an edition with this score or less has nothing to do with the question."""
_RAREST = 6
"""Terms of a question, the rarest first, that the archive is searched by."""
_LINE_WEIGHT = 3
"""Score of a paper whose Korean line in the digest has all syllable pairs of the question."""


@dataclass(frozen=True, slots=True)
class Meant:
    """The papers that a question is about; none with `choices`, the (label, title) pairs to ask the reader back."""

    papers: Sequence[OpenPaper] = ()
    choices: tuple[tuple[str, str], ...] = ()


def papers_meant(query: Query, question: Question, exchanges: Sequence[Exchange], services: AnswerServices) -> Meant:
    """The papers that the question names, else those of the last exchange, else those that its words fit best."""
    scope, last = _scope(question, exchanges, services), exchanges[-1] if exchanges else None
    resolved = resolve(query.text, scope.candidates(), last.labels if last else ())
    papers = _open_resolved(resolved, scope, services)
    if not papers and last and not resolved.found:
        papers = [paper for arxiv_id in last.papers if (paper := _open_by_id(arxiv_id, services))]
    return Meant(papers) if papers else _search(query, scope, services)


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where a question's papers are looked for first."""

    rows: Sequence[PaperRow]
    """The papers of the edition, by their numbers."""
    places: Mapping[str, int]
    """Label → place in the posted message that the question is about, from 1; empty without such a message."""
    keyword_hits: Sequence[Candidate]
    """Papers of that message that are in no edition."""
    lines: Mapping[str, str]
    """Label → the paper's line in the digest."""

    def candidates(self) -> list[Candidate]:
        listed = [
            Candidate(row.label, row.paper.title, row.paper.arxiv_id, self.places.get(row.label, 0))
            for row in self.rows
        ]
        return [*listed, *self.keyword_hits]


def _scope(question: Question, exchanges: Sequence[Exchange], services: AnswerServices) -> _Scope:
    """The edition of the posted message, else that of the conversation, else the newest one."""
    about, language = question.asked.about, question.asked.language
    if about:
        day: date | None = about.day
    else:
        day = (exchanges[-1].day if exchanges else None) or services.newest(language)
    text = services.digest_text(day, language) if day else None
    return _Scope(
        rows=list(services.paper_texts.edition(day)) if day else [],
        places={str(n): place for place, n in enumerate(about.papers if about else (), start=1)},
        keyword_hits=[Candidate(label, "", arxiv_id) for label, arxiv_id in (about.keyed if about else ())],
        lines={str(paper.n): paper.tldr for paper in text.digest.papers} if text else {},
    )


def _open_resolved(resolved: Resolved, scope: _Scope, services: AnswerServices) -> list[OpenPaper]:
    rows = {row.label: row for row in scope.rows}
    hits = {hit.label: hit.arxiv_id for hit in scope.keyword_hits if hit.arxiv_id}
    papers: list[OpenPaper] = []
    for label in resolved.labels:
        if label in rows:
            papers.append(_open(rows[label], services, scope.lines.get(label, "")))
        elif label in hits and (hit := _open_by_id(hits[label], services)):
            papers.append(replace(hit, label=label))
    return [*papers, *(paper for arxiv_id in resolved.ids if (paper := _open_by_id(arxiv_id, services)))]


def _open_by_id(arxiv_id: str, services: AnswerServices) -> OpenPaper | None:
    row = services.paper_texts.by_arxiv(arxiv_id)
    return _open(row, services) if row else None


def _open(row: PaperRow, services: AnswerServices, line: str = "") -> OpenPaper:
    """The paper with its text, which is fetched and kept where the store lacks it."""
    text = services.paper_texts.get(row.paper_id)
    if text is None:
        fetched = services.fetch(row.paper)
        text = fetched.text
        if fetched.is_final:
            services.paper_texts.keep(row.paper_id, text)
    return OpenPaper(row.label, row.paper, text, line)


def _search(query: Query, scope: _Scope, services: AnswerServices) -> Meant:
    """The paper that the question's words fit best, in the posted message, then the edition, then the archive."""
    post = [row for row in scope.rows if row.label in scope.places]
    for group in (post, scope.rows):
        ranked = _ranked(query, group, scope.lines)
        if ranked and (len(ranked) == 1 or ranked[0].score >= _CLEAR * ranked[1].score):
            return Meant([_open(ranked[0].row, services)])
        close = [each.row for each in ranked if each.score * _CLEAR > ranked[0].score]
        also = post if group is post else ()
        offered = list({row.label: row for row in [*close, *also]}.values())[:_OFFERED]
        if offered:
            return Meant(choices=tuple((row.label, row.paper.title) for row in offered))
    return _search_archive(query, services)


def _search_archive(query: Query, services: AnswerServices) -> Meant:
    """The best paper of all that were ever collected, where it has enough of the question's terms."""
    frequencies = services.vocabulary.frequencies
    rarest = sorted(query.terms, key=lambda term: frequencies.get(term, 0.0))[:_RAREST]
    ranked = _ranked(query, services.paper_texts.mentioning(rarest), {}, least_score=0.0)
    if not ranked:
        return Meant()
    best = ranked[0].row
    index = Index([Passage(1, best.paper.title, best.paper.abstract)])
    return Meant([_open(best, services)]) if index.coverage(query.terms, frequencies) >= THRESHOLD else Meant()


@dataclass(frozen=True, slots=True)
class _RankedRow:
    score: float
    row: PaperRow


def _ranked(
    query: Query, rows: Sequence[PaperRow], lines: Mapping[str, str], least_score: float = _LEAST_SCORE
) -> list[_RankedRow]:
    """The papers that share more than `least_score` with the question, best first.

    Titles and abstracts are matched by the query's terms, the digest's Korean lines by pairs of syllables.
    """
    if not rows:
        return []
    abstracts = [Passage(n, row.paper.title, row.paper.abstract) for n, row in enumerate(rows)]
    found = Index(abstracts, [row.paper.title for row in rows]).search(query.terms)
    scores = {each.passage.n: each.score for each in found}
    syllables = set(bigrams(query.text)) - set(terms(query.text))
    ranked = []
    for n, row in enumerate(rows):
        line = lines.get(row.label, "")
        shared = len(syllables & set(bigrams(line))) / len(syllables) if syllables else 0.0
        ranked.append(_RankedRow(scores[n] + _LINE_WEIGHT * shared, row))
    return sorted((each for each in ranked if each.score > least_score), key=lambda each: -each.score)
