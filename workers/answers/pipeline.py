"""A question in its order: which papers, their text, the passages, the answer. Safe to run again at any moment."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from workers.answers.extractive import THRESHOLD, OpenPaper, Vocabulary, extracts
from workers.answers.generate import Answerer
from workers.answers.query import Query, query_of
from workers.answers.resolve import Candidate, Resolved, resolve
from workers.answers.retrieve import Index
from workers.domain.answers import Answer
from workers.domain.errors import LeaseLost
from workers.domain.models import Paper, Text
from workers.domain.passages import PaperText, Passage
from workers.domain.questions import Question
from workers.i18n import digest_catalog_for
from workers.runtime.heartbeat import keep_alive
from workers.runtime.logs import note
from workers.text.tokenize import bigrams, terms

log = logging.getLogger(__name__)

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
_TRIES = 3
"""Attempts at one question."""
_RENEWED_S = 5.0
"""Seconds between two renewals of a question's lease."""
_REMEMBERED = 600
"""Characters of an earlier answer that a model is given."""


class PaperRow(Protocol):
    """A paper and its row in the store; `label` is its number in an edition, "" outside one."""

    @property
    def paper_id(self) -> int: ...

    @property
    def paper(self) -> Paper: ...

    @property
    def label(self) -> str: ...


class PaperTexts(Protocol):
    """The store of papers and their texts, as far as answering needs it."""

    def edition(self, day: date) -> Sequence[PaperRow]:
        """The papers listed on `day`, by their numbers."""
        ...

    def by_arxiv(self, arxiv_id: str) -> PaperRow | None: ...

    def mentioning(self, words: Sequence[str]) -> Sequence[PaperRow]:
        """Papers of any day with some of the words in title or abstract, those with most first."""
        ...

    def get(self, paper_id: int) -> PaperText | None:
        """The stored text; None where the paper has to be read, or read again."""
        ...

    def keep(self, paper_id: int, text: PaperText) -> None: ...


