"""Tests that whatever Discord, a firewall before it or the network does becomes the right SendError, at once."""

import asyncio
import json
import time
from typing import Any

import pytest

from bot.discord.sender import DiscordSender
from tests.bot.conftest import DAY
from tests.bot.discord.test_sender import HELLO
from tests.fakes.discord import DiscordServer
from tests.fakes.discord_rates import bucket_headers
from tests.fakes.discord_wire import Fault
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Message, PictureName
from workers.domain.errors import ChatGone, ChatNotWritable, SendError, SendRefused, SendRetryable, SendUnknown
from workers.domain.models import Edition, Text
from workers.store import Store

CHANNEL, OTHER = ChatRef("discord", "5"), ChatRef("discord", "6")
FIREWALL = "<!DOCTYPE html><html><head><title>Access denied</title></head><body>error code: 1020</body></html>"
BANNED = "error code: 1015"


@pytest.fixture(autouse=True)
def rooms(server: DiscordServer) -> None:
    server.room(6)


async def failure(sender: DiscordSender, chat: ChatRef = CHANNEL, key: str = "17") -> SendError:
    with pytest.raises(SendError) as raised:
        await sender.send(chat, HELLO, key)
    return raised.value


@pytest.mark.parametrize(
    ("fault", "error", "retry_after_s"),
    [
        (Fault(429, retry_after_s=120), SendRetryable, 120),
        (Fault(429, retry_after_s=43838), SendRetryable, 43838),
        (Fault(429, retry_after_s=0.2), SendRetryable, 0.2),
        (Fault(429, retry_after_s=120, via=False), SendRetryable, 120),
        (Fault(429, retry_after_s=90, everywhere=True), SendRetryable, 90),
        (Fault(429, body=BANNED, retry_after_s=600), SendRetryable, 600),
        (Fault(500), SendUnknown, None),
        (Fault(502, body=FIREWALL), SendUnknown, None),
        (Fault(503, body="upstream connect error"), SendUnknown, None),
        (Fault(520, body=FIREWALL), SendUnknown, None),
        (Fault(401, 0), SendRetryable, 60),
        (Fault(403, body=FIREWALL), SendRetryable, 60),
        (Fault(403, 40333), SendRetryable, 60),
        (Fault(403, 50013), ChatNotWritable, None),
        (Fault(403, 50001), ChatGone, None),
        (Fault(403, 99999), ChatNotWritable, None),
        (Fault(404, 10013), ChatGone, None),
        (Fault(404, 0), SendRefused, None),
        (Fault(413, body=FIREWALL), SendRefused, None),
        (Fault(400, 20028), SendRetryable, 60),
        (Fault(400, 50035), SendRefused, None),
        (Fault(broken="before"), SendUnknown, None),
    ],
)
def test_each_refusal_has_its_error_without_a_wait_in_the_library(
    fault: Fault, error: type[SendError], retry_after_s: float | None, server: DiscordServer, do: Any
) -> None:
    server.faults[5] = [fault] * 3
    started = time.monotonic()
    raised = do(failure)
    assert type(raised) is error
    assert time.monotonic() - started < 5.0, "discord.py waits for minutes at a 429, and 9 s in all at three of 5xx"
    assert server.posted == []
    if isinstance(raised, SendRetryable):
        assert raised.retry_after_s == pytest.approx(retry_after_s, abs=0.1)
    assert not any(word in str(raised) for word in ("<", "1015", "1020")), "no page of a firewall in a reason"


def test_an_answer_that_nobody_can_read_is_unknown_and_posted_once(server: DiscordServer, do: Any) -> None:
    server.faults[5] = [Fault(200, body="<html>Log in to the hotel's network</html>")] * 3
    assert type(do(failure)) is SendUnknown
    assert len(server.posted) == 1


def test_a_bucket_that_is_used_up_holds_no_answer_back_and_refuses_the_next_message(
    server: DiscordServer, do: Any
) -> None:
    async def scenario(sender: DiscordSender) -> None:
        server.bucket = bucket_headers(remaining=2, reset_after_s=3000)
        await sender.send(CHANNEL, HELLO, "17")
        server.bucket = bucket_headers(remaining=0, reset_after_s=3000)
        await sender.send(CHANNEL, HELLO, "18")
        raised = await failure(sender, key="19")
        assert isinstance(raised, SendRetryable)
        assert 2900 < raised.retry_after_s <= 3000
        await sender.send(OTHER, HELLO, "20")

    started = time.monotonic()
    do(scenario)
    assert time.monotonic() - started < 10.0
    assert [posted.channel for posted in server.posted] == [5, 5, 6]


