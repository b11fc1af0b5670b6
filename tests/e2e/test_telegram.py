"""Telegram from end to end: `paperboy run` as processes, people who type, and what stands in their chats."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.runtime.sample import MORNING
from tests.e2e.conftest import Rehearsal
from tests.e2e.running import Running, running, until
from tests.fakes.telegram import TOKEN, TelegramServer, serving
from tests.fakes.telegram_wire import retry_after
from tests.fakes.web import Answer, web
from workers.runtime.clock import system_clock
from workers.store import Store, open_store
from workers.store.tables import part

ADMIN, MEMBER = 7, 8
GROUP, CHANNEL = -1001, -1002
TITLES = [
    "Let's <think> about robots",
    "Why 1 + 1 < 1 for robots",
    "Robot grasping: a policy",
    "Speech recognition now",
]
ROWS = [
    {"paper": {"id": f"2410.0000{n}", "title": title, "summary": f"We present {title}. It gains {n}.5%.", "upvotes": n}}
    for n, title in enumerate(TITLES, start=1)
]
QUICK = {"clock": {"tick_s": 0.1, "lease_s": 3}, "lease": {"edition_s": 3, "delivery_s": 3}}


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with serving() as fake:
        fake.room(ADMIN, "private")
        fake.room(MEMBER, "private")
        fake.room(GROUP, "supergroup", members={ADMIN: "administrator", MEMBER: "member"})
        fake.room(CHANNEL, "channel", username="papers", members={ADMIN: "creator"})
        yield fake


@pytest.fixture
def environment(server: TelegramServer, rehearsal: Rehearsal) -> dict[str, str]:
    rehearsal.move_to(MORNING)
    return {**rehearsal.environment, "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": server.url}


@pytest.fixture
def run(settings_file: Callable[..., Path], tmp_path: Path, environment: dict[str, str]) -> Iterator[Running]:
    with web(Answer(body=json.dumps(ROWS).encode())) as source:
        settings = settings_file([{"name": "huggingface", "kind": "huggingface", "url": source.url}], **QUICK)
        with running(settings, tmp_path, environment) as started:
            yield started


@pytest.fixture
def store(run: Running, environment: dict[str, str]) -> Iterator[Store]:
    with open_store(f"sqlite:///{run.folder / 'store.db'}", system_clock(environment)) as opened:
        until(lambda: opened.texts.newest("ko"), told=run.err)
        yield opened


def posted(server: TelegramServer, chat: int, thread: int | None = None) -> list[str]:
    """The digest's messages in a chat, without the confirmation."""
    return [text for text in server.texts(chat, thread) if not text.startswith("구독했습니다")]


def test_a_topic_subscribes_and_gets_the_digest_in_order(server: TelegramServer, run: Running, store: Store) -> None:
    server.say(GROUP, MEMBER, "/subscribe")
    until(lambda: server.texts(GROUP), told=run.err)
    assert "관리할 수 있고" in server.texts(GROUP)[0]
    server.say(GROUP, ADMIN, "/subscribe@paper_bot", message_thread_id=9, is_topic_message=True)
    until(lambda: len(posted(server, GROUP, 9)) == 3, told=run.err)
    opening, robots, ones = posted(server, GROUP, 9)
    assert opening.startswith("2024년 10월 4일 AI 논문 다이제스트\n오늘 고른 4편 / 새 논문 4편")
    assert "Let's <think> about robots" in robots
    assert "Why 1 + 1 < 1 for robots" in robots
    assert "Speech recognition now" in ones
    first, *others = [each for each in server.posted if each.thread == 9 and not each.text.startswith("구독")]
    assert first.file
    assert not any(each.file for each in others)
    until(lambda: store.outbox.idle("telegram"))
    with store.engine.connect() as connection:
        assert Counter(connection.execute(select(part.c.state)).scalars()) == {"posted": 3}


def test_a_channel_subscribes_by_a_post_and_from_private(server: TelegramServer, run: Running, store: Store) -> None:
    server.say(MEMBER, MEMBER, "/subscribe @papers")
    until(lambda: server.texts(MEMBER), told=run.err)
    assert server.texts(MEMBER)[0].startswith("@papers 채널을 구독하려면")
    server.say(ADMIN, ADMIN, "/subscribe @papers")
    until(lambda: len(posted(server, CHANNEL)) == 3, told=run.err)
    assert server.texts(ADMIN)[0].startswith("구독했습니다")
    server.channel_post(CHANNEL, "/unsubscribe")
    until(lambda: "구독을 멈추었습니다" in server.texts(CHANNEL)[-1], told=run.err)
    assert store.subscriptions.languages() == []


def test_the_first_owner_gives_the_code_that_run_prints(server: TelegramServer, run: Running, store: Store) -> None:
    until(lambda: "/owner " in run.out(), told=run.err)
    assert "@paper_bot — 초대 링크: https://t.me/paper_bot?startchannel&admin=post_messages" in run.out()
    code = re.findall(r"/owner (\S+)", run.out())[0]
    server.say(ADMIN, ADMIN, f"/owner {code}")
    until(lambda: store.owners.all(), told=run.err)
    assert store.owners.all() == [("telegram", str(ADMIN))]
    until(lambda: server.texts(ADMIN) and server.texts(ADMIN)[-1].startswith("이제 운영자입니다"), told=run.err)


def test_a_digest_on_request_comes_once_whatever_befalls_it(server: TelegramServer, run: Running, store: Store) -> None:
    server.faults[MEMBER] = [retry_after(1)]
    server.say(MEMBER, MEMBER, "/digest")
    until(lambda: len(server.texts(MEMBER)) == 4, told=run.err)
    assert sum("곧 올립니다" in text for text in server.texts(MEMBER)) == 1
    server.say(MEMBER, MEMBER, "/digest 로보틱스")
    until(lambda: len(server.texts(MEMBER)) == 5, told=run.err)
    assert server.texts(MEMBER)[-1].startswith("🤖 로보틱스")
    server.say(GROUP, MEMBER, "/help@another_bot")
    server.say(GROUP, MEMBER, "talk among members")
    server.say(GROUP, MEMBER, "@paper_bot 1번 논문은 무엇을 제안했나요?")
    until(lambda: server.texts(GROUP), told=run.err)
    assert len(server.texts(GROUP)) == 1, "only what was said to us"


def test_put_out_and_let_in_again_a_chat_has_its_settings(server: TelegramServer, run: Running, store: Store) -> None:
    server.say(GROUP, ADMIN, "/subscribe")
    until(lambda: len(posted(server, GROUP)) == 3, told=run.err)
    server.our_status(GROUP, "member", "kicked")
    until(lambda: store.subscriptions.languages() == [], told=run.err)
    server.our_status(GROUP, "left", "member")
    until(lambda: store.subscriptions.languages() == ["ko"], told=run.err)


def test_killed_in_a_broadcast_nothing_comes_twice(server: TelegramServer, run: Running, store: Store) -> None:
    chats = range(1000, 1012)
    for chat in chats:
        server.room(chat, "private")
        server.say(chat, chat, "/subscribe")
    until(lambda: len(server.posted) > 20, told=run.err)
    run.kill("telegram")
    until(lambda: store.outbox.idle("telegram"), told=run.err)
    with store.engine.connect() as connection:
        states = Counter(connection.execute(select(part.c.state)).scalars())
    assert set(states) <= {"posted", "unknown"}
    for chat in chats:
        assert all(count == 1 for count in Counter(posted(server, chat)).values()), chat
    lost = 3 * len(chats) - sum(len(posted(server, chat)) for chat in chats)
    assert 0 <= lost <= states["unknown"] <= len(chats)
