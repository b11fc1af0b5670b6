"""Tests that a fault outside stays where it is: one run of all processes, beside faults of every kind.

The chats that are well have their day on time, and the owner hears once of each of the others.
"""

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.world import (
    ASKING,
    DELETED,
    DISCORD_FLOODED,
    DISCORD_REFUSED,
    DISCORD_WELL,
    FEEDS,
    FLOODED,
    NO_FILTER,
    NO_JSON,
    NO_LAYOUT,
    NO_NOTIFY,
    NO_PHOTOS,
    NO_TOPIC,
    OWNER,
    READER,
    REFUSED,
    REFUSED_ONCE,
    SLOT,
    WELL,
    World,
    world,
)
from workers.domain.units import Failure, UnitKind

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ON_TIME_S = 30.0
"""Seconds in which the chats that are well must have their day; on a quiet machine it takes about three."""
ODD_UPDATES: Sequence[tuple[str, Any]] = (
    ("message", None),
    ("message", {"text": "no chat"}),
    ("poem", {"lines": 14}),
    (
        "callback_query",
        {"id": "1", "from": {"id": READER, "is_bot": False, "first_name": "User"}, "chat_instance": "1"},
    ),
)
ODD_TEXTS = ("half of a pair: \ud83d", "\x00\x1b[2J", "/settings 99999999999999999999 language en", "¹²³" * 1300)
ODD_EVENTS: Sequence[tuple[str, Any]] = (
    ("MESSAGE_CREATE", {"id": "1"}),
    ("MESSAGE_CREATE", {}),
    ("INTERACTION_CREATE", {"id": "x", "type": 99}),
    ("POEM_CREATE", {"lines": 14}),
)
GIVEN_UP = (NO_TOPIC, NO_LAYOUT, NO_JSON, NO_NOTIFY, REFUSED, DELETED, NO_FILTER)
WAITING = (FLOODED, DISCORD_FLOODED)
HEALED = (REFUSED_ONCE, DISCORD_REFUSED)
"""Chats of which the store refuses one write once."""


def test_a_fault_outside_costs_itself_alone(tmp_path: Path) -> None:
    with world(tmp_path) as paperboy:
        before = {name: process.pid for name, process in paperboy.run.processes().items()}
        the_chats_that_are_well_have_the_day_on_time(paperboy)
        people_are_told_what_did_not_work(paperboy)
        the_others_have_what_they_can_have(paperboy)
        the_owner_is_told_once_of_each(paperboy)
        the_status_names_each(paperboy)
        assert {name: process.pid for name, process in paperboy.run.processes().items()} == before
        assert "process ended" not in paperboy.run.err()


def failures(paperboy: World, kind: UnitKind) -> dict[str, Failure]:
    """The failures of a kind of unit, by what they are about."""
    return {each.unit.about: each for each in paperboy.store.failures.newest(100) if each.unit.kind is kind}


def the_chats_that_are_well_have_the_day_on_time(paperboy: World) -> None:
    paperboy.rehearsal.move_to(SLOT)
    begun = time.monotonic()
    paperboy.run.until(lambda: all(paperboy.is_done(chat) for chat in (*WELL, *DISCORD_WELL)))
    assert time.monotonic() - begun < ON_TIME_S
    for chat in (*WELL, *DISCORD_WELL):
        texts = paperboy.texts(chat)
        assert set(paperboy.states(chat)) == {"posted"}
        assert len(texts) == len(set(texts)) == len(paperboy.states(chat))
        assert numbers(texts) == [1, 2, 3, 4, 5, 6], chat


def numbers(texts: Sequence[str]) -> list[int]:
    """The papers' numbers at the beginnings of lines, sorted."""
    return sorted(int(number) for number in re.findall(r"^\W*(\d)\.\W", "\n".join(texts), re.MULTILINE))


