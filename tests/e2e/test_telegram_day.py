"""A recorded day on Telegram as its users have it: what they set by commands is what they get, where and when."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Rehearsal, Replay, recorded_sources
from tests.e2e.running import Running, running, until
from tests.fakes.telegram import TOKEN, TelegramServer, serving
from tests.fakes.telegram_wire import Posted
from workers.domain.chats import ChatRef
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
        clock={"tick_s": 0.1, "lease_s": 3},
        lease={"edition_s": 3, "delivery_s": 3},
        digest={"closes_at": "07:30 UTC", "catch_up_days": 0},
    )
    with running(settings, tmp_path, environment) as started:
        yield started


@pytest.fixture
def store(run: Running, rehearsal: Rehearsal) -> Iterator[Store]:
    with open_store(f"sqlite:///{run.folder / 'store.db'}", system_clock(rehearsal.environment)) as opened:
        yield opened


def digest_of(server: TelegramServer, chat: int) -> list[Posted]:
    """What stands there of the third of June; a new subscriber had the newest edition, the second's, before."""
    mine = [each for each in server.posted if each.chat == chat]
    titles = ("AI papers of 3 June 2025", "2025년 6월 3일 AI 논문 다이제스트")
    return mine[next((n for n, each in enumerate(mine) if each.text.startswith(titles)), len(mine)) :]


def numbers(posts: Sequence[Posted]) -> list[int]:
    """The papers in some messages, by their numbers at the beginning of a line."""
    lines = [line for post in posts for line in post.text.splitlines()]
    return sorted(int(found[1]) for found in (re.match(r"(\d+)\. ", line) for line in lines) if found)


def say(server: TelegramServer, run: Running, chat: int, line: str, **more: Any) -> None:
    """The admin types a line there, and is answered."""
    before = len(server.texts(chat))
    server.say(chat, ADMIN, line, **more)
    until(lambda: len(server.texts(chat)) > before, told=run.err)


def test_what_is_set_by_commands_is_what_is_posted(
    server: TelegramServer, run: Running, store: Store, rehearsal: Rehearsal
) -> None:
    topic = {"message_thread_id": TOPIC, "is_topic_message": True}
    for line in (
        "/subscribe",
        "/settings language en",
        "/settings categories Robotics, Computer Vision",
        "/settings time 10:30 Europe/Berlin",
        "/settings notify all",
    ):
        say(server, run, GROUP, line, **topic)
    say(server, run, ADMIN, "/subscribe @papers")
    channel = store.subscriptions.of(ChatRef("telegram", str(CHANNEL)))
    assert channel is not None
    number = channel.subscription_id
    for line in (f"/settings {number} layout compact", f"/settings {number} time 18:00"):
        say(server, run, ADMIN, line)

    rehearsal.move_to(at("07:30"))
    until(lambda: store.texts.newest("en") and store.texts.newest("ko"), told=run.err)
    rehearsal.move_to(at("08:29"))
    until(lambda: store.outbox.idle("telegram"), told=run.err)
    assert digest_of(server, GROUP) == []
    rehearsal.move_to(at("08:30"))  # half past ten in Berlin
    until(lambda: len(digest_of(server, GROUP)) >= 3 and store.outbox.idle("telegram"), told=run.err)
    mine = digest_of(server, GROUP)
    assert all(each.thread == TOPIC and not each.silent for each in mine)
    assert mine[0].text.startswith("AI papers of 3 June 2025")
    assert "by the settings of this chat" in mine[0].text
    english = store.texts.get(at("09:00").date(), "en")
    assert english is not None
    chosen = [paper.n for paper in english.digest.papers if paper.category in {"Robotics", "Computer Vision"}]
    assert numbers(mine[1:]) == chosen, "under their numbers in the edition"
    assert digest_of(server, CHANNEL) == []

    rehearsal.move_to(at("09:00"))  # six in the evening in Seoul
    until(lambda: digest_of(server, CHANNEL) and store.outbox.idle("telegram"), told=run.err)
    opening, *texts = digest_of(server, CHANNEL)
    assert opening.text.startswith("2025년 6월 3일 AI 논문 다이제스트")
    assert opening.file == mine[0].file or opening.uploaded, "one upload for each language's chart"
    assert [each.silent for each in (opening, *texts)] == [False, *([True] * len(texts))]
    written = store.texts.get(at("09:00").date(), "ko")
    assert written is not None
    assert numbers(texts) == [paper.n for paper in written.digest.papers]
    assert texts[-1].text.endswith("English")
    assert not any(each.keyboard for each in texts)