def test_a_429_of_one_channel_leaves_the_others_alone(server: DiscordServer, do: Any) -> None:
    server.limited[5] = time.monotonic() + 120

    async def scenario(sender: DiscordSender) -> None:
        for key in ("1", "2", "3", "4"):
            raised = await failure(sender, key=key)
            assert isinstance(raised, SendRetryable)
            assert raised.retry_after_s > 100
        async with asyncio.timeout(1), sender.turn("6", urgent=False):
            await sender.send(OTHER, HELLO, "5")

    do(scenario)
    assert [posted.channel for posted in server.posted] == [6]


@pytest.mark.parametrize(
    "fault", [Fault(429, everywhere=True), Fault(429, body=BANNED, retry_after_s=1)], ids=["discord", "cloudflare"]
)
def test_a_429_for_everything_halts_everything(fault: Fault, server: DiscordServer, do: Any) -> None:
    server.faults[5] = [fault]

    async def scenario(sender: DiscordSender) -> float:
        raised = await failure(sender)
        assert isinstance(raised, SendRetryable)
        started = time.monotonic()
        async with sender.turn("6", urgent=True):
            return (time.monotonic() - started) / raised.retry_after_s

    assert do(scenario) >= 0.9


def test_a_firewall_that_refuses_one_message_and_takes_others_costs_that_message(
    server: DiscordServer, do: Any
) -> None:
    async def scenario(sender: DiscordSender) -> None:
        server.faults[5] = [Fault(403, body=FIREWALL)] * 2
        assert type(await failure(sender)) is SendRetryable
        assert type(await failure(sender)) is SendRetryable
        await sender.send(OTHER, HELLO, "18")
        server.faults[5] = [Fault(403, body=FIREWALL)]
        assert type(await failure(sender)) is SendRefused

    do(scenario)


def test_a_message_that_may_have_arrived_is_not_put_off_until_its_nonce_is_forgotten(
    server: DiscordServer, do: Any
) -> None:
    server.faults[5] = [Fault(broken="after"), Fault(429, retry_after_s=120)]
    assert type(do(failure)) is SendUnknown
    server.faults[5] = [Fault(broken="after"), Fault(429, retry_after_s=5)]
    assert type(do(lambda sender: failure(sender, key="18"))) is SendRetryable


def test_a_send_that_takes_too_long_is_unknown_and_found_later(
    server: DiscordServer, do: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.discord.sender._LONGEST_S", 1.0)
    asking = Message(json.dumps([{"text": "hello", "choices": [["ask", "/ask"]]}]))

    async def scenario(sender: DiscordSender) -> str | None:
        server.may_answer.clear()
        with pytest.raises(SendUnknown):
            await sender.send(CHANNEL, asking, "17")
        server.may_answer.set()
        return await sender.found(CHANNEL, asking, "17")

    number = do(scenario)
    assert [str(posted.message_id) for posted in server.posted] == [number]


def test_a_message_that_cannot_be_rendered_is_refused(server: DiscordServer, do: Any) -> None:
    async def scenario(sender: DiscordSender) -> None:
        for text in ("no JSON", json.dumps([{"text": "x", "colour": "blue"}])):
            with pytest.raises(SendError) as raised:
                await sender.send(CHANNEL, Message(text), "17")
            assert type(raised.value) is SendRefused

    do(scenario)
    assert server.posted == []


@pytest.fixture
def chart(store: Store, edition: Edition) -> Message:
    text = store.texts.get(DAY, "ko")
    assert text is not None
    store.editions.reopen(DAY)
    store.texts.save(DAY, Text(text.digest, b"\x89PNG picture"))
    card = [{"text": "caption", "colour": "", "chart": True}]
    return Message(json.dumps(card), chart=str(PictureName(DAY, "ko")))


def test_a_chart_whose_address_is_refused_is_uploaded_again(server: DiscordServer, do: Any, chart: Message) -> None:
    async def scenario(sender: DiscordSender) -> None:
        await sender.send(CHANNEL, chart, "1")
        server.faults[6] = [Fault(400, 50035)]
        await sender.send(OTHER, chart, "2")
        await sender.send(OTHER, chart, "3")

    do(scenario)
    assert [posted.files for posted in server.posted] == [1, 1, 0]


def test_a_chart_whose_message_was_deleted_is_uploaded_into_the_next(
    server: DiscordServer, do: Any, chart: Message
) -> None:
    async def scenario(sender: DiscordSender) -> None:
        first = await sender.send(CHANNEL, chart, "1")
        await sender.delete("5", first)
        await sender.send(OTHER, chart, "2")
        await sender.send(OTHER, chart, "3")

    do(scenario)
    _, second, third = server.posted
    assert second.pictures() == ["attachment://chart.png"]
    assert third.pictures() == [f"https://cdn.discordapp.com/attachments/6/{second.message_id}/chart.png"]