@dataclass(frozen=True, slots=True)
class AnswerServices:
    """Everything that answering uses."""

    paper_texts: PaperTexts
    fetch: Callable[[Paper], PaperText]
    """Reads a paper's text from the web; the abstract where there is nothing else."""
    digest_text: Callable[[date, str], Text | None]
    """(day, language) → the text of that edition."""
    newest: Callable[[str], date | None]
    """Language → the newest edition, which is meant where a question names none."""
    vocabulary: Vocabulary
    answerer: Answerer | None = None
    """Answers with a model; without one the extracts are the answer."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """An earlier question of the same conversation and its answer; `papers` are the arXiv ids or titles it cited."""

    question: str
    answer: str
    labels: tuple[str, ...]
    papers: tuple[str, ...]
    day: date | None


class Questions(Protocol):
    """The store of questions, as far as answering needs it. A write under a lost lease raises LeaseLost."""

    def claim(self, question_id: int) -> int | None:
        """The number of the new attempt; None where the question is answered or another worker answers it."""
        ...

    def get(self, question_id: int) -> Question | None: ...

    def talk(self, question: Question) -> Sequence[Question]:
        """The earlier questions of the same conversation, oldest first."""
        ...

    def renew(self, question_id: int, attempt: int) -> None: ...

    def answer(self, question_id: int, attempt: int, answer: Answer) -> None: ...


def answer_question(
    question_id: int,
    questions: Questions,
    services: AnswerServices,
    on_progress: Callable[[Answer], None] | None = None,
) -> bool:
    """Answer a stored question; False where it is answered already or another worker answers it.

    After _TRIES failed attempts the reader is told that it failed. `on_progress` gets the answer so far.
    """
    attempt = questions.claim(question_id)
    question = questions.get(question_id) if attempt is not None else None
    if attempt is None or question is None:
        return False
    if attempt > _TRIES:
        failed = Answer(False, line=digest_catalog_for(question.asked.language).answer_failed)
        questions.answer(question_id, attempt, failed)
        return True
    try:
        with keep_alive(lambda: questions.renew(question_id, attempt), _RENEWED_S) as check_lease:
            exchanges = [_exchange(earlier) for earlier in questions.talk(question)]
            given = answer(question, exchanges, services, on_progress)
            check_lease()
        questions.answer(question_id, attempt, given)
    except LeaseLost:
        note(log, "question lost", question=question_id, attempt=attempt)
        return False
    return True


def answer(
    question: Question,
    exchanges: Sequence[Exchange],
    services: AnswerServices,
    on_progress: Callable[[Answer], None] | None = None,
) -> Answer:
    """The answer to a question, or a line that asks which paper is meant; faults of paper and model raise nothing.

    `exchanges` are the earlier ones of the conversation, oldest first.
    """
    asked = question.asked
    catalog = digest_catalog_for(asked.language)
    query = query_of(asked.text, asked.language, services.vocabulary.korean_terms)
    meant = _papers_meant(query, _scope(question, exchanges, services), exchanges, services)
    if meant.choices:
        return Answer(False, line=catalog.which_paper, choices=meant.choices)
    if not meant.papers:
        return Answer(False, line=catalog.no_paper)
    note(log, "answering", question=question.question_id, papers=len(meant.papers), read=meant.papers[0].text.read)
    if services.answerer is None:
        return extracts(query, meant.papers, services.vocabulary)
    earlier = [f"{exchange.question} → {exchange.answer}" for exchange in exchanges]
    return services.answerer.answer(query, meant.papers, earlier, on_progress)


def _exchange(question: Question) -> Exchange:
    given = question.answer or Answer(False)
    labels = tuple(head.label for head in given.heads if head.label)
    papers = tuple(dict.fromkeys(cite.paper for sentence in given.sentences for cite in sentence.cites))
    text = " ".join(sentence.text for sentence in given.sentences)[:_REMEMBERED]
    about = question.asked.about
    return Exchange(question.asked.text, text, labels, papers, about.day if about else None)


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


@dataclass(frozen=True, slots=True)
class _Meant:
    """The papers that a question is about; none with `choices`, the (label, title) pairs to ask the reader back."""

    papers: Sequence[OpenPaper] = ()
    choices: tuple[tuple[str, str], ...] = ()


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


def _papers_meant(query: Query, scope: _Scope, exchanges: Sequence[Exchange], services: AnswerServices) -> _Meant:
    """The papers that the question names, else those of the last exchange, else those that its words fit best."""
    last = exchanges[-1] if exchanges else None
    resolved = resolve(query.text, scope.candidates(), last.labels if last else ())
    papers = _open_resolved(resolved, scope, services)
    if not papers and last and not resolved.found:
        papers = [paper for arxiv_id in last.papers if (paper := _open_by_id(arxiv_id, services))]
    return _Meant(papers) if papers else _search(query, scope, services)


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
        text = services.fetch(row.paper)
        services.paper_texts.keep(row.paper_id, text)
    return OpenPaper(row.label, row.paper, text, line)


def _search(query: Query, scope: _Scope, services: AnswerServices) -> _Meant:
    """The paper that the question's words fit best, in the posted message, then the edition, then the archive."""
    post = [row for row in scope.rows if row.label in scope.places]
    for group in (post, scope.rows):
        ranked = _ranked(query, group, scope.lines)
        if ranked and (len(ranked) == 1 or ranked[0].score >= _CLEAR * ranked[1].score):
            return _Meant([_open(ranked[0].row, services)])
        close = [each.row for each in ranked if each.score * _CLEAR > ranked[0].score]
        also = post if group is post else ()
        offered = list({row.label: row for row in [*close, *also]}.values())[:_OFFERED]
        if offered:
            return _Meant(choices=tuple((row.label, row.paper.title) for row in offered))
    return _search_archive(query, services)


def _search_archive(query: Query, services: AnswerServices) -> _Meant:
    """The best paper of all that were ever collected, where it has enough of the question's terms."""
    frequencies = services.vocabulary.frequencies
    rarest = sorted(query.terms, key=lambda term: frequencies.get(term, 0.0))[:_RAREST]
    ranked = _ranked(query, services.paper_texts.mentioning(rarest), {}, least_score=0.0)
    if not ranked:
        return _Meant()
    best = ranked[0].row
    index = Index([Passage(1, best.paper.title, best.paper.abstract)])
    return _Meant([_open(best, services)]) if index.coverage(query.terms, frequencies) >= THRESHOLD else _Meant()


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
