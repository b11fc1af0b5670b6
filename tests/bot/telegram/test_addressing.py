"""Tests which messages are addressed to the bot, by Telegram's own marks of names and commands."""

from typing import Any

import pytest
from telegram import Bot, Message

from bot.telegram.addressing import text_for_us
from tests.fakes.telegram_wire import marks
from workers.store import Store

BOT_ID, NAME = 42, "paper_bot"
BOT = Bot("42:fake")


def heard(store: Store, text: str, kind: str = "supergroup", caption: bool = False, **more: Any) -> str | None:
    """Return what the bot is told by a message; None if the message is not addressed to it."""
    names = ("caption", "caption_entities") if caption else ("text", "entities")
    chat = {"id": -100, "type": kind, "title": "Readers"}
    body = {"message_id": 1, "date": 0, "chat": chat, names[0]: text, names[1]: marks(text), **more}
    message = Message.de_json(body, BOT)
    found = text_for_us(message, BOT_ID, NAME, store, comments=True)
    return found.text if found else None


@pytest.mark.parametrize("space", [" ", "\n", "\t", "\r\n", "\u00a0", "\u3000", "\u2028", " \n "])
@pytest.mark.parametrize("command", ["/ask", "/ASK@Paper_Bot"])
def test_any_white_space_separates_a_command_from_its_words(command: str, space: str, store: Store) -> None:
    assert heard(store, f"{command}{space}what is{space}new?") == "/ask what is new?"


@pytest.mark.parametrize("text", ["/digest\n", "/digest@paper_bot\t", "  /digest"])
def test_a_command_alone_is_a_command(text: str, store: Store) -> None:
    assert heard(store, text) == "/digest"


def test_a_command_for_another_bot_is_not_ours(store: Store) -> None:
    assert heard(store, "/digest@paper_bot2") is None
    assert heard(store, "/digest@other_bot\nplease") is None


@pytest.mark.parametrize(
    "text",
    [
        "@paper_bot2 what is new?",
        "write to kim@paper_bot.example.org",
        "mail@paper_bot",
        "https://t.me/@paper_bot",
        "paper_bot, what is new?",
        "our @paper_bots are many",
    ],
)
def test_a_name_that_only_looks_like_ours_is_not_ours(text: str, store: Store) -> None:
    assert heard(store, text) is None


@pytest.mark.parametrize("caption", [False, True])
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("@paper_bot what is new?", "what is new?"),
        ("@PAPER_BOT what is new?", "what is new?"),
        ("👩‍🔬🧠 what is new, @paper_bot?", "👩‍🔬🧠 what is new, ?"),
        ("@paper_bot", "/help"),
        ("@other @paper_bot hello", "@other hello"),
    ],
)
def test_our_name_as_telegram_marks_it_is_ours(text: str, told: str, caption: bool, store: Store) -> None:
    assert heard(store, text, caption=caption) == told


def test_a_name_without_a_username_is_known_by_its_id(store: Store) -> None:
    def marked(user: int) -> list[dict[str, Any]]:
        person = {"id": user, "is_bot": True, "first_name": "Paper"}
        return [{"type": "text_mention", "offset": 0, "length": 5, "user": person}]

    assert heard(store, "Paper what is new?", entities=marked(BOT_ID)) == "what is new?"
    assert heard(store, "Paper what is new?", entities=marked(43)) is None


def test_in_a_channel_only_commands_are_for_the_bot(store: Store) -> None:
    assert heard(store, "Today @paper_bot posts its digest here. Questions?", "channel") is None
    assert heard(store, "/digest\n2025-06-03", "channel") == "/digest 2025-06-03"
