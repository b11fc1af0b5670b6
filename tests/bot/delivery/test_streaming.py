"""Tests that each edit of an answer shows the text written so far and the last edit the whole text."""

import asyncio
from contextlib import AbstractAsyncContextManager

import pytest

from bot.delivery.streaming import AnswerStreamer
from tests.fakes.sender import FakeSender
from workers.domain.answers import Answer
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Content, Delivery, Message
from workers.domain.questions import Question, QuestionRequest
from workers.queue import WorkQueue
from workers.store import Store

LONGEST_S = 30.0


@pytest.fixture
def delivery(store: Store) -> Delivery:
    store.questions.ask("telegram:1", QuestionRequest(ChatRef("telegram", "5"), "7", "ko", "왜?", "12"))
    claimed = store.outbox.claim("telegram")
    assert claimed is not None
    return claimed


def rendered(content: Content, delivery: Delivery) -> list[Message]:
    del delivery
    assert isinstance(content, Question)
    return [Message(content.answer.line)] if content.answer else []


class GatedSender(FakeSender):
    """Sets `wanted` when an edit waits for its turn and `done` after an edit; grants turns once `gate` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.wanted, self.done = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.holds = self.gate

    def editing(self, chat: str) -> AbstractAsyncContextManager[None]:
        self.wanted.set()
        return super().editing(chat)

    async def edit(self, chat: str, message_id: str, message: Message) -> None:
        await super().edit(chat, message_id, message)
        self.done.set()


def test_what_is_written_while_the_turn_is_waited_for_is_in_that_edit(
    valkey_url: str, store: Store, delivery: Delivery
) -> None:
    async def scenario() -> list[tuple[str, str]]:
        sender, queue, number = GatedSender(), WorkQueue(valkey_url), delivery.question_id or 0
        streamer = AnswerStreamer(valkey_url, store, sender, rendered)
        following = asyncio.create_task(streamer.follow(delivery, "m1"))
        await asyncio.to_thread(queue.stream_answer, number, Answer(True, line="one"))
        await sender.wanted.wait()
        await asyncio.to_thread(queue.stream_answer, number, Answer(True, line="one two"))
        sender.gate.set()
        await sender.done.wait()
        attempt = await asyncio.to_thread(store.questions.claim, number) or 0
        await asyncio.to_thread(store.questions.answer, number, attempt, Answer(True, line="one two three"))
        await following
        await streamer.close()
        return sender.edited

    assert asyncio.run(asyncio.wait_for(scenario(), LONGEST_S)) == [("m1", "one two"), ("m1", "one two three")]
