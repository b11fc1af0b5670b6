"""A question in its order: which papers, their text, the passages, the answer. Safe to run again at any moment."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from workers.answers.extractive import THRESHOLD, OpenPaper, Vocabulary, extracts
from workers.answers.generate import Answerer
from workers.answers.resolve import Candidate, Resolved, resolve
from workers.answers.retrieve import Index, asked, bigrams, terms
from workers.domain.answers import Answer
from workers.domain.errors import LeaseLost
from workers.domain.models import DigestPaper, Paper, Text
from workers.domain.passages import PaperText, Passage
from workers.domain.questions import Question
from workers.i18n import digest_catalog_for
from workers.runtime.heartbeat import keep_alive
from workers.runtime.logs import note

log = logging.getLogger(__name__)

_CLEAR = 1.25
"""How much better the best paper must fit a question than the next one; else the reader is asked."""
_OFFERED = 4
_LEAST, _RAREST = 1.0, 6
"""Score below which a paper of an edition has nothing to do with a question; words that the archive is searched by."""
_TRIES, _RENEWED_S, _REMEMBERED = 3, 5.0, 600
"""Attempts at one question, seconds between two renewals of its lease, characters of an answer that a talk keeps."""


class PaperRow(Protocol):
    """A paper and where the store keeps it."""

    @property
    def paper_id(self) -> int: ...

    @property
    def paper(self) -> Paper: ...

    @property
    def label(self) -> str: ...


class PaperTexts(Protocol):
    """The store, as far as finding and keeping papers' texts needs it."""

    def edition(self, day: date) -> Sequence[PaperRow]: ...

    def by_arxiv(self, arxiv_id: str) -> PaperRow | None: ...

    def mentioning(self, words: Sequence[str]) -> Sequence[PaperRow]: ...

    def reading(self, paper_id: int) -> PaperText | None: ...

    def keep(self, paper_id: int, got: PaperText) -> None: ...


