"""Tests how the sender handles each error of Discord, with a fake server that behaves like Discord."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.discord.sender import DiscordSender
from tests.bot.conftest import DAY
from tests.fakes.discord import DiscordServer
from tests.fakes.discord_wire import DM, Fault
from workers.domain.chats import ChatRef, direct_chat
from workers.domain.deliveries import Message, PictureName
from workers.domain.errors import ChatGone, ChatNotWritable, SendRefused, SendUnknown
from workers.domain.models import Edition, Text
from workers.store import Store

HELLO = Message(json.dumps([{"text": "**hello**", "colour": "#882255", "chart": False}]))


def test_a_message_is_sent_with_its_nonce_and_without_mentions(server: DiscordServer, do: Any) -> None:
    number = do(lambda sender: sender.send(ChatRef("discord", "5"), replace(HELLO, silent=True), "17"))
    (posted,) = server.posted
    assert (str(posted.message_id), posted.text, posted.silent, posted.nonce) == (
        *(number, "**hello**", True, "paperboy-17"),
    )


def test_a_line_that_breaks_after_the_message_was_taken_posts_it_once(server: DiscordServer, do: Any) -> None:
    server.faults[5] = [Fault(broken="after"), Fault(503), Fault(broken="after")]
    with pytest.raises(SendUnknown):
        do(lambda sender: sender.send(ChatRef("discord", "5"), HELLO, "17"))
    assert len(server.posted) == 1
    number = do(lambda sender: sender.send(ChatRef("discord", "5"), HELLO, "17"))
    assert len(server.posted) == 1
    assert number == str(server.posted[0].message_id)
    server.faults[5] = [Fault(broken="before"), Fault(503)]
    do(lambda sender: sender.send(ChatRef("discord", "5"), HELLO, "18"))
    assert len(server.posted) == 2


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(403, 50001), ChatGone),
        (Fault(403, 50013), ChatNotWritable),
        (Fault(404, 10003), ChatGone),
        (Fault(400, 160005), ChatNotWritable),
        (Fault(400, 50035), SendRefused),
    ],
)
def test_each_error_has_its_rule(fault: Fault, error: type[Exception], server: DiscordServer, do: Any) -> None:
    server.faults[5] = [fault]
    with pytest.raises(error):
        do(lambda sender: sender.send(ChatRef("discord", "5"), HELLO, "17"))
    assert server.posted == []


def test_the_chart_goes_with_the_message(server: DiscordServer, do: Any, store: Store, edition: Edition) -> None:
    text = store.texts.get(DAY, "ko")
    assert text is not None
    store.editions.reopen(DAY)
    store.texts.save(DAY, Text(text.digest, b"\x89PNG picture"))
    card = [{"text": "caption", "colour": "", "chart": True}]
    do(
        lambda sender: sender.send(
            ChatRef("discord", "5"), Message(json.dumps(card), chart=str(PictureName(DAY, "ko"))), "1"
        )
    )
    assert [posted.files for posted in server.posted] == [1]


def test_edits_and_removals_are_done_and_what_is_done_already_is_well(server: DiscordServer, do: Any) -> None:
    async def scenario(sender: DiscordSender) -> None:
        number = await sender.send(ChatRef("discord", "5"), HELLO, "17")
        await sender.edit("5", number, Message(HELLO.text.replace("hello", "bye")))
        await sender.delete("5", number)
        await sender.delete("5", number)
        await sender.edit("5", number, HELLO)

    do(scenario)
    assert server.posted[0].text == "**bye**"
    assert len(server.edited) == len(server.deleted) == 1


def test_an_owner_is_written_to_in_a_private_channel_that_is_opened(server: DiscordServer, do: Any) -> None:
    do(lambda sender: sender.send(direct_chat("discord", "7"), HELLO, "1"))
    assert [(posted.channel, posted.text) for posted in server.posted] == [(DM, "**hello**")]
