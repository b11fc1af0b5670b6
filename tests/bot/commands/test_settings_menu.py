"""Tests changes of a chat's settings by commands and by buttons."""

from collections.abc import Callable

import pytest

from bot.commands.context import Reply, Services
from bot.commands.permissions import Actor
from bot.commands.router import answer
from bot.i18n import LANGUAGES, catalog_for
from tests.fakes.clock import FakeClock
from tests.fakes.subscriptions import NewSubscription
from workers import config
from workers.domain.blocks import ChoiceBlock, TextBlock
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Layout, Place, Subscription, View
from workers.store import Store

ADMIN = Actor("8", ChatRef("telegram", "-100", "5"), manages=True, place=Place.GROUP, name="Readers")


@pytest.fixture
def services(store: Store, bot_clock: FakeClock) -> Services:
    settings = config.load(environment={})
    view = View("ko", place=Place.GROUP)
    store.subscriptions.add(NewSubscription(ChatRef("telegram", "-100", "5"), bot_clock.now(), view=view, person="8"))
    (due,) = store.subscriptions.due(bot_clock.now())
    store.subscriptions.deliver(due, [], bot_clock.now().replace(day=4, hour=0), bot_clock.now(), silent=False)
    return Services(store, settings, settings.closed_list())


def subscription_of(services: Services) -> Subscription:
    found = services.store.subscriptions.get(1)
    assert found is not None
    return found


def reply_to(services: Services, line: str, actor: Actor = ADMIN) -> Reply:
    return answer(line, actor, "ko", services)


def text(reply: Reply) -> str:
    return "\n".join(line for block in reply.blocks if isinstance(block, TextBlock) for line in block.lines)


def choices(reply: Reply) -> dict[str, str]:
    return {each.label: each.line for block in reply.blocks if isinstance(block, ChoiceBlock) for each in block.choices}


@pytest.mark.parametrize(
    ("arguments", "read"),
    [
        ("language en", lambda it: it.view.language == "en"),
        ("언어 English", lambda it: it.view.language == "en"),
        (
            "categories robotics, 자연어 처리",
            lambda it: it.view.categories == ("Natural Language Processing", "Robotics"),
        ),
        ("categories +4", lambda it: it.view.categories == ("Robotics",)),
        (
            "keywords diffusion -medical",
            lambda it: (it.view.include, it.view.exclude) == (("diffusion",), ("medical",)),
        ),
        ("time 08:30", lambda it: it.slot == "08:30"),
        ("시각 8:30 Europe/Berlin", lambda it: (it.slot, it.zone) == ("08:30", "Europe/Berlin")),
        ("zone America/New_York", lambda it: it.zone == "America/New_York"),
        ("weekdays mon fri", lambda it: it.weekdays == (0, 4)),
        ("요일 월,수,금", lambda it: it.weekdays == (0, 2, 4)),
        ("weekdays all", lambda it: it.weekdays == (0, 1, 2, 3, 4, 5, 6)),
        ("layout compact", lambda it: it.view.layout == Layout.COMPACT),
        ("모양 짧게", lambda it: it.view.layout == Layout.COMPACT),
        ("papers 10", lambda it: it.view.limit == 10),
        ("notify never", lambda it: it.notify == "never"),
        ("알림 글마다", lambda it: it.notify == "all"),
    ],
)
def test_each_is_set_by_a_command_in_either_language(
    arguments: str, read: Callable[[Subscription], bool], services: Services
) -> None:
    reply = text(reply_to(services, f"/settings {arguments}"))
    assert "쓸 수 없습니다" not in reply
    assert read(subscription_of(services))