@dataclass(frozen=True, slots=True)
class AnswerServices:
    """What answering needs: `read` fetches a paper's text, `newest` the edition that is meant where none is named."""

    shelves: PaperTexts
    read: Callable[[Paper], PaperText]
    text: Callable[[date, str], Text | None]
    newest: Callable[[str], date | None]
    words: Vocabulary
    answerer: Answerer | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One earlier question of the same talk, and what it was about."""

    question: str
    answer: str
    labels: tuple[str, ...]
    papers: tuple[str, ...]
    day: date | None


class Questions(Protocol):
    """The store, as far as answering needs it. Writes under a lost lease raise LeaseLost."""

    def claim(self, question_id: int) -> int | None: ...

    def get(self, question_id: int) -> Question | None: ...

    def talk(self, of: Question) -> Sequence[Question]: ...

    def renew(self, question_id: int, attempt: int) -> None: ...

    def answer(self, question_id: int, attempt: int, given: Answer) -> None: ...


def attend(
    question_id: int, questions: Questions, means: AnswerServices, on_progress: Callable[[Answer], None] | None = None
) -> bool:
    """Answer a question that nobody answers; False where there is nothing to do.

    After _TRIES failed attempts the reader is told that it failed. `on_progress` is called with the answer so far.
    """
    attempt = questions.claim(question_id)
    question = questions.get(question_id) if attempt is not None else None
    if attempt is None or question is None:
        return False
    if attempt > _TRIES:
        questions.answer(
            question_id, attempt, Answer(False, line=digest_catalog_for(question.asked.language).answer_failed)
        )
        return True
    try:
        with keep_alive(lambda: questions.renew(question_id, attempt), _RENEWED_S) as check:
            given = answer(question, [_turn(each) for each in questions.talk(question)], means, on_progress)
            check()
        questions.answer(question_id, attempt, given)
    except LeaseLost:
        note(log, "question lost", question=question_id, attempt=attempt)
        return False
    return True


def _turn(question: Question) -> Exchange:
    given = question.answer or Answer(False)
    labels = tuple(head.label for head in given.heads if head.label)
    ids = tuple(dict.fromkeys(cite.paper for sentence in given.sentences for cite in sentence.cites))
    said = " ".join(sentence.text for sentence in given.sentences)[:_REMEMBERED]
    return Exchange(question.asked.text, said, labels, ids, question.asked.about.day if question.asked.about else None)


def answer(
    question: Question,
    talk: Sequence[Exchange],
    means: AnswerServices,
    on_progress: Callable[[Answer], None] | None = None,
) -> Answer:
    """The answer to a question, never an error of the paper's or the model's."""
    asked_, said_ = question.asked, digest_catalog_for(question.asked.language)
    last = talk[-1] if talk else None
    day = asked_.about.day if asked_.about else (last.day if last else None) or means.newest(asked_.language)
    shelf = list(means.shelves.edition(day)) if day else []
    places = {str(n): place for place, n in enumerate(asked_.about.papers if asked_.about else (), start=1)}
    candidates = [
        Candidate(each.label, each.paper.title, each.paper.arxiv_id, places.get(each.label, 0)) for each in shelf
    ]
    candidates += [Candidate(label, "", arxiv_id) for label, arxiv_id in (asked_.about.keyed if asked_.about else ())]
    text = means.text(day, asked_.language) if day else None
    lines = {str(paper.n): paper for paper in text.digest.papers} if text else {}
    found = resolve(asked_.text, candidates, last.labels if last else ())
    books = _books(found, candidates, shelf, lines, means)
    if not books and last and not found.found:
        books = [book for book in (_by_id(each, means) for each in last.papers) if book]
    if not books:
        offered, books = _searched(question, shelf, places, lines, means)
        if offered:
            return Answer(False, line=said_.which_paper, choices=offered)
    if not books:
        return Answer(False, line=said_.no_paper)
    note(log, "answering", question=question.question_id, papers=len(books), read=books[0].reading.read)
    if means.answerer is None:
        return extracts(asked_.text, books, means.words)
    said = [f"{turn.question} → {turn.answer}" for turn in talk]
    return means.answerer.answer(asked_.text, asked_.language, books, said, on_progress)


def _books(
    found: Resolved,
    candidates: Sequence[Candidate],
    shelf: Sequence[PaperRow],
    lines: Mapping[str, DigestPaper],
    means: AnswerServices,
) -> list[OpenPaper]:
    by_label = {each.label: each for each in shelf}
    keyed = {each.label: each.arxiv_id for each in candidates if each.arxiv_id}
    books: list[OpenPaper] = []
    for label in found.labels:
        if label in by_label:
            books.append(_book(by_label[label], label, means, lines[label].tldr if label in lines else ""))
        elif keyed.get(label):
            book = _by_id(str(keyed[label]), means)
            books += [replace(book, label=label)] if book else []
    books += [book for book in (_by_id(each, means) for each in found.ids) if book]
    return books


def _by_id(arxiv_id: str, means: AnswerServices) -> OpenPaper | None:
    known = means.shelves.by_arxiv(arxiv_id)
    return _book(known, "", means) if known else None


def _book(shelved: PaperRow, label: str, means: AnswerServices, line: str = "") -> OpenPaper:
    reading = means.shelves.reading(shelved.paper_id)
    if reading is None:
        reading = means.read(shelved.paper)
        means.shelves.keep(shelved.paper_id, reading)
    return OpenPaper(label, shelved.paper, reading, line)


def _searched(
    question: Question,
    shelf: Sequence[PaperRow],
    places: Mapping[str, int],
    lines: Mapping[str, DigestPaper],
    means: AnswerServices,
) -> tuple[tuple[tuple[str, str], ...], list[OpenPaper]]:
    """(papers to choose from, the one that is meant): in the answered post, the edition, then the whole archive."""
    post = [each for each in shelf if each.label in places]
    for group in (post, shelf):
        ranked = _ranked(question.asked.text, group, lines, means.words.korean_terms)
        if ranked and (len(ranked) == 1 or ranked[0][0] >= _CLEAR * ranked[1][0]):
            return (), [_book(ranked[0][1], ranked[0][1].label, means)]
        close = [each for score, each in ranked if score * _CLEAR > ranked[0][0]]
        offered = list({each.label: each for each in [*close, *(post if group is post else ())]}.values())[:_OFFERED]
        if offered:
            return tuple((each.label, each.paper.title) for each in offered), []
    wanted = asked(question.asked.text, means.words.korean_terms)
    rare = sorted(wanted, key=lambda term: means.words.frequencies.get(term, 0.0))[:_RAREST]
    ranked = _ranked(question.asked.text, means.shelves.mentioning(rare), {}, means.words.korean_terms, least=0.0)
    for _, each in ranked[:1]:
        said = Index([Passage(1, each.paper.title, each.paper.abstract)])
        if said.coverage(wanted, means.words.frequencies) >= THRESHOLD:
            return (), [_book(each, "", means)]
    return (), []


def _ranked(
    question: str,
    shelf: Sequence[PaperRow],
    lines: Mapping[str, DigestPaper],
    korean_terms: Mapping[str, str],
    least: float = _LEAST,
) -> list[tuple[float, PaperRow]]:
    """Papers that share something with the question, best first: titles, abstracts, the digest's Korean lines."""
    if not shelf:
        return []
    wanted = asked(question, korean_terms)
    texts = [Passage(n, each.paper.title, each.paper.abstract) for n, each in enumerate(shelf)]
    found = {each.passage.n: each.score for each in Index(texts, [each.paper.title for each in shelf]).search(wanted)}
    syllables = set(bigrams(question)) - set(terms(question))
    scored = []
    for n, each in enumerate(shelf):
        line = lines.get(each.label)
        shared = len(syllables & set(bigrams(line.tldr))) / len(syllables) if line and syllables else 0.0
        scored.append((found[n] + 3 * shared, each))
    return sorted(((score, each) for score, each in scored if score > least), key=lambda pair: -pair[0])
