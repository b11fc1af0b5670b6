"""An answer on its way: each sentence is shown as it is written, by edits of the line that was sent first."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
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

_LOOK_S, _LONGEST_S = 1.0, 120.0
"""Seconds between two looks whether the whole answer is there, and after which nobody watches any more."""


class AnswerStreamer:
    """Follows the streams of answers on one queue. Nobody needs it: the outbox brings the whole answer."""

    def __init__(self, url: str, store: Store, sender: Sender, render: Callable[[Content, Delivery], list[Message]]):
        self._redis, self._store = redis.asyncio.Redis.from_url(url), store
        self._sender, self._render = sender, render

    async def follow(self, delivery: Delivery, message_id: str) -> None:
        """Edit the message until its question is answered; then once more, for an edit may have come too late."""
        end, seen = asyncio.get_running_loop().time() + _LONGEST_S, "0"
        while asyncio.get_running_loop().time() < end:
            body, seen = await self._next(delivery, seen, _LOOK_S)
            question = await self._so_far(delivery, body)
            if question is not None and question.answer is not None:
                async with self._sender.editing(delivery.chat):
                    newer, seen = await self._next(delivery, seen)  # what came while the turn was waited for
                    question = await self._so_far(delivery, newer or body)
                    if question is None or not await self._show(question, delivery, message_id):
                        return
            if question is None or question.revision:
                return

    async def _so_far(self, delivery: Delivery, body: bytes | None) -> Question | None:
        """The question with its answer, else with the piece of it; None where it was forgotten."""
        question = await asyncio.to_thread(self._store.questions.get, delivery.question_id or 0)
        if question is None or question.answer is not None or body is None:
            return question
        return replace(question, answer=partial_answer(body))

    async def _next(self, delivery: Delivery, seen: str, wait_s: float = 0.0) -> tuple[bytes | None, str]:
        """(the newest piece, its place); None where there is none yet."""
        stream = answer_stream(delivery.question_id or 0)
        try:
            read: Any = await self._redis.xread({stream: seen}, block=int(wait_s * 1000) or None)
        except redis.RedisError:
            await asyncio.sleep(wait_s)
            return None, seen
        if not read:
            return None, seen
        (entries,) = read.values() if isinstance(read, dict) else [read[0][1]]  # as RESP 3 and 2 have it
        place, fields = entries[0][-1] if isinstance(entries[0], list) else entries[-1]
        return fields[b"answer"], place.decode()

    async def _show(self, question: Question, delivery: Delivery, message_id: str) -> bool:
        messages = await asyncio.to_thread(self._render, question, delivery)
        if not messages:
            return False
        try:
            await self._sender.edit(delivery.chat, message_id, messages[0])
        except SendError as error:
            note(log, "answer not shown on its way", question=question.question_id, error=error)
            return False
        return True

    async def close(self) -> None:
        await self._redis.aclose()
