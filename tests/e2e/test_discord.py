"""Discord from end to end: `paperboy run` as processes, people who use slash commands, and what stands in channels."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.runtime.sample import MORNING
from tests.e2e.conftest import Rehearsal
from tests.e2e.running import Running, running, until
from tests.e2e.test_telegram import QUICK, ROWS
from tests.fakes.discord import TOKEN, DiscordServer, serving
from tests.fakes.web import Answer, web
from workers.runtime.clock import system_clock
from workers.store import Store, open_store
from workers.store.tables import part

LAB, OTHER = 501, 502


@pytest.fixture
def server() -> Iterator[DiscordServer]:
    with serving() as fake:
        fake.room(LAB)
        fake.room(OTHER)
        yield fake


@pytest.fixture
def environment(server: DiscordServer, rehearsal: Rehearsal) -> dict[str, str]:
    rehearsal.move_to(MORNING)
    gateway = server.url.replace("http", "ws") + "/gw"
    api = f"{server.url}/api/v10"
    token = {"DISCORD_BOT_TOKEN": TOKEN, "DISCORD_API_URL": api, "DISCORD_GATEWAY_URL": gateway}
    return {**rehearsal.environment, **token}


@pytest.fixture
def run(settings_file: Callable[..., Path], tmp_path: Path, environment: dict[str, str]) -> Iterator[Running]:
    with web(Answer(body=json.dumps(ROWS).encode())) as source:
        settings = settings_file([{"name": "huggingface", "kind": "huggingface", "url": source.url}], **QUICK)
        with running(settings, tmp_path, environment) as started:
            yield started


@pytest.fixture
def store(run: Running, server: DiscordServer, environment: dict[str, str]) -> Iterator[Store]:
    with open_store(f"sqlite:///{run.folder / 'store.db'}", system_clock(environment)) as opened:
        until(lambda: opened.texts.newest("ko") and server.online, told=run.err)
        yield opened


def test_a_channel_subscribes_and_gets_the_digest(server: DiscordServer, run: Running, store: Store) -> None:
    refused = server.command("subscribe", LAB, manages=False)
    until(lambda: server.answers[refused], told=run.err)
    assert "관리할 수 있고" in server.answers[refused][0]
    told = server.command("subscribe", LAB)
    until(lambda: server.texts(LAB), told=run.err)
    assert "구독했습니다" in server.answers[told][0]
    whole = "\n".join(server.texts(LAB))
    assert "2024년 10월 4일 AI 논문 다이제스트" in whole
    for title in (r"Let's \<think\> about robots", r"Why 1 + 1 \< 1 for robots", "Speech recognition now"):
        assert title in whole
    assert server.posted[0].files == 1
    until(lambda: store.outbox.idle("discord"), told=run.err)


def test_a_digest_on_request_and_one_category(server: DiscordServer, run: Running, store: Store) -> None:
    told = server.command("digest", OTHER)
    until(lambda: server.texts(OTHER), told=run.err)
    assert "다이제스트를 곧 올립니다" in server.answers[told][0]
    robots = server.command("digest", OTHER, category="로보틱스")
    until(lambda: server.answers[robots], told=run.err)
    assert server.answers[robots][0].startswith("### 🤖 로보틱스")


def test_commands_are_synced_once_and_a_deleted_channel_is_paused(
    server: DiscordServer, run: Running, store: Store
) -> None:
    names = {each["name"]: each.get("name_localizations", {}).get("ko") for each in server.commands}
    assert names["digest"] == "다이제스트"
    assert names["Ask about this"] == "이 논문에 대해 질문"
    assert {"subscribe", "unsubscribe", "settings", "ask", "status", "help", "forget", "test"} <= set(names)
    told = server.command("subscribe", LAB)
    until(lambda: server.answers[told] and store.subscriptions.languages() == ["ko"], told=run.err)
    run.kill("discord")
    server.online = False
    until(lambda: server.online, told=run.err)
    assert server.syncs == 1, "nothing changed"
    server.channel_deleted(LAB)
    until(lambda: store.subscriptions.languages() == [], told=run.err)


def test_killed_in_a_broadcast_nothing_comes_twice(server: DiscordServer, run: Running, store: Store) -> None:
    channels = range(600, 612)
    for channel in channels:
        server.room(channel)
        server.command("subscribe", channel)
    until(lambda: len(server.posted) > 5, told=run.err)
    run.kill("discord")
    until(lambda: store.outbox.idle("discord"), told=run.err)
    with store.engine.connect() as connection:
        states = Counter(connection.execute(select(part.c.state)).scalars())
    assert set(states) <= {"posted", "unknown"}
    for channel in channels:
        assert all(count == 1 for count in Counter(server.texts(channel)).values()), channel
    assert sum(len(server.texts(channel)) for channel in channels) + states["unknown"] >= states.total()
