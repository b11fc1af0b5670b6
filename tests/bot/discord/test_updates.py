"""Tests that what people do on Discord is answered once: after a crash, a fault of ours, and a repeated event."""

import asyncio
import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.discord import gateway
from bot.discord.updates import HeardMessage, StoredInteraction, body_of
from tests.bot.conftest import DAY
from tests.bot.discord.conftest import LAB, NEWS, Frontend
from tests.fakes.clock import FakeClock
from tests.fakes.discord import DiscordServer
from tests.fakes.discord_wire import DM, Fault
from tests.waiting import until
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Place, SubscriptionStatus, View
from workers.domain.units import UnitKind
from workers.store import Store
from workers.store.tables import delivery

pytestmark = pytest.mark.usefixtures("edition")
FAILED = "처리하지 못했습니다"


def left(store: Store, server: DiscordServer, token: str) -> None:
    """An interaction that an earlier process has stored and not answered."""
    data = server.asked[token]
    assert store.updates.take("discord", "42", int(data["id"]), body_of(StoredInteraction(data)))


def all_done(store: Store) -> bool:
    return store.updates.left("discord", "42") == []


def put_off(store: Store, channel: int) -> bool:
    """Whether a delivery to the channel waits for longer than its lease."""
    later = store.clock.now() + timedelta(seconds=100)
    with store.engine.connect() as connection:
        wanted = select(delivery.c.id).where(delivery.c.chat == str(channel), delivery.c.lease_until > later)
        return connection.execute(wanted).first() is not None


def break_questions(store: Store) -> None:
    """Let every question fail in the database."""
    with store.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER broken BEFORE INSERT ON question BEGIN SELECT RAISE(ABORT, 'broken'); END"
        )


def test_what_a_crash_left_is_answered_once_and_the_way_that_is_left(frontend: Frontend, store: Store) -> None:
    server = frontend.server
    frontend.stop()
    acknowledged = server.command("digest", LAB, category="로보틱스")
    server.acknowledged.add(acknowledged)
    too_late = server.command("digest", LAB, category="로보틱스")
    server.asked_at[too_late] -= 60
    private = server.command("help", LAB)
    server.expired |= {private}
    asked = server.command("ask", LAB, question="두 번째는 왜 더 빠른가요?")
    for token in (acknowledged, too_late, private, asked):
        left(store, server, token)
    message = HeardMessage(1 << 62, DM, 7, private=True, text="첫 번째는 무엇인가요?")
    assert store.updates.take("discord", "42", message.message_id, body_of(message))
    frontend.start()
    until(lambda: all_done(store) and store.outbox.idle("discord"))
    assert [text.startswith("### 🤖 로보틱스") for text in server.answers[acknowledged]] == [True]
    assert server.answers[too_late] == server.answers[private] == []
    assert sum(text.startswith("### 🤖 로보틱스") for text in server.texts(LAB)) == 1
    assert sum("/forget" in text for text in server.texts(DM)) == 1
    questions = {found.asked.text for n in range(1, 5) if (found := store.questions.get(n))}
    assert questions == {"두 번째는 왜 더 빠른가요?", "첫 번째는 무엇인가요?"}
    frontend.stop()
    sent = len(server.posted)
    frontend.start()
    until(lambda: store.outbox.idle("discord"))
    assert len(server.posted) == sent, "everything was marked as done"


def test_half_done_commands_are_finished_and_nothing_is_doubled(frontend: Frontend, store: Store) -> None:
    server = frontend.server
    frontend.answer(server.command("subscribe", LAB), "구독했습니다")
    asked = server.command("ask", LAB, question="왜요?")
    frontend.text(LAB, "질문을 받았습니다")
    opened = server.command("settings", LAB)
    frontend.answer(opened, "설정")
    frontend.stop()
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM platform_update")
    for token in (asked, opened):
        left(store, server, token)
    frontend.start()
    until(lambda: all_done(store) and store.outbox.idle("discord"))
    assert store.questions.get(2) is None
    assert sum("질문을 받았습니다" in text for text in server.texts(LAB)) == 1
    assert server.answers[asked] == ["💬 왜요?"]
    assert len(server.answers[opened]) == 1, "the answer replaces itself"


def test_an_event_that_comes_twice_is_handled_once(frontend: Frontend, store: Store) -> None:
    server = frontend.server
    token = server.command("help", LAB)
    frontend.answer(token)
    server.dispatch("INTERACTION_CREATE", server.asked[token])
    server.say(DM, "첫 번째는 무엇인가요?", alone=True)
    server.dispatch("MESSAGE_CREATE", server.said[-1])
    frontend.answer(server.command("help", LAB))
    until(lambda: all_done(store) and store.outbox.idle("discord"))
    assert len(server.answers[token]) == 1
    assert store.questions.get(2) is None


