"""Tests Discord from end to end: people use slash commands of `paperboy run`, and messages appear in channels."""

from collections import Counter
from collections.abc import Iterator, Mapping

import pytest
from sqlalchemy import select

from tests.e2e.running import Program, program
from tests.e2e.test_telegram import PAPERS
from tests.fakes.discord import TOKEN, DiscordServer, serving
from workers.domain.chats import ChatRef
from workers.domain.deliveries import SubscriptionStatus
from workers.store.tables import delivery, part

LAB, OTHER, DELETED = 501, 502, 503


def environment(server: DiscordServer) -> Mapping[str, str]:
    return {
        "DISCORD_BOT_TOKEN": TOKEN,
        "DISCORD_API_URL": f"{server.url}/api/v10",
        "DISCORD_GATEWAY_URL": server.url.replace("http", "ws") + "/gw",
    }


@pytest.fixture(scope="module")
def server() -> Iterator[DiscordServer]:
    with serving() as fake:
        for channel in (LAB, OTHER, DELETED):
            fake.room(channel)
        yield fake


@pytest.fixture(scope="module")
def started(server: DiscordServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with program(tmp_path_factory.mktemp("discord"), environment(server), PAPERS) as running:
        yield running


@pytest.fixture
def paperboy(started: Program, server: DiscordServer) -> Program:
    """Wait until the program's frontend is online again; an earlier test may have killed it."""
    started.run.until(lambda: server.online)
    return started


def kill_frontend(paperboy: Program, server: DiscordServer) -> None:
    server.online = False
    paperboy.run.kill("discord")


def test_a_channel_subscribes_and_gets_the_digest(server: DiscordServer, paperboy: Program) -> None:
    refused = server.command("subscribe", LAB, manages=False)
    paperboy.run.until(lambda: server.answers[refused])
    assert "관리할 수 있고" in server.answers[refused][0]
    accepted = server.command("subscribe", LAB)
    paperboy.run.until(lambda: server.texts(LAB) and paperboy.store.outbox.idle("discord"))
    assert "구독했습니다" in server.answers[accepted][0]
    whole = "\n".join(server.texts(LAB))
    assert "2024년 10월 4일 AI 논문 다이제스트" in whole
    for title in (r"Let's \<think\> about robots", r"Why 1 + 1 \< 1 for robots", "Speech recognition now"):
        assert title in whole
    assert next(post for post in server.posted if post.channel == LAB).files == 1


def test_a_digest_on_request_and_one_category(server: DiscordServer, paperboy: Program) -> None:
    whole = server.command("digest", OTHER)
    paperboy.run.until(lambda: server.texts(OTHER))
    assert "다이제스트를 곧 올립니다" in server.answers[whole][0]
    robots = server.command("digest", OTHER, category="로보틱스")
    paperboy.run.until(lambda: server.answers[robots])
    assert server.answers[robots][0].startswith("### 🤖 로보틱스")


def test_commands_are_synced_once_and_a_deleted_channel_is_paused(server: DiscordServer, paperboy: Program) -> None:
    names = {command["name"]: command.get("name_localizations", {}).get("ko") for command in server.commands}
    assert names["digest"] == "다이제스트"
    assert names["Ask about this"] == "이 논문에 대해 질문"
    assert {"subscribe", "unsubscribe", "settings", "ask", "status", "help", "forget", "test"} <= set(names)
    accepted = server.command("subscribe", DELETED)
    paperboy.run.until(lambda: server.answers[accepted] and status(paperboy) is SubscriptionStatus.ACTIVE)
    kill_frontend(paperboy, server)
    paperboy.run.until(lambda: server.online)
    assert server.syncs == 1, "nothing changed"
    server.channel_deleted(DELETED)
    paperboy.run.until(lambda: status(paperboy) is SubscriptionStatus.REMOVED)


def status(paperboy: Program) -> SubscriptionStatus | None:
    subscription = paperboy.store.subscriptions.of(ChatRef("discord", str(DELETED)))
    return subscription.status if subscription else None


def test_killed_in_a_broadcast_nothing_comes_twice(server: DiscordServer, paperboy: Program) -> None:
    channels = range(600, 612)
    for channel in channels:
        server.room(channel)
        server.command("subscribe", channel)
    paperboy.run.until(lambda: sum(len(server.texts(channel)) for channel in channels) > 5)
    kill_frontend(paperboy, server)
    paperboy.run.until(lambda: server.online and paperboy.store.outbox.idle("discord"))
    wanted = select(part.c.state).join(delivery).where(delivery.c.chat.in_([str(channel) for channel in channels]))
    with paperboy.store.engine.connect() as connection:
        states = Counter(connection.execute(wanted).scalars())
    assert set(states) <= {"posted", "unknown"}
    for channel in channels:
        assert all(count == 1 for count in Counter(server.texts(channel)).values()), channel
    assert sum(len(server.texts(channel)) for channel in channels) + states["unknown"] >= states.total()
