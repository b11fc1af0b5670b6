"""What readers asked: kept before anybody is told so, answered once, gone when its asker says so."""

from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Engine, Row, delete, func, select, update

from workers.domain.answers import Answer
from workers.domain.deliveries import DeliveryKind, View
from workers.domain.errors import LeaseLost
from workers.domain.ports import Clock
from workers.domain.questions import PostedMessage, Question, QuestionRequest
from workers.store import view_columns
from workers.store.tables import delivery, part, prompt, question, rendering
from workers.store.transactions import insert, read, write

_PROMPTS_KEPT = timedelta(days=2)
_TALK, _TURNS = timedelta(hours=24), 6
"""How long a talk goes on, and how much of it is remembered."""
_ANSWER = TypeAdapter(Answer)


class QuestionStore:
    """Questions with the delivery that answers them, and prompts, whose replies end a command."""

    def __init__(self, engine: Engine, clock: Clock, lease: timedelta) -> None:
        self._engine, self._clock, self._lease = engine, clock, lease

    def ask(self, idempotency_key: str, asked: QuestionRequest) -> int | None:
        """Keep a question and the delivery that will answer it, in one transaction; None where it is kept already."""
        with write(self._engine) as connection:
            now, about = self._clock.now(), asked.about
            kept = connection.execute(
                insert(connection, question)
                .values(
                    idempotency_key=idempotency_key,
                    platform=asked.platform,
                    chat=asked.chat,
                    thread=asked.thread,
                    person=asked.person,
                    language=asked.language,
                    text=asked.text,
                    message_id=asked.message_id,
                    day=about.day if about else None,
                    papers=list(about.papers) if about else [],
                    keyed=dict(about.keyed) if about else {},
                    asked_at=now,
                    revision=0,
                )
                .on_conflict_do_nothing()
                .returning(question.c.id)
            ).scalar_one_or_none()
            if kept is None:
                return None
            connection.execute(
                insert(connection, delivery).values(
                    idempotency_key=f"question:{kept}",
                    platform=asked.platform,
                    chat=asked.chat,
                    thread=asked.thread,
                    kind=DeliveryKind.ANSWER,
                    **view_columns.columns(View(asked.language)),
                    question_id=kept,
                    reply_to=asked.message_id,
                    urgent=True,
                    attempt=0,
                    created_at=now,
                )
            )
        return int(kept)

    def get(self, question_id: int) -> Question | None:
        with read(self._engine) as connection:
            row = connection.execute(select(question).where(question.c.id == question_id)).one_or_none()
        return _question(row) if row else None

    def claim(self, question_id: int) -> int | None:
        """The attempt to answer it under; None where it is answered, gone, or somebody answers it."""
        with write(self._engine) as connection:
            now = self._clock.now()
            return connection.execute(
                update(question)
                .where(question.c.id == question_id, question.c.revision == 0)
                .where(question.c.lease_until.is_(None) | (question.c.lease_until <= now))
                .values(attempt=question.c.attempt + 1, lease_until=now + self._lease)
                .returning(question.c.attempt)
            ).scalar_one_or_none()

    def renew(self, question_id: int, attempt: int) -> None:
        """Raises LeaseLost where it is somebody else's, or was forgotten."""
        self._write(question_id, attempt, lease_until=self._clock.now() + self._lease)

    def answer(self, question_id: int, attempt: int, given: Answer) -> None:
        """Give a question its answer, or a better one: what stands in the chat is edited to it. Raises LeaseLost."""
        answered = {"answer": _ANSWER.dump_python(given, mode="json"), "revision": question.c.revision + 1}
        self._write(question_id, attempt, lease_until=None, **answered)
        with write(self._engine) as connection:
            connection.execute(
                update(delivery).where(delivery.c.question_id == question_id).values(done_at=None, urgent=True)
            )

    def _write(self, question_id: int, attempt: int, **values: object) -> None:
        with write(self._engine) as connection:
            mine = (question.c.id == question_id) & (question.c.attempt == attempt)
            if connection.execute(update(question).where(mine).values(**values)).rowcount != 1:
                raise LeaseLost(f"question {question_id}: another process has taken over")

    def unanswered(self) -> list[int]:
        """The questions that nobody answers now, oldest first."""
        with read(self._engine) as connection:
            free = question.c.lease_until.is_(None) | (question.c.lease_until <= self._clock.now())
            query = select(question.c.id).where(question.c.revision == 0, free).order_by(question.c.id)
            return list(connection.execute(query).scalars())

    def talk(self, of: Question) -> list[Question]:
        """The last answered questions of the same chat and thread before this one, oldest first, of one day back."""
        asked = of.asked
        with read(self._engine) as connection:
            rows = connection.execute(
                select(question)
                .where(question.c.platform == asked.platform, question.c.chat == asked.chat)
                .where(question.c.thread == asked.thread, question.c.id < of.question_id, question.c.revision > 0)
                .where(question.c.asked_at > of.asked_at - _TALK)
                .order_by(question.c.id.desc())
                .limit(_TURNS)
            ).all()
        return [_question(row) for row in reversed(rows)]

    def asked_since(self, platform: str, person: str, since: datetime) -> int:
        """How many questions a person has asked since then."""
        with read(self._engine) as connection:
            query = select(func.count()).where(question.c.platform == platform, question.c.person == person)
            return connection.execute(query.where(question.c.asked_at >= since)).scalar_one()

    def forget(self, platform: str, person: str) -> int:
        """Delete all that a person asked and was answered; what stands in chats is theirs. Returns how many."""
        with write(self._engine) as connection:
            mine = select(question.c.id).where(question.c.platform == platform, question.c.person == person)
            answers = connection.execute(select(delivery.c.id).where(delivery.c.question_id.in_(mine))).scalars().all()
            connection.execute(delete(part).where(part.c.delivery_id.in_(answers)))
            connection.execute(delete(rendering).where(rendering.c.filter.in_([f"answer {each}" for each in answers])))
            connection.execute(delete(delivery).where(delivery.c.id.in_(answers)))
            return connection.execute(
                delete(question).where(question.c.platform == platform, question.c.person == person)
            ).rowcount

    def expect(self, platform: str, chat: str, message_id: str, line: str) -> None:
        """A reply to this message ends the command `line`."""
        with write(self._engine) as connection:
            now = self._clock.now()
            connection.execute(delete(prompt).where(prompt.c.kept_at < now - _PROMPTS_KEPT))
            connection.execute(
                insert(connection, prompt)
                .values(platform=platform, chat=chat, message_id=message_id, line=line, kept_at=now)
                .on_conflict_do_nothing()
            )

    def expected(self, platform: str, chat: str, message_id: str) -> str | None:
        """The command that a reply to this message ends; None where it was no prompt."""
        with read(self._engine) as connection:
            return connection.execute(
                select(prompt.c.line).where(
                    prompt.c.platform == platform, prompt.c.chat == chat, prompt.c.message_id == message_id
                )
            ).scalar_one_or_none()


def _question(row: Row[Any]) -> Question:
    keyed = tuple(row.keyed.items())
    about = PostedMessage(row.day, row.language, tuple(row.papers), keyed) if row.day else None
    asked = QuestionRequest(
        row.platform, row.chat, row.thread, row.person, row.language, row.text, row.message_id, about
    )
    given = _ANSWER.validate_python(row.answer) if row.answer else None
    return Question(row.id, asked, row.asked_at, given, row.revision)