@pytest.mark.parametrize(
    "arguments",
    [
        *("language xx", "language klingon", "categories astrology", "categories +99", "time 25:00", "time soon"),
        *("zone Atlantis/Capital", "zone ../etc/passwd", "weekdays someday", "weekdays +9", "layout round", "papers 0"),
        *("papers many", "notify maybe", "topic 77", "keywords " + ",".join(f"w{n}" for n in range(30))),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(arguments: str, services: Services) -> None:
    before = subscription_of(services)
    refusal = text(reply_to(services, f"/settings {arguments}"))
    assert refusal.startswith("“")
    assert "값은 쓸 수 없습니다" in refusal
    assert subscription_of(services) == before


def test_an_unknown_setting_names_those_there_are(services: Services) -> None:
    assert text(reply_to(services, "/settings colour red")).startswith(
        "“colour” 설정은 없습니다. 있는 설정: language, categories"
    )


def test_the_last_day_cannot_be_turned_off(services: Services) -> None:
    reply_to(services, "/settings weekdays mon")
    assert "쓸 수 없습니다" in text(reply_to(services, "/settings weekdays +0"))
    assert subscription_of(services).weekdays == (0,)


def test_another_hour_counts_from_now(services: Services, bot_clock: FakeClock) -> None:
    reply_to(services, "/settings time 18:00")
    assert subscription_of(services).due_at.isoformat() == "2025-06-03T09:00:00+00:00"
    reply_to(services, "/settings zone UTC")
    assert subscription_of(services).due_at.isoformat() == "2025-06-03T18:00:00+00:00"


def test_a_language_changes_what_the_panel_speaks(services: Services) -> None:
    assert text(reply_to(services, "/settings language en")).startswith(
        "Changed. Language: English\n⚙️ Settings of Readers"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen_fits_its_buttons_and_every_button_works(language: str, services: Services) -> None:
    panel = choices(answer("/settings", ADMIN, language, services))
    assert set(panel) == set(catalog_for(language).settings.names.values())
    for line in panel.values():
        screen = choices(answer(line, ADMIN, language, services))
        for option in screen.values():
            assert len(option.encode()) <= 64
            reply = answer(option, ADMIN, language, services)
            reply_text = text(reply)
            assert reply_text
            assert "값은 쓸 수 없습니다" not in reply_text
            assert "cannot be used" not in reply_text
            assert bool(reply.expects) is option.endswith(" ?")
            if " +" in option:  # on or off: back again, for the last day cannot be turned off
                answer(option, ADMIN, language, services)


def test_a_subscription_moves_to_the_topic_where_it_is_said(services: Services, bot_clock: FakeClock) -> None:
    other = Actor("8", ChatRef("telegram", "-100", "9"), manages=True, place=Place.GROUP)
    assert "바꾸었습니다" in text(answer("/settings 1 topic here", other, "ko", services))
    assert subscription_of(services).chat.thread == "9"
    services.store.subscriptions.add(NewSubscription(ChatRef("telegram", "-100", "5"), bot_clock.now()))
    assert "이미 따로 구독" in text(reply_to(services, "/settings 1 topic here"))


def test_only_who_manages_the_chat_changes_it_and_nobody_another_chats(services: Services) -> None:
    member = Actor("7", ChatRef("telegram", "-100", "5"))
    stranger = Actor("7", ChatRef("telegram", "7"), manages=True)
    assert "관리할 수 있고" in text(reply_to(services, "/settings layout compact", member))
    assert "구독하지 않은" in text(reply_to(services, "/settings 1 layout compact", stranger))
    assert subscription_of(services).view.layout == "sections"


def test_in_private_one_chooses_among_the_chats_one_subscribed(services: Services) -> None:
    alone = Actor("8", ChatRef("telegram", "8"), manages=True)
    assert choices(reply_to(services, "/settings", alone)) == {"-100 5": "/settings 1"}


def test_a_language_is_kept_before_anything_is_subscribed(services: Services) -> None:
    alone = Actor("9", ChatRef("telegram", "9"), manages=True)
    assert "English" in text(answer("/language en", alone, "ko", services))
    kept = services.store.subscriptions.of(ChatRef("telegram", "9"))
    assert kept is not None
    assert (kept.view.language, kept.active) == ("en", False)
