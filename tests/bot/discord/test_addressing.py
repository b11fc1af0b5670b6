"""Tests which messages on Discord are for the bot: its own name and role, not other roles, not passing mentions."""

import pytest

from tests.bot.discord.conftest import LAB, NEWS, Frontend
from tests.fakes.discord_wire import DM, OTHER_ROLE, OUR_ROLE
from tests.waiting import until
from workers.store import Store

pytestmark = pytest.mark.usefixtures("edition")
HELP = "/forget"


def questions(store: Store) -> list[str]:
    return [found.asked.text for n in range(1, 20) if (found := store.questions.get(n))]


def test_the_bots_own_role_is_its_name_and_other_roles_are_not(frontend: Frontend, store: Store) -> None:
    server = frontend.server
    server.say(LAB, f"<@&{OTHER_ROLE}> 로봇은 왜 넘어지나요?", roles=[OTHER_ROLE])
    server.say(LAB, "@everyone 로봇은 왜 넘어지나요?")
    server.say(LAB, "@here 로봇은 왜 넘어지나요?")
    server.say(LAB, "@paper 로봇은 왜 넘어지나요?")
    server.say(LAB, f"<@&{OUR_ROLE}>\n로봇은 왜 걷나요?", roles=[OUR_ROLE])
    until(lambda: questions(store))
    server.say(LAB, f"<@&{OUR_ROLE}>", roles=[OUR_ROLE])
    frontend.text(LAB, HELP)
    until(lambda: store.outbox.idle("discord"))
    assert questions(store) == ["로봇은 왜 걷나요?"]


def test_any_white_space_follows_a_command(frontend: Frontend, store: Store) -> None:
    server = frontend.server
    for space in ("\n", "\t", "\u3000", "  "):
        server.say(DM, f"/ask{space}{ord(space[0])}번은 무엇인가요?", alone=True)
    until(lambda: len(questions(store)) == 4)
    server.say(DM, "/help\n", alone=True)
    frontend.text(DM, HELP)
    assert sorted(questions(store)) == sorted(f"{number}번은 무엇인가요?" for number in (10, 9, 0x3000, 32))


def test_in_an_announcement_channel_only_commands_are_answered(frontend: Frontend, store: Store) -> None:
    server = frontend.server
    server.say(NEWS, "오늘 글은 왜 이렇게 많나요?", mentions=True)
    server.say(NEWS, "고맙습니다, 내일은 몇 편인가요?", mentions=True)
    server.say(NEWS, "/help", mentions=True)
    frontend.text(NEWS, HELP)
    until(lambda: store.outbox.idle("discord"))
    assert questions(store) == []
    assert len(server.texts(NEWS)) == 1
