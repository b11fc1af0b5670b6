"""Tests that a chart which Telegram does not take never costs the message."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from sqlalchemy import text

from bot.telegram.sender import TelegramSender
from tests.bot.conftest import DAY
from tests.bot.telegram.test_sender import do, server
from tests.fakes.telegram import TelegramServer
from tests.fakes.telegram_wire import Fault
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Message, PictureName
from workers.domain.errors import ChatNotWritable, SendRetryable
from workers.domain.models import Edition, Text
from workers.store import Store

__all__ = ["do", "server"]
NAME = str(PictureName(DAY, "ko"))
OPENING = Message("<b>the opening</b>", chart=NAME)
GROUP = ChatRef("telegram", "-100")
Do = Callable[[Callable[[TelegramSender], Coroutine[Any, Any, Any]]], Any]


@pytest.fixture(autouse=True)
def chart(store: Store, edition: Edition) -> None:
    """Give the edition a chart."""
    digest = store.texts.get(DAY, "ko")
    assert digest is not None
    store.editions.reopen(DAY)
    store.texts.save(DAY, Text(digest.digest, b"\x89PNG picture"))


def send(do: Do) -> str:
    number: str = do(lambda sender: sender.send(GROUP, OPENING))
    return number


@pytest.mark.parametrize(
    "words",
    [
        "Bad Request: wrong file identifier/HTTP URL specified",
        "Bad Request: wrong remote file identifier specified: can't unserialize it. Wrong last symbol",
        "Bad Request: FILE_REFERENCE_EXPIRED",
        "Bad Request: FILE_REFERENCE_0_EXPIRED",
        "Bad Request: MEDIA_EMPTY",
        "Bad Request: some words of next year",
    ],
)
def test_a_file_id_that_is_refused_is_forgotten_and_the_chart_uploaded_in_the_same_try(
    words: str, server: TelegramServer, do: Do, store: Store
) -> None:
    store.uploads.uploaded("telegram", "42", NAME, "stale")
    server.files.add("stale")
    server.faults[-100] = [Fault(400, words)]
    send(do)
    (posted,) = server.posted
    assert posted.uploaded
    assert store.uploads.file_id("telegram", "42", NAME) == posted.file
    assert store.failures.newest(5) == []


@pytest.mark.parametrize("table", ["upload", "text"])
def test_a_chart_that_cannot_be_looked_up_puts_the_message_off_and_leaves_it_no_doubt(
    table: str, server: TelegramServer, do: Do, store: Store
) -> None:
    with store.engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {table} RENAME TO away"))
    with pytest.raises(SendRetryable):
        send(do)
    assert server.posted == []


def test_the_file_of_another_bot_is_not_used(server: TelegramServer, do: Do, store: Store) -> None:
    store.uploads.uploaded("telegram", "41", NAME, "of the bot before")
    send(do)
    assert server.posted[0].uploaded
    assert "of the bot before" not in server.files


def test_where_photos_are_forbidden_the_text_is_posted_and_the_owner_hears_once(
    server: TelegramServer, do: Do, store: Store
) -> None:
    server.rooms[-100].photos, server.rooms[-100].bot = False, "member"
    for _ in range(2):
        send(do)
    assert [(posted.text, posted.file) for posted in server.posted] == [("the opening", "")] * 2
    (failure,) = store.failures.untold()
    assert (failure.unit.about, failure.given_up) == ("telegram:-100", True)
    assert failure.reason == "posted without the chart (the chat forbids photos: allow them)"
    store.failures.told([failure])
    send(do)
    assert store.failures.untold() == []
    server.rooms[-100].photos = True
    send(do)
    assert server.posted[-1].file
    assert store.failures.newest(5) == []


@pytest.mark.parametrize("words", ["CHAT_SEND_PHOTOS_FORBIDDEN", "PHOTO_INVALID_DIMENSIONS", "IMAGE_PROCESS_FAILED"])
def test_a_chart_that_is_refused_itself_is_left_out(words: str, server: TelegramServer, do: Do) -> None:
    server.faults[-100] = [Fault(400, f"Bad Request: {words}")]
    send(do)
    assert [(posted.text, posted.file) for posted in server.posted] == [("the opening", "")]


def test_a_chart_that_the_store_lost_is_left_out(server: TelegramServer, do: Do) -> None:
    lost = Message("the opening", chart=str(PictureName(DAY, "ja")))
    do(lambda sender: sender.send(GROUP, lost))
    assert [(posted.text, posted.file) for posted in server.posted] == [("the opening", "")]


def test_a_chat_that_takes_nothing_is_not_tried_twice(server: TelegramServer, do: Do) -> None:
    server.faults[-100] = [Fault(400, "Bad Request: not enough rights to send text messages to the chat")]
    with pytest.raises(ChatNotWritable):
        send(do)
    assert server.calls.count("sendPhoto") == 1
    assert "sendMessage" not in server.calls


def test_an_opening_that_was_posted_as_text_is_edited_as_text(server: TelegramServer, do: Do) -> None:
    server.rooms[-100].photos, server.rooms[-100].bot = False, "member"

    async def scenario(sender: TelegramSender) -> None:
        number = await sender.send(GROUP, OPENING)
        await sender.edit("-100", number, Message("<b>corrected</b>", chart=NAME))

    do(scenario)
    assert [(posted.text, posted.file) for posted in server.posted] == [("corrected", "")]


def test_the_caption_of_a_chart_is_edited_where_the_new_chart_is_refused(
    server: TelegramServer, do: Do, store: Store
) -> None:
    async def scenario(sender: TelegramSender) -> None:
        number = await sender.send(GROUP, OPENING)
        server.rooms[-100].photos, server.rooms[-100].bot = False, "member"
        await sender.edit("-100", number, Message("<b>corrected</b>", chart=NAME))

    do(scenario)
    assert server.posted[0].text == "corrected"
    assert server.posted[0].file
