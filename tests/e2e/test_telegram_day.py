"""Tests a recorded day on Telegram: settings made by commands decide the messages, their place and their time."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.conftest import Replay, recorded_sources
from tests.e2e.running import QUICK, Rehearsal, Running, running
from tests.fakes.telegram import TOKEN, TelegramServer, serving
from tests.fakes.telegram_wire import Posted
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Layout, Notify, Subscription
from workers.runtime.clock import system_clock
from workers.store import Store, open_store

pytestmark = pytest.mark.shared_data

ADMIN, GROUP, CHANNEL, TOPIC = 7, -1001, -1002, 9
EVENING = datetime(2025, 6, 2, 20, tzinfo=UTC)


def at(hour: str) -> datetime:
    return datetime.fromisoformat(f"2025-06-03 {hour}").replace(tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with serving() as fake:
        fake.room(ADMIN, "private")
        fake.room(GROUP, "supergroup", members={ADMIN: "administrator"})
        fake.room(CHANNEL, "channel", username="papers", members={ADMIN: "creator"})
        yield fake


@pytest.fixture
def run(
    server: TelegramServer, settings_file: Callable[..., Path], replay: Replay, rehearsal: Rehearsal, tmp_path: Path
) -> Iterator[Running]:
    rehearsal.move_to(EVENING)
    replay.today("2025-06-03")
    environment = {**rehearsal.environment, "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": server.url}
    settings = settings_file(
        recorded_sources(replay.url),
        **QUICK,
        digest={"closes_at": "07:30 UTC", "catch_up_days": 0},
    )
    with running(settings, tmp_path, environment) as started:
        yield started


@pytest.fixture
def store(run: Running, rehearsal: Rehearsal) -> Iterator[Store]:
    with open_store(f"sqlite:///{run.folder / 'store.db'}", system_clock(rehearsal.environment)) as opened:
        run.until(lambda: opened.texts.newest("ko"))  # the edition of 2 June, which a new subscriber gets at once
        yield opened


def digest_of(server: TelegramServer, chat: int) -> list[Posted]:
    """Return the chat's messages of 3 June; the edition of 2 June, sent at subscription, is left out."""
    mine = [each for each in server.posted if each.chat == chat]
    titles = ("AI papers of 3 June 2025", "2025년 6월 3일 AI 논문 다이제스트")
    return mine[next((n for n, each in enumerate(mine) if each.text.startswith(titles)), len(mine)) :]


def numbers(posts: Sequence[Posted]) -> list[int]:
    """Return the papers' numbers at the beginnings of lines, sorted."""
    lines = [line for post in posts for line in post.text.splitlines()]
    return sorted(int(found[1]) for found in (re.match(r"(\d+)\. ", line) for line in lines) if found)


def test_what_is_set_by_commands_is_what_is_posted(
    server: TelegramServer, run: Running, store: Store, rehearsal: Rehearsal
) -> None:
    topic = {"message_thread_id": TOPIC, "is_topic_message": True}

    def set_as(is_done: Callable[[Subscription], object]) -> bool:
        known = store.subscriptions.of(ChatRef("telegram", str(GROUP), str(TOPIC)))
        return known is not None and bool(is_done(known))

    lines: dict[str, Callable[[Subscription], object]] = {
        "/subscribe": lambda known: known.had,  # a setting changed at the moment of a slot could miss the slot
        "/settings language en": lambda known: known.view.language == "en",
        "/settings categories Robotics, Computer Vision": lambda known: known.view.categories,
        "/settings time 10:30 Europe/Berlin": lambda known: known.slot == "10:30",
        "/settings notify all": lambda known: known.notify is Notify.ALL,
    }
    for line, is_done in lines.items():
        server.say(GROUP, ADMIN, line, **topic)
        run.until(partial(set_as, is_done))
    server.say(ADMIN, ADMIN, "/subscribe @papers")
    chat = ChatRef("telegram", str(CHANNEL))
    run.until(lambda: (known := store.subscriptions.of(chat)) and known.had)
    channel = store.subscriptions.of(chat)
    assert channel is not None
    number = channel.subscription_id
    server.say(ADMIN, ADMIN, f"/settings {number} layout compact")
    run.until(lambda: (known := store.subscriptions.get(number)) and known.view.layout is Layout.COMPACT)
    server.say(ADMIN, ADMIN, f"/settings {number} time 18:00")
    run.until(lambda: (known := store.subscriptions.get(number)) and known.slot == "18:00")

    rehearsal.move_to(at("07:30"))
    third = at("07:30").date()
    run.until(lambda: store.texts.get(third, "en") and store.texts.get(third, "ko"))
    rehearsal.move_to(at("08:29"))
    run.until(lambda: store.outbox.idle("telegram"))
    assert digest_of(server, GROUP) == []
    rehearsal.move_to(at("08:30"))  # 10:30 in Berlin
    run.until(lambda: len(digest_of(server, GROUP)) >= 3 and store.outbox.idle("telegram"))
    mine = digest_of(server, GROUP)
    assert {(post.thread, post.silent) for post in mine} == {(TOPIC, False)}
    assert mine[0].text.startswith("AI papers of 3 June 2025")
    assert "by the settings of this chat" in mine[0].text
    english = store.texts.get(third, "en")
    assert english is not None
    chosen = [paper.n for paper in english.digest.papers if paper.category in {"Robotics", "Computer Vision"}]
    assert numbers(mine[1:]) == chosen, "under their numbers in the edition"
    assert digest_of(server, CHANNEL) == []

    rehearsal.move_to(at("09:00"))  # 18:00 in Seoul
    run.until(lambda: digest_of(server, CHANNEL) and store.outbox.idle("telegram"))
    opening, *texts = digest_of(server, CHANNEL)
    assert opening.text.startswith("2025년 6월 3일 AI 논문 다이제스트")
    assert opening.file == mine[0].file or opening.uploaded, "one upload for each language's chart"
    assert [each.silent for each in (opening, *texts)] == [False, *([True] * len(texts))]
    written = store.texts.get(third, "ko")
    assert written is not None
    assert numbers(texts) == [paper.n for paper in written.digest.papers]
    assert texts[-1].text.endswith("English")
    assert not any(each.keyboard for each in texts)
