"""Questions of readers: stored before the reader gets a reply, answered once, deleted when the reader wants it."""

from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, Row, delete, select, update

from workers.domain.answers import Answer
from workers.domain.chats import MessageRef
from workers.domain.completions import Purpose
from workers.domain.deliveries import DeliveryKind, View
from workers.domain.errors import LeaseLost
from workers.domain.ports import Clock
from workers.domain.questions import NO_CAPS, PostedMessage, Question, QuestionCaps, QuestionRequest
from workers.store import chat_columns, question_counts, tables, view_columns
from workers.store.chat_columns import is_chat, is_thread
from workers.store.leases import LeaseClock, lasts
from workers.store.transactions import insert, read, write

_PROMPTS_KEPT = timedelta(days=2)
"""A prompt that is older is deleted; a reply to it is then an ordinary message."""
_TALK = timedelta(hours=24)
"""Earlier questions of a chat belong to the same conversation if they are at most this old."""
_TURNS = 6
"""How many earlier questions of a conversation are used."""
_ANSWER = TypeAdapter(Answer)


class QuestionStore:
    """Questions, each with the delivery that answers it, and prompts: our messages whose reply completes a command."""

    def __init__(self, engine: Engine, clock: Clock, lease: timedelta) -> None:
        self._engine, self._clock, self._lease = engine, clock, lease
        self._lease_clock = LeaseClock(engine, clock)

    def ask(self, idempotency_key: str, request: QuestionRequest, caps: QuestionCaps = NO_CAPS) -> int | None:
        """Store a question and the delivery that will answer it, in one transaction; returns the question's id.

        None if the key exists already. Raises TooManyQuestions.
        """
        with write(self._engine) as connection:
            now, about = self._clock.now(), request.about
            question_id = connection.execute(
                insert(connection, tables.question)
                .values(
                    idempotency_key=idempotency_key,
                    **chat_columns.columns(request.chat),
                    person=request.person,
                    language=request.language,
                    text=request.text,
                    message_id=request.message_id,
                    day=about.day if about else None,
                    papers=list(about.papers) if about else [],
                    keyed=dict(about.keyed) if about else {},
                    asked_at=now,
                    revision=0,
                )
                .on_conflict_do_nothing()
                .returning(tables.question.c.id)
            ).scalar_one_or_none()
            if question_id is None:
                return None
            question_counts.count(connection, request, now.date(), caps)
            connection.execute(
                insert(connection, tables.delivery).values(
                    idempotency_key=f"question:{question_id}",
                    **chat_columns.columns(request.chat),
                    kind=DeliveryKind.ANSWER,
                    **view_columns.columns(View(request.language)),
                    question_id=question_id,
                    reply_to=request.message_id,
                    urgent=True,
                    attempt=0,
                    created_at=now,
                )
            )
        return int(question_id)

    def get(self, question_id: int) -> Question | None:
        with read(self._engine) as connection:
            row = connection.execute(select(tables.question).where(tables.question.c.id == question_id)).one_or_none()
        return _question(row) if row else None

    def claim(self, question_id: int) -> int | None:
        """The attempt number to answer it under; None if it is answered, deleted, or another process answers it."""
        with write(self._engine) as connection:
            now = self._lease_clock.now(connection)
            return connection.execute(
                update(tables.question)
                .where(tables.question.c.id == question_id, tables.question.c.revision == 0)
                .where(~lasts(tables.question.c.lease_until, now, self._lease))
                .values(attempt=tables.question.c.attempt + 1, lease_until=now + self._lease)
                .returning(tables.question.c.attempt)
            ).scalar_one_or_none()

    def renew(self, question_id: int, attempt: int) -> None:
        """Renew the lease. Raises LeaseLost if another process has claimed the question or the reader deleted it."""
        with write(self._engine) as connection:
            until = self._lease_clock.now(connection) + self._lease
            _update(connection, question_id, attempt, lease_until=until)

    def answer(self, question_id: int, attempt: int, answer: Answer) -> None:
        """Store the question's answer and open its delivery, in one transaction: what was posted before is edited.

        Raises LeaseLost.
        """
        answer_json, revision = _ANSWER.dump_python(answer, mode="json"), tables.question.c.revision + 1
        with write(self._engine) as connection:
            _update(connection, question_id, attempt, lease_until=None, answer=answer_json, revision=revision)
            _open_delivery(connection, question_id)

    def fail(self, question_id: int, answer: Answer) -> bool:
        """Store an answer that says that there is none, whoever holds the lease; False if there is an answer.

        A worker that still tries loses its lease, so that the reader gets one answer.
        """
        answer_json, question = _ANSWER.dump_python(answer, mode="json"), tables.question
        with write(self._engine) as connection:
            failed = connection.execute(
                update(question)
                .where(question.c.id == question_id, question.c.revision == 0)
                .values(answer=answer_json, revision=1, lease_until=None, attempt=question.c.attempt + 1)
            )
            if failed.rowcount:
                _open_delivery(connection, question_id)
            return failed.rowcount == 1

    def language(self, question_id: int) -> str | None:
        """The language of a question; None if its reader deleted it. Reads nothing else of it."""
        with read(self._engine) as connection:
            query = select(tables.question.c.language).where(tables.question.c.id == question_id)
            return connection.execute(query).scalar_one_or_none()

    def unanswered(self) -> list[int]:
        """Ids of the questions without an answer that no process is answering, oldest first."""
        with read(self._engine) as connection:
            claimed = lasts(tables.question.c.lease_until, self._lease_clock.now(connection), self._lease)
            query = select(tables.question.c.id).where(tables.question.c.revision == 0, ~claimed)
            return list(connection.execute(query.order_by(tables.question.c.id)).scalars())

    def talk(self, question: Question) -> list[Question]:
        """The conversation before this question: answered questions of its chat and thread, oldest first."""
        with read(self._engine) as connection:
            rows = connection.execute(
                select(tables.question)
                .where(is_thread(tables.question, question.asked.chat))
                .where(tables.question.c.id < question.question_id, tables.question.c.revision > 0)
                .where(tables.question.c.asked_at > question.asked_at - _TALK)
                .order_by(tables.question.c.id.desc())
                .limit(_TURNS)
            ).all()
        return [_question(row) for row in reversed(rows)]

    def forget(self, platform: str, person: str) -> int:
        """Delete a person's questions and their answers from the store, not from chats; returns how many questions.

        Their number still counts for the caps of the day, under a key that is deleted with it. Models' answers to
        questions are deleted too, everybody's, because they are kept without a name.
        """
        with write(self._engine) as connection:
            by_person = (tables.question.c.platform == platform) & (tables.question.c.person == person)
            answers = select(tables.delivery.c.id).where(
                tables.delivery.c.question_id.in_(select(tables.question.c.id).where(by_person))
            )
            delivery_ids = connection.execute(answers).scalars().all()
            renderings = [f"{DeliveryKind.ANSWER} {delivery_id}" for delivery_id in delivery_ids]
            connection.execute(delete(tables.part).where(tables.part.c.delivery_id.in_(delivery_ids)))
            connection.execute(delete(tables.rendering).where(tables.rendering.c.filter.in_(renderings)))
            connection.execute(delete(tables.delivery).where(tables.delivery.c.id.in_(delivery_ids)))
            of_questions = [purpose for purpose in Purpose if purpose.is_for_questions]
            connection.execute(delete(tables.model_call).where(tables.model_call.c.purpose.in_(of_questions)))
            return connection.execute(delete(tables.question).where(by_person)).rowcount

    def expect(self, prompt: MessageRef, line: str) -> None:
        """Store that a reply to this message completes the command `line`."""
        with write(self._engine) as connection:
            now = self._clock.now()
            connection.execute(delete(tables.prompt).where(tables.prompt.c.kept_at < now - _PROMPTS_KEPT))
            connection.execute(
                insert(connection, tables.prompt)
                .values(
                    platform=prompt.chat.platform,
                    chat=prompt.chat.chat,
                    message_id=prompt.message_id,
                    line=line,
                    kept_at=now,
                )
                .on_conflict_do_nothing()
            )

    def expected(self, message: MessageRef) -> str | None:
        """The command that a reply to this message completes; None if the message is not a prompt."""
        with read(self._engine) as connection:
            return connection.execute(
                select(tables.prompt.c.line).where(
                    is_chat(tables.prompt, message.chat), tables.prompt.c.message_id == message.message_id
                )
            ).scalar_one_or_none()


def _open_delivery(connection: Connection, question_id: int) -> None:
    """Open the delivery of a question again: what was posted before is edited."""
    delivery = tables.delivery
    connection.execute(update(delivery).where(delivery.c.question_id == question_id).values(done_at=None, urgent=True))


def _update(connection: Connection, question_id: int, attempt: int, **values: object) -> None:
    """Change the question's row. Raises LeaseLost if `attempt` is no longer the row's."""
    mine = (tables.question.c.id == question_id) & (tables.question.c.attempt == attempt)
    if connection.execute(update(tables.question).where(mine).values(**values)).rowcount != 1:
        raise LeaseLost(f"question {question_id}: another process has taken over")


def _question(row: Row[Any]) -> Question:
    keyed = tuple(row.keyed.items())
    about = PostedMessage(row.day, row.language, tuple(row.papers), keyed) if row.day else None
    request = QuestionRequest(chat_columns.of_row(row), row.person, row.language, row.text, row.message_id, about)
    answer = _ANSWER.validate_python(row.answer) if row.answer else None
    return Question(row.id, request, row.asked_at, answer, row.revision)
