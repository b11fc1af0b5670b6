"""Tests how the sender handles each error of Telegram, with a fake server that behaves like Telegram."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from telegram import Bot
from telegram.request import HTTPXRequest

from bot.delivery.pacing import Pacer
from bot.telegram.sender import TelegramSender
from tests.bot.conftest import DAY
from tests.bot.telegram.conftest import FAST
from tests.fakes.subscriptions import NewSubscription
from tests.fakes.telegram import TOKEN, TelegramServer, serving
from tests.fakes.telegram_wire import Fault, retry_after
from workers.domain.chats import ChatRef, direct_chat
from workers.domain.deliveries import Message, PictureName
from workers.domain.errors import ChatGone, ChatNotWritable, SendRefused, SendRetryable, SendUnknown, SettingsError
from workers.domain.models import Edition, Text
from workers.store import Store

HELLO = Message("<b>hello</b>")


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with serving() as fake:
        fake.room(5, "private")
        fake.room(-100, "supergroup")
        yield fake


@pytest.fixture
def do(server: TelegramServer, store: Store) -> Callable[[Callable[[TelegramSender], Coroutine[Any, Any, Any]]], Any]:
    """Runs a scenario with a sender that is connected to the server."""

    def run(scenario: Callable[[TelegramSender], Coroutine[Any, Any, Any]]) -> Any:
        async def connected() -> Any:
            request = HTTPXRequest(read_timeout=0.5)
            async with Bot(TOKEN, base_url=f"{server.url}/bot", request=request) as bot:
                return await scenario(TelegramSender(bot, store, Pacer(FAST)))

        return asyncio.run(connected())

    return run


def test_a_message_is_sent_to_its_topic_silently_where_asked(server: TelegramServer, do: Any) -> None:
    number = do(lambda sender: sender.send(ChatRef("telegram", "-100", "9"), Message("a &lt; b", silent=True)))
    (posted,) = server.posted
    assert (str(posted.message_id), posted.thread, posted.text, posted.silent) == (number, 9, "a < b", True)


def test_a_person_is_written_to_edited_and_deleted_in_their_private_chat(server: TelegramServer, do: Any) -> None:
    async def scenario(sender: TelegramSender) -> None:
        number = await sender.send(direct_chat("telegram", "5"), HELLO)
        await sender.edit("@5", number, Message("<b>hello again</b>"))
        assert [(posted.chat, posted.text) for posted in server.posted] == [(5, "hello again")]
        await sender.delete("@5", number)

    do(scenario)
    assert server.deleted == [server.posted[0].message_id]


def test_a_chart_is_uploaded_once_and_then_named(
    server: TelegramServer, do: Any, store: Store, edition: Edition
) -> None:
    digest = store.texts.get(DAY, "ko")
    assert digest is not None
    store.editions.reopen(DAY)
    store.texts.save(DAY, Text(digest.digest, b"\x89PNG picture"))
    opening = Message("caption", chart=str(PictureName(DAY, "ko")))

    async def scenario(sender: TelegramSender) -> None:
        await sender.send(ChatRef("telegram", "5"), opening)
        await sender.send(ChatRef("telegram", "-100"), opening)

    do(scenario)
    assert [posted.uploaded for posted in server.posted] == [True, False]
    assert server.posted[0].file == server.posted[1].file


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(403, "Forbidden: bot was blocked by the user"), ChatGone),
        (Fault(403, "Forbidden: bot was kicked from the supergroup chat"), ChatGone),
        (Fault(403, "Forbidden: user is deactivated"), ChatGone),
        (Fault(400, "Bad Request: chat not found"), ChatNotWritable),
        (Fault(400, "Bad Request: message thread not found"), ChatNotWritable),
        (Fault(400, "Bad Request: TOPIC_CLOSED"), ChatNotWritable),
        (Fault(400, "Bad Request: not enough rights to send text messages to the chat"), ChatNotWritable),
        (Fault(400, "Bad Request: can't parse entities: unclosed tag"), SendRefused),
        (Fault(400, "Bad Request: message is too long"), SendRefused),
        (Fault(401, "Unauthorized"), SettingsError),
        (Fault(429, "Too Many Requests"), SendRetryable),
        (Fault(500, "Internal Server Error"), SendUnknown),
        (Fault(502, "Bad Gateway"), SendUnknown),
        (Fault(broken="before"), SendUnknown),
        (Fault(broken="after"), SendUnknown),
    ],
)
def test_each_error_has_its_rule(fault: Fault, error: type[Exception], server: TelegramServer, do: Any) -> None:
    server.faults[5] = [fault]
    with pytest.raises(error):
        do(lambda sender: sender.send(ChatRef("telegram", "5"), HELLO))
    assert "42:fake" not in str(error)


def test_told_to_wait_we_know_how_long(server: TelegramServer, do: Any) -> None:
    server.faults[5] = [retry_after(7)]
    with pytest.raises(SendRetryable) as raised:
        do(lambda sender: sender.send(ChatRef("telegram", "5"), HELLO))
    assert raised.value.retry_after_s == 7


def test_where_no_connection_is_had_nothing_was_sent(store: Store) -> None:
    async def alone() -> None:
        bot = Bot(TOKEN, base_url="http://127.0.0.1:9/bot")
        await TelegramSender(bot, store, Pacer(FAST)).send(ChatRef("telegram", "5"), HELLO)

    with pytest.raises(SendRetryable):
        asyncio.run(alone())


def test_a_chat_that_moved_is_followed_and_its_subscription_moves(
    server: TelegramServer, do: Any, store: Store
) -> None:
    server.room(-1001, "supergroup")
    store.subscriptions.add(NewSubscription(ChatRef("telegram", "-100"), store.clock.now(), slot="07:00"))
    moved = Fault(400, "Bad Request: group chat was upgraded to a supergroup chat", {"migrate_to_chat_id": -1001})
    server.faults[-100] = [moved]
    do(lambda sender: sender.send(ChatRef("telegram", "-100"), HELLO))
    assert server.texts(-1001) == ["hello"]
    known = store.subscriptions.of(ChatRef("telegram", "-1001"))
    assert known is not None
    assert known.slot == "07:00"


def test_edits_of_a_group_are_three_seconds_apart_and_take_nothing_from_what_is_sent(
    server: TelegramServer, do: Any
) -> None:
    async def scenario(sender: TelegramSender) -> float:
        number, loop = await sender.send(ChatRef("telegram", "-100"), HELLO), asyncio.get_running_loop()

        async def edit(text: str) -> None:
            async with sender.editing("-100"):
                await sender.edit("-100", number, Message(text))

        await edit("one")
        started = loop.time()
        second = asyncio.create_task(edit("two"))
        async with sender.turn("-100", urgent=False):
            await sender.send(ChatRef("telegram", "-100"), HELLO)
        assert not second.done(), "the message does not wait for the edit"
        await second
        return loop.time() - started

    assert do(scenario) > 2.5


def test_edits_and_removals_are_done_and_what_is_done_already_is_well(server: TelegramServer, do: Any) -> None:
    async def scenario(sender: TelegramSender) -> None:
        number = await sender.send(ChatRef("telegram", "5"), HELLO)
        await sender.edit("5", number, Message("<i>bye</i>"))
        await sender.edit("5", number, Message("<i>bye</i>"))
        await sender.delete("5", number)
        await sender.delete("5", number)
        await sender.edit("5", number, Message("too late"))

    do(scenario)
    assert server.posted[0].text == "bye"
    assert len(server.edited) == len(server.deleted) == 1