def test_who_asks_in_vain_is_told_and_the_owner_too(frontend: Frontend, store: Store) -> None:
    break_questions(store)
    server = frontend.server
    server.say(DM, "첫 번째는 무엇인가요?", alone=True)
    assert FAILED in frontend.text(DM, FAILED).text
    asked = server.command("ask", LAB, question="왜요?")
    frontend.answer(asked, FAILED)
    until(lambda: all_done(store))
    assert server.texts(DM) == [frontend.text(DM, FAILED).text]
    failures = store.failures.newest(9)
    assert [(each.unit.kind, each.attempts, each.retry_at) for each in failures] == [(UnitKind.UPDATE, 3, None)] * 2
    frontend.answer(server.command("help", LAB))


def test_a_change_that_cannot_be_stored_costs_itself(frontend: Frontend, store: Store) -> None:
    server = frontend.server
    frontend.answer(server.command("subscribe", LAB), "구독했습니다")
    with store.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER broken BEFORE UPDATE ON subscription BEGIN SELECT RAISE(ABORT, 'broken'); END"
        )
    server.channel_deleted(LAB)
    until(lambda: store.failures.newest(1))
    frontend.answer(server.command("help", NEWS))
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER broken")
    subscription = store.subscriptions.of(ChatRef("discord", str(LAB)))
    assert subscription is not None
    assert subscription.status == SubscriptionStatus.ACTIVE


@pytest.mark.parametrize("event", ["CHANNEL_UPDATE", "MESSAGE_CREATE", "INTERACTION_CREATE", "GUILD_CREATE"])
def test_an_event_that_nobody_can_read_costs_itself(event: str, frontend: Frontend) -> None:
    frontend.server.dispatch(event, {"id": "no number", "type": None})
    frontend.answer(frontend.server.command("help", LAB))


def test_a_channel_that_must_wait_gets_its_day_later_once_and_the_others_on_time(
    frontend: Frontend, store: Store, bot_clock: FakeClock
) -> None:
    server, view = frontend.server, View("ko", place=Place.CHANNEL)
    server.limited[LAB] = time.monotonic() + 120
    for channel in (LAB, NEWS):
        store.outbox.request(f"request:{channel}", ChatRef("discord", str(channel)), DAY, view)
    frontend.text(NEWS, "Grip")
    until(lambda: put_off(store, LAB))
    assert server.texts(LAB) == []
    del server.limited[LAB]
    bot_clock.advance(121)
    until(lambda: store.outbox.idle("discord"))
    assert len(server.texts(LAB)) == len(set(server.texts(LAB))) == len(server.texts(NEWS))
    assert server.refusals == 1


@pytest.mark.parametrize(
    "fault", [Fault(503, body="<html>"), Fault(429, body="error code: 1015"), Fault(403, body="<html>")]
)
def test_a_discord_that_is_away_ends_the_process_with_one_line(fault: Fault, frontend: Frontend) -> None:
    frontend.stop()
    frontend.server.down = fault
    with pytest.raises(AssertionError, match="DiscordAway"):
        frontend.start()
    frontend.server.down = None
    frontend.start()
    frontend.answer(frontend.server.command("help", LAB))


def test_another_application_gets_its_commands(frontend: Frontend) -> None:
    frontend.stop()
    frontend.server.application = "43"
    frontend.server.commands = []
    frontend.start()
    frontend.answer(frontend.server.command("help", LAB))
    assert frontend.server.syncs == 2


def test_the_gateway_is_alive_while_each_shard_has_its_heartbeats_confirmed() -> None:
    class Shards:
        latencies: list[tuple[int, float]] = [(0, float("inf")), (1, float("inf"))]  # noqa: RUF012 - set per step

    steps = [[(0, 0.1), (1, float("inf"))], [(0, 0.2), (1, 0.3)], [(0, 0.2), (1, 0.3)], [(0, 0.4), (1, 0.3)]]
    shards, beats = Shards(), list[int]()

    async def scenario() -> None:
        watching = asyncio.create_task(gateway.watch(shards, lambda: beats.append(1), every_s=0))  # type: ignore[arg-type]
        for step in steps:
            shards.latencies = step
            counted = len(beats)
            for _ in range(4):
                await asyncio.sleep(0)
            beats_per_step.append(len(beats) - counted)
        watching.cancel()

    beats_per_step: list[int] = []
    asyncio.run(scenario())
    assert beats_per_step == [0, 1, 0, 0]