def people_are_told_what_did_not_work(paperboy: World) -> None:
    for kind, odd in ODD_UPDATES:
        paperboy.telegram.update(kind, odd)
    for text in ODD_TEXTS:
        paperboy.telegram.say(READER, READER, text)
    paperboy.telegram.say(READER, READER, "1번 논문은 왜 unlucky 인가요?")
    asked = paperboy.discord.command("ask", ASKING, question="1번 논문은 왜 unlucky 인가요?")
    for kind, data in ODD_EVENTS:
        paperboy.discord.dispatch(kind, data)
    tried(paperboy, 1)
    paperboy.allow("refused_once")
    paperboy.allow("discord_refused")
    paperboy.pass_time(6)
    tried(paperboy, 2)
    paperboy.pass_time(61)
    told = "요청을 처리하지 못했습니다"
    paperboy.run.until(lambda: [text for text in paperboy.telegram.texts(READER) if text.startswith(told)])
    paperboy.run.until(lambda: [text for text in paperboy.discord.answers[asked] if text.startswith(told)])
    paperboy.telegram.say(READER, READER, "/help")
    helped = paperboy.discord.command("help", ASKING)
    paperboy.run.until(lambda: [text for text in paperboy.telegram.texts(READER) if "/digest" in text])
    paperboy.run.until(lambda: [text for text in paperboy.discord.answers[helped] if "/digest" in text])


def tried(paperboy: World, times: int) -> None:
    """Wait until each unit that fails whenever it is tried has been tried so often."""

    def attempts() -> list[int]:
        deliveries, updates = (failures(paperboy, kind) for kind in (UnitKind.DELIVERY, UnitKind.UPDATE))
        known = [deliveries.get(str(chat)) for chat in (NO_JSON, NO_NOTIFY, REFUSED)]
        known += [updates.get(platform) for platform in ("telegram", "discord")]
        return [each.attempts if each else 0 for each in known]

    paperboy.run.until(lambda: min(attempts()) >= times)


def the_others_have_what_they_can_have(paperboy: World) -> None:
    paperboy.run.until(lambda: all(paperboy.is_done(chat) for chat in (*HEALED, REFUSED, NO_JSON)))
    whole = paperboy.texts(WELL[0])
    assert paperboy.texts(NO_PHOTOS) == whole, "the opening as text"
    assert paperboy.texts(REFUSED_ONCE) == whole
    assert paperboy.texts(DISCORD_REFUSED) == paperboy.texts(DISCORD_WELL[0])
    assert paperboy.texts(REFUSED) == whole[:1], "what was posted before the write that is refused"
    assert paperboy.states(REFUSED)[1:] == ["failed"] * (len(whole) - 1)
    for chat in (FLOODED, DISCORD_FLOODED):
        assert set(paperboy.states(chat)) == {"pending"}
    for chat in (*WAITING, NO_TOPIC, NO_LAYOUT, NO_JSON, NO_NOTIFY, NO_FILTER):
        assert paperboy.texts(chat) == []


def the_owner_is_told_once_of_each(paperboy: World) -> None:
    faulty = {str(chat) for chat in (*GIVEN_UP, *WAITING, NO_PHOTOS)}

    def named() -> bool:
        return all(
            faulty <= {name for text in texts for name in chats_in(text)} for texts in paperboy.notices().values()
        )

    paperboy.run.until(named)
    paperboy.run.until(lambda: paperboy.store.failures.untold() == [])
    for platform, texts in paperboy.notices().items():
        told = [name for text in texts for name in chats_in(text)]
        assert sorted(told) == sorted(faulty), platform
        assert [all(feed in text for feed in FEEDS) for text in texts].count(True) == 1, "all feeds in one notice"
        assert len(texts) == len(set(texts)), platform


def chats_in(text: str) -> list[str]:
    return re.findall(r"\b(?:telegram|discord):-?\d+", text)


def the_status_names_each(paperboy: World) -> None:
    seen = len(paperboy.telegram.texts(OWNER))
    paperboy.telegram.say(OWNER, OWNER, "/status")
    paperboy.run.until(lambda: "작업:" in "".join(paperboy.telegram.texts(OWNER)[seen:]))
    status = "\n".join(paperboy.telegram.texts(OWNER)[seen:])
    for chat in (*GIVEN_UP, *WAITING, NO_PHOTOS):
        assert str(chat) in status
    for feed in FEEDS:
        assert f"출처 {feed}: failed" in status
    assert not [chat for chat in (*WELL, *DISCORD_WELL, *HEALED) if str(chat) in status]
