"""Shows an answer while it is written, by edits of the message that was sent first."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import redis.asyncio

from bot.delivery.ports import Sender
from workers.domain.deliveries import Content, Delivery, Message
from workers.domain.errors import SendError
from workers.domain.questions import Question
from workers.queue import answer_stream, partial_answer
from workers.runtime.logs import note
from workers.store import Store

log = logging.getLogger(__name__)

_LOOK_S = 1.0
"""Seconds between two checks whether the whole answer is in the store."""
_LONGEST_S = 120.0
"""Seconds after which an answer is no longer followed; the outbox sends it when it is complete."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """The newest answer so far in a stream: its JSON, None if there is no new one; `position` is the last id read."""

    body: bytes | None
    position: str


class AnswerStreamer:
    """Follows the answer streams of one Redis. If it fails, the outbox still sends the whole answer."""

    def __init__(self, url: str, store: Store, sender: Sender, render: Callable[[Content, Delivery], list[Message]]):
        self._redis, self._store = redis.asyncio.Redis.from_url(url), store
        self._sender, self._render = sender, render

    async def follow(self, delivery: Delivery, message_id: str) -> None:
        """Edit the message until its question is answered, and once more then, because the last edit may be older."""
        try:
            await self._follow(delivery, message_id)
        except SendError as error:  # the chat must wait; the outbox sends the whole answer
            note(log, "answer not shown on its way", question=delivery.question_id, error=error)

    async def _follow(self, delivery: Delivery, message_id: str) -> None:
        end, position = asyncio.get_running_loop().time() + _LONGEST_S, "0"
        while asyncio.get_running_loop().time() < end:
            piece = await self._next(delivery, position, _LOOK_S)
            question, position = await self._so_far(delivery, piece.body), piece.position
            if question is not None and question.answer is not None:
                async with self._sender.editing(delivery.chat.chat):
                    newer = await self._next(delivery, position)  # what was written while this waited for its turn
                    question, position = await self._so_far(delivery, newer.body or piece.body), newer.position
                    if question is None or not await self._show(question, delivery, message_id):
                        return
            if question is None or question.revision:
                return

    async def _so_far(self, delivery: Delivery, body: bytes | None) -> Question | None:
        """The question with its stored answer, else with the answer so far; None if its reader deleted it."""
        question = await asyncio.to_thread(self._store.questions.get, delivery.question_id or 0)
        if question is None or question.answer is not None or body is None:
            return question
        return replace(question, answer=partial_answer(body))

    async def _next(self, delivery: Delivery, position: str, wait_s: float = 0.0) -> _Piece:
        """The newest answer so far after `position`; waits for it up to `wait_s`."""
        stream = answer_stream(delivery.question_id or 0)
        try:
            read: Any = await self._redis.xread({stream: position}, block=int(wait_s * 1000) or None)
        except redis.RedisError:
            await asyncio.sleep(wait_s)
            return _Piece(None, position)
        if not read:
            return _Piece(None, position)
        (entries,) = read.values() if isinstance(read, dict) else [read[0][1]]  # RESP 3 and RESP 2 differ
        entry_id, fields = entries[0][-1] if isinstance(entries[0], list) else entries[-1]
        return _Piece(fields[b"answer"], entry_id.decode())

    async def _show(self, question: Question, delivery: Delivery, message_id: str) -> bool:
        """Edit the message to the answer so far; False if that is not possible."""
        messages = await asyncio.to_thread(self._render, question, delivery)
        if not messages:
            return False
        try:
            await self._sender.edit(delivery.chat.chat, message_id, messages[0])
        except SendError as error:
            note(log, "answer not shown on its way", question=question.question_id, error=error)
            return False
        return True

    async def close(self) -> None:
        await self._redis.aclose()
