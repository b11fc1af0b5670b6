"""Tests that what fails in the Telegram frontend costs one update or chat, and that people are told."""

import pytest
from sqlalchemy import text

from tests.bot.conftest import DAY
from tests.bot.telegram.conftest import ADMIN, CHANNEL, GROUP, MEMBER, Configured, Frontend
from tests.fakes.telegram_wire import Fault, retry_after
from tests.waiting import until
from workers.domain.chats import ChatRef
from workers.domain.deliveries import View
from workers.domain.units import Failure, Unit, UnitKind
from workers.store import Store

pytestmark = pytest.mark.usefixtures("edition")


def execute(store: Store, statement: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(text(statement))


def failures(store: Store) -> list[Failure]:
    return store.failures.newest(10)


def test_an_update_that_the_store_cannot_take_now_is_handled_when_it_can(frontend: Frontend, store: Store) -> None:
    until(lambda: "getUpdates" in frontend.server.calls)
    execute(store, "ALTER TABLE platform_update RENAME TO away")
    frontend.server.say(MEMBER, MEMBER, "/help")
    until(lambda: frontend.server.delivered == 1)
    assert frontend.server.confirmed == 0
    execute(store, "ALTER TABLE away RENAME TO platform_update")
    frontend.text(MEMBER, "/digest")
    until(lambda: frontend.server.confirmed == 1)


def test_after_the_last_try_who_asked_is_told_and_nobody_else(frontend: Frontend, store: Store) -> None:
    for number in (1, 2, 3):
        for _ in range(2):
            store.failures.record(Unit(UnitKind.UPDATE, f"telegram:42:{number}", "telegram"), "failed before")
    until(lambda: "getUpdates" in frontend.server.calls)
    execute(store, "ALTER TABLE subscription RENAME TO away")
    frontend.server.say(GROUP, MEMBER, "good morning")
    frontend.server.press_line(frontend.server.ours(GROUP, "a panel"), MEMBER, "/settings")
    frontend.server.say(MEMBER, MEMBER, "/settings")
    until(lambda: frontend.server.toasts)
    assert frontend.server.toasts == ["요청을 처리하지 못했습니다. 잠시 뒤에 다시 시도해 주세요."]
    frontend.text(MEMBER, "요청을 처리하지 못했습니다")
    until(lambda: store.updates.left("telegram", "42") == [])
    assert len(frontend.texts(GROUP, "")) == 1
    execute(store, "ALTER TABLE away RENAME TO subscription")


def test_an_update_without_sense_costs_nobody_an_answer(frontend: Frontend, store: Store) -> None:
    frontend.server.update("message", {"chat": "no message at all"})
    frontend.server.say(MEMBER, MEMBER, "/help")
    frontend.text(MEMBER, "/digest")
    (failure,) = until(lambda: failures(store))
    assert failure.unit.key == "telegram:42:1"


@pytest.mark.parametrize("fault", [Fault(500, "Internal Server Error"), Fault(429, "Too Many Requests")])
def test_rights_that_could_not_be_asked_are_no_refusal(fault: Fault, frontend: Frontend, store: Store) -> None:
    frontend.server.method_faults["getChatMember"] = [fault]
    frontend.server.say(GROUP, ADMIN, "/subscribe")
    frontend.text(GROUP, "지금은 권한을 확인할 수 없습니다")
    assert not frontend.texts(GROUP, "관리할 수 있고")
    assert failures(store) == []
    frontend.server.say(GROUP, ADMIN, "/subscribe")
    panel = frontend.text(GROUP, "구독했습니다")
    frontend.server.method_faults["getChatMember"] = [fault, fault]  # the remark on photos may take one
    frontend.server.press(panel, ADMIN, "설정")
    until(lambda: any("지금은 권한을" in toast for toast in frontend.server.toasts))


def test_a_channel_that_could_not_be_asked_about_is_subscribed_later(frontend: Frontend, store: Store) -> None:
    frontend.server.method_faults["getChat"] = [Fault(502, "Bad Gateway")]
    frontend.server.share(ADMIN, CHANNEL)
    frontend.text(ADMIN, "지금은 권한을 확인할 수 없습니다")
    frontend.server.share(ADMIN, CHANNEL)
    frontend.text(ADMIN, "구독했습니다")


def test_a_group_that_forbids_photos_is_told_at_subscribing(frontend: Frontend, store: Store) -> None:
    frontend.server.rooms[GROUP].photos, frontend.server.rooms[GROUP].bot = False, "member"
    frontend.server.say(GROUP, ADMIN, "/subscribe")
    frontend.text(GROUP, "구독했습니다")
    frontend.text(GROUP, "사진을 허용하지 않아")


def test_a_long_pause_of_one_chat_delays_no_other_and_its_command_is_told_to_have_failed(
    frontend: Frontend, store: Store
) -> None:
    frontend.server.faults[MEMBER] = [retry_after(43_838)]
    frontend.server.say(MEMBER, MEMBER, "/help")
    until(lambda: frontend.server.calls.count("sendMessage") == 1)
    frontend.server.say(ADMIN, ADMIN, "/help")
    frontend.text(ADMIN, "/digest")
    store.outbox.request("request:1", ChatRef("telegram", str(GROUP)), DAY, View())
    frontend.text(GROUP, "Grip")
    assert frontend.texts(MEMBER, "") == []
    (failure,) = until(lambda: failures(store))
    assert failure.reason.startswith("Telegram asks to wait 438")
    assert not store.outbox.idle("telegram"), "it is told when the pause is over"


def test_a_bot_whose_name_is_part_of_another_one_says_nothing(frontend: Frontend, store: Store) -> None:
    frontend.server.say(GROUP, MEMBER, "@paper_bot2 what is new?")
    frontend.server.say(GROUP, MEMBER, "mail kim@paper_bot.example.org")
    frontend.server.channel_post(CHANNEL, "Thanks to @paper_bot for the digests!")
    frontend.server.say(GROUP, MEMBER, "/help")
    frontend.text(GROUP, "/digest")
    assert len(frontend.server.posted) == 1


def test_another_bot_registers_its_own_commands(configured: Configured, store: Store) -> None:
    store.uploads.uploaded("telegram", "41", "commands", "the hash of the bot before")
    frontend = configured("chats", comments=True)
    until(lambda: store.uploads.file_id("telegram", "42", "commands"))
    assert frontend.server.calls.count("setMyCommands") > 0


def test_a_store_that_fails_at_the_start_costs_the_list_of_commands_alone(configured: Configured, store: Store) -> None:
    execute(store, "ALTER TABLE upload RENAME TO away")
    frontend = configured("chats", comments=True)
    frontend.server.say(MEMBER, MEMBER, "/help")
    frontend.text(MEMBER, "/digest")
