"""A question in its order: which papers, their text, the passages, the answer. Safe to run again at any moment."""

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from workers.answers.extractive import extracts
from workers.answers.find import papers_meant
from workers.answers.query import query_of
from workers.answers.services import AnswerServices, Exchange
from workers.domain.answers import Answer
from workers.domain.errors import LeaseLost
from workers.domain.models import Language
from workers.domain.questions import Question
from workers.i18n import digest_catalog_for
from workers.runtime.heartbeat import keep_alive
from workers.runtime.logs import note

log = logging.getLogger(__name__)

_TRIES = 3
"""Attempts at one question."""
_RENEWED_S = 5.0
"""Seconds between two renewals of a question's lease."""
_REMEMBERED = 600
"""Characters of an earlier answer that a model is given."""


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

    After _TRIES attempts the reader is told that it failed. `on_progress` gets the answer so far.
    """
    attempt = questions.claim(question_id)
    question = questions.get(question_id) if attempt is not None else None
    if attempt is None or question is None:
        return False
    if attempt > _TRIES:  # those before ended with their process, so no boundary counted them
        questions.answer(question_id, attempt, failed_answer(question.asked.language))
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


def failed_answer(language: Language) -> Answer:
    """What a reader gets whose question could not be answered."""
    return Answer(False, line=digest_catalog_for(language).answer_failed)


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
    meant = papers_meant(query, question, exchanges, services)
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
