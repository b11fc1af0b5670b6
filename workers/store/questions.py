"""What readers asked: kept before anybody is told so, answered once, gone when its asker says so."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Row, delete, func, select, update

from workers.domain.ports import Clock
from workers.domain.questions import Asked, Post, Question
from workers.store.tables import delivery, part, prompt, question, rendering
from workers.store.transactions import insert, read, write

_PROMPTS_KEPT = timedelta(days=2)


class QuestionStore:
    """Questions with the delivery that answers them, and prompts, whose replies end a command."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock

    def ask(self, cause: str, asked: Asked) -> bool:
        """Keep a question and the delivery that will answer it, in one transaction; False where it is kept already."""
        with write(self._engine) as connection:
            now, post = self._clock.now(), asked.post
            kept = connection.execute(
                insert(connection, question)
                .values(
                    cause=cause,
                    platform=asked.platform,
                    chat=asked.chat,
                    thread=asked.thread,
                    person=asked.person,
                    language=asked.language,
                    text=asked.text,
                    message_id=asked.message_id,
                    day=post.day if post else None,
                    papers=list(post.papers) if post else [],
                    asked_at=now,
                    revision=0,
                )
                .on_conflict_do_nothing()
                .returning(question.c.id)
            ).scalar_one_or_none()
            if kept is None:
                return False
            connection.execute(
                insert(connection, delivery).values(
                    cause=f"question:{kept}",
                    platform=asked.platform,
                    chat=asked.chat,
                    thread=asked.thread,
                    language=asked.language,
                    layout="answer",
                    question_id=kept,
                    reply_to=asked.message_id,
                    urgent=True,
                    attempt=0,
                    created_at=now,
                )
            )
        return True

    def get(self, question_id: int) -> Question | None:
        with read(self._engine) as connection:
            row = connection.execute(select(question).where(question.c.id == question_id)).one_or_none()
        return _question(row) if row else None

    def answer(self, question_id: int, lines: tuple[str, ...]) -> None:
        """Give a question its answer, or a better one: what stands in the chat is edited to it."""
        with write(self._engine) as connection:
            connection.execute(
                update(question)
                .where(question.c.id == question_id)
                .values(answer=list(lines), revision=question.c.revision + 1)
            )
            connection.execute(
                update(delivery).where(delivery.c.question_id == question_id).values(done_at=None, urgent=True)
            )

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
    post = Post(row.day, row.language, tuple(row.papers)) if row.day else None
    asked = Asked(row.platform, row.chat, row.thread, row.person, row.language, row.text, row.message_id, post)
    return Question(row.id, asked, row.asked_at, tuple(row.answer) if row.answer else None, row.revision)
