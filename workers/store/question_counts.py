"""How many questions a person, a chat and all have asked on a day, so that caps hold after a person's are deleted.

A row has a number and a key that cannot be traced back once the day's salt is deleted.
"""

import hashlib
import secrets
from datetime import date

from sqlalchemy import Connection, delete, select

from workers.domain.errors import TooManyQuestions
from workers.domain.questions import QuestionCaps, QuestionRequest
from workers.store.tables import question_count, question_salt
from workers.store.transactions import insert


def count(connection: Connection, request: QuestionRequest, day: date, caps: QuestionCaps) -> None:
    """Count a question of `day` (UTC). Raises TooManyQuestions over a cap; the caller's transaction then ends."""
    salt, chat = _salt(connection, day), request.chat
    for whose, name, cap in (
        ("person", f"{chat.platform}\0{request.person}", caps.per_person),
        ("chat", f"{chat.platform}\0{chat.chat}", caps.per_chat),
        ("all", "", caps.all),
    ):
        key = hashlib.sha256(f"{salt}\0{whose}\0{name}".encode()).hexdigest()
        row = insert(connection, question_count).values(day=day, key=key, count=1)
        more = {"count": question_count.c.count + 1}
        row = row.on_conflict_do_update(index_elements=["day", "key"], set_=more).returning(question_count.c.count)
        if connection.execute(row).scalar_one() > (cap if cap is not None else float("inf")):
            raise TooManyQuestions(whose, cap or 0)


def _salt(connection: Connection, day: date) -> str:
    """The salt of the day; those of earlier days are deleted with their counts."""
    find = select(question_salt.c.salt).where(question_salt.c.day == day)
    found = connection.execute(find).scalar_one_or_none()
    if found is None:
        for table in (question_salt, question_count):
            connection.execute(delete(table).where(table.c.day < day))
        new = insert(connection, question_salt).values(day=day, salt=secrets.token_hex(32))
        connection.execute(new.on_conflict_do_nothing())
        found = connection.execute(find).scalar_one()
    return str(found)
