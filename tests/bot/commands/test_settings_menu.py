"""A chat's settings by command and by choice."""

from collections.abc import Callable

import pytest

from bot.commands.permissions import Speaker
from bot.commands.router import Desk, Reply, answer
from bot.i18n import SPOKEN, texts
from tests.fakes.clock import FakeClock
from workers import config
from workers.domain.blocks import ChoiceBlock, Closing
from workers.domain.deliveries import COMPACT, GROUP, Subscription, View
from workers.store import Store
from workers.store.subscriptions import Wanted

ADMIN = Speaker("telegram", "8", "-100", "5", manages=True, place=GROUP, name="Readers")


@pytest.fixture
def desk(store: Store, bot_clock: FakeClock) -> Desk:
    settings = config.load(environment={})
    view = View("ko", place=GROUP)
    store.subscriptions.add(Wanted("telegram", "-100", bot_clock.now(), view=view, thread="5", person="8"))
    (due,) = store.subscriptions.due(bot_clock.now())
    store.subscriptions.deliver(due, [], bot_clock.now().replace(day=4, hour=0), bot_clock.now(), silent=False)
    return Desk(store, settings, settings.closed_list())


def of(desk: Desk) -> Subscription:
    found = desk.store.subscriptions.get(1)
    assert found is not None
    return found


def said(desk: Desk, line: str, speaker: Speaker = ADMIN) -> Reply:
    return answer(line, speaker, "ko", desk)


def text(reply: Reply) -> str:
    return "\n".join(line for block in reply.blocks if isinstance(block, Closing) for line in block.lines)


def choices(reply: Reply) -> dict[str, str]:
    return {each.label: each.line for block in reply.blocks if isinstance(block, ChoiceBlock) for each in block.choices}


@pytest.mark.parametrize(
    ("words", "read"),
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
            lambda it: (it.view.wanted, it.view.unwanted) == (("diffusion",), ("medical",)),
        ),
        ("time 08:30", lambda it: it.slot == "08:30"),
        ("시각 8:30 Europe/Berlin", lambda it: (it.slot, it.zone) == ("08:30", "Europe/Berlin")),
        ("zone America/New_York", lambda it: it.zone == "America/New_York"),
        ("weekdays mon fri", lambda it: it.weekdays == (0, 4)),
        ("요일 월,수,금", lambda it: it.weekdays == (0, 2, 4)),
        ("weekdays all", lambda it: it.weekdays == (0, 1, 2, 3, 4, 5, 6)),
        ("layout compact", lambda it: it.view.layout == COMPACT),
        ("모양 짧게", lambda it: it.view.layout == COMPACT),
        ("papers 10", lambda it: it.view.most == 10),
        ("notify never", lambda it: it.notify == "never"),
        ("알림 글마다", lambda it: it.notify == "all"),
    ],
)
def test_each_is_set_by_a_command_in_either_language(
    words: str, read: Callable[[Subscription], bool], desk: Desk
) -> None:
    reply = text(said(desk, f"/settings {words}"))
    assert "쓸 수 없습니다" not in reply
    assert read(of(desk))


@pytest.mark.parametrize(
    "words",
    [
        *("language xx", "language klingon", "categories astrology", "categories +99", "time 25:00", "time soon"),
        *("zone Atlantis/Capital", "zone ../etc/passwd", "weekdays someday", "weekdays +9", "layout round", "papers 0"),
        *("papers many", "notify maybe", "topic 77", "keywords " + ",".join(f"w{n}" for n in range(30))),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(words: str, desk: Desk) -> None:
    before = of(desk)
    told = text(said(desk, f"/settings {words}"))
    assert told.startswith("“")
    assert "값은 쓸 수 없습니다" in told
    assert of(desk) == before


def test_an_unknown_setting_names_those_there_are(desk: Desk) -> None:
    assert text(said(desk, "/settings colour red")).startswith(
        "“colour” 설정은 없습니다. 있는 설정: language, categories"
    )


def test_the_last_day_cannot_be_turned_off(desk: Desk) -> None:
    said(desk, "/settings weekdays mon")
    assert "쓸 수 없습니다" in text(said(desk, "/settings weekdays +0"))
    assert of(desk).weekdays == (0,)


def test_another_hour_counts_from_now(desk: Desk, bot_clock: FakeClock) -> None:
    said(desk, "/settings time 18:00")
    assert of(desk).due_at.isoformat() == "2025-06-03T09:00:00+00:00"
    said(desk, "/settings zone UTC")
    assert of(desk).due_at.isoformat() == "2025-06-03T18:00:00+00:00"


def test_a_language_changes_what_the_panel_speaks(desk: Desk) -> None:
    assert text(said(desk, "/settings language en")).startswith("Changed. Language: English\n⚙️ Settings of Readers")


@pytest.mark.parametrize("language", SPOKEN)
def test_every_screen_fits_its_buttons_and_every_button_works(language: str, desk: Desk) -> None:
    panel = choices(answer("/settings", ADMIN, language, desk))
    assert set(panel) == set(texts(language).settings.names.values())
    for line in panel.values():
        screen = choices(answer(line, ADMIN, language, desk))
        for option in screen.values():
            assert len(option.encode()) <= 64
            reply = answer(option, ADMIN, language, desk)
            told = text(reply)
            assert told
            assert "값은 쓸 수 없습니다" not in told
            assert "cannot be used" not in told
            assert bool(reply.expects) is option.endswith(" ?")
            if " +" in option:  # on or off: back again, for the last day cannot be turned off
                answer(option, ADMIN, language, desk)


def test_a_subscription_moves_to_the_topic_where_it_is_said(desk: Desk, bot_clock: FakeClock) -> None:
    other = Speaker("telegram", "8", "-100", "9", manages=True, place=GROUP)
    assert "바꾸었습니다" in text(answer("/settings 1 topic here", other, "ko", desk))
    assert of(desk).thread == "9"
    desk.store.subscriptions.add(Wanted("telegram", "-100", bot_clock.now(), thread="5"))
    assert "이미 따로 구독" in text(said(desk, "/settings 1 topic here"))


def test_only_who_manages_the_chat_changes_it_and_nobody_another_chats(desk: Desk) -> None:
    member = Speaker("telegram", "7", "-100", "5")
    stranger = Speaker("telegram", "7", "7", manages=True)
    assert "관리할 수 있고" in text(said(desk, "/settings layout compact", member))
    assert "구독하지 않은" in text(said(desk, "/settings 1 layout compact", stranger))
    assert of(desk).view.layout == "sections"


def test_in_private_one_chooses_among_the_chats_one_subscribed(desk: Desk) -> None:
    assert choices(said(desk, "/settings", Speaker("telegram", "8", "8", manages=True))) == {"-100 5": "/settings 1"}


def test_a_language_is_kept_before_anything_is_subscribed(desk: Desk) -> None:
    alone = Speaker("telegram", "9", "9", manages=True)
    assert "English" in text(answer("/language en", alone, "ko", desk))
    kept = desk.store.subscriptions.of("telegram", "9")
    assert kept is not None
    assert (kept.view.language, kept.active) == ("en", False)
