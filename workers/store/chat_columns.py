"""A `ChatRef` as the columns `platform`, `chat` and `thread`, which several tables have."""

from typing import Any

from sqlalchemy import Column, ColumnElement, Row, Table, and_

from workers.domain.chats import ChatRef


def columns(chat: ChatRef) -> dict[str, str]:
    return {"platform": chat.platform, "chat": chat.chat, "thread": chat.thread}


def identity(table: Table, *more: Column[Any]) -> list[Column[Any]]:
    """A row's id and chat, which can be read whatever the rest of the row is, and `more` columns."""
    return [table.c.id, table.c.platform, table.c.chat, table.c.thread, *more]


def is_thread(table: Table, chat: ChatRef) -> ColumnElement[bool]:
    """The rows of exactly this thread; where `thread` is "", those of the chat itself without its threads."""
    return and_(is_chat(table, chat), table.c.thread == chat.thread)


def is_chat(table: Table, chat: ChatRef) -> ColumnElement[bool]:
    """The rows of the whole chat: the chat itself and all its threads."""
    return and_(table.c.platform == chat.platform, table.c.chat == chat.chat)


def of_row(row: Row[Any]) -> ChatRef:
    return ChatRef(row.platform, row.chat, row.thread)
