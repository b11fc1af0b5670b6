"""Tests the Discord frontend on a fake server: people's actions and the messages that follow in their channels."""

from collections.abc import Callable
from datetime import date

import pytest

from tests.bot.conftest import DAY
from tests.bot.discord.conftest import BOARD, LAB, NEWS, Frontend
from tests.fakes.discord import DiscordServer
from tests.fakes.discord_wire import DM, THREAD, Fault, guild
from tests.fakes.subscriptions import NewSubscription
from tests.waiting import until
from workers.domain.answers import Answer
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Layout, Place, View
from workers.store import Store

pytestmark = pytest.mark.usefixtures("edition")


def send_digest(store: Store, channel: int, view: View, day: date = DAY) -> None:
    """Request the digest for a channel and wait until it is sent."""
    store.outbox.request(
        f"request:{channel}:{view.language}:{view.layout}", ChatRef("discord", str(channel)), day, view
    )
    until(lambda: store.outbox.idle("discord"))


def view(store: Store, channel: int) -> View:
    found = store.subscriptions.of(ChatRef("discord", str(channel)))
    assert found is not None
    return found.view


def with_chart(store: Store) -> None:
    for language in ("ko", "en"):
        written = store.texts.get(DAY, language)
        assert written is not None
        with store.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE text SET chart = X'89504E47'")


def test_subscribing_takes_its_options_and_says_what_the_bot_lacks(frontend: Frontend, store: Store) -> None:
    frontend.server.rooms[NEWS].denied = 1 << 15
    frontend.stop()
    frontend.start()
    subscribed = frontend.server.command(
        "subscribe", LAB, channel=NEWS, language="en", time="08:30", categories="robotics", keywords="rag -medical"
    )
    frontend.answer(subscribed, "바꾸었습니다. 키워드")
    frontend.answer(subscribed, "Attach Files")
    wanted = View("en", categories=("Robotics",), include=("rag",), exclude=("medical",), place=Place.CHANNEL)
    assert view(store, NEWS) == wanted
    refused = frontend.server.command("subscribe", LAB, manages=False)
    frontend.answer(refused, "관리할 수 있고")


def test_settings_are_menus_and_forms_and_foreign_presses_are_refused(frontend: Frontend, store: Store) -> None:
    frontend.answer(frontend.server.command("subscribe", LAB), "구독했습니다")
    opened = frontend.server.command("settings", LAB)
    frontend.answer(opened, "⚙️ lab 설정")
    panel = frontend.server.screens[opened]
    pressed = frontend.server.press(panel, "모양")
    frontend.answer(pressed, "분류마다 한 글")
    chosen = frontend.server.press(frontend.server.screens[pressed], "글 하나와 스레드")
    frontend.answer(chosen, "바꾸었습니다")
    assert view(store, LAB).layout == "thread"
    foreign = frontend.server.press(panel, "모양", manages=False)
    frontend.answer(foreign, "관리할 수 있고")
    keywords = frontend.server.press(panel, "키워드")
    frontend.answer(keywords, "제목이나 초록에")
    form = frontend.server.press(frontend.server.screens[keywords], "직접 입력")
    until(lambda: form in frontend.server.forms)
    frontend.answer(frontend.server.submit(form, "diffusion -medical"), "바꾸었습니다")
    assert view(store, LAB).include == ("diffusion",)


def test_buttons_work_after_a_restart(frontend: Frontend, store: Store) -> None:
    send_digest(store, LAB, View("ko", place=Place.CHANNEL))
    robots = frontend.text(LAB, "Grip")
    frontend.stop()
    frontend.start()
    form = frontend.server.press(robots, "💬", manages=False)
    until(lambda: form in frontend.server.forms)
    sent = frontend.server.submit(form, "두 번째 논문은 왜 더 빠른가요?", manages=False)
    frontend.answer(sent, "두 번째 논문은 왜 더 빠른가요?")
    frontend.text(LAB, "질문을 받았습니다")
    question = store.questions.get(1)
    assert question is not None
    assert (question.asked.text, question.asked.person) == ("두 번째 논문은 왜 더 빠른가요?", "7")
    assert question.asked.about is not None
    assert question.asked.about.papers == (1, 2)


def test_questions_come_by_every_way(frontend: Frontend, store: Store) -> None:
    send_digest(store, LAB, View("ko", place=Place.CHANNEL))
    post = frontend.text(LAB, "Grip")
    server = frontend.server
    server.say(LAB, "첫 번째는 무엇인가요?", to=post)
    server.say(LAB, "로봇은 왜 넘어지나요?", mentions=True)
    server.say(DM, "안녕하세요, 1번은 무엇인가요?", alone=True)
    server.command("ask", LAB, question="세 번째는요?")
    form = server.about(post)
    until(lambda: form in server.forms)
    server.submit(form, "이건 뭔가요?")
    server.say(LAB, "혼잣말입니다. 왜일까요?")
    server.say(LAB, "감사합니다!", to=post)
    until(lambda: store.questions.get(5))
    until(lambda: store.outbox.idle("discord"))
    requests = {found.asked.text: found.asked for n in range(1, 6) if (found := store.questions.get(n))}
    assert set(requests) == {
        "첫 번째는 무엇인가요?",
        "로봇은 왜 넘어지나요?",
        "안녕하세요, 1번은 무엇인가요?",
        "세 번째는요?",
        "이건 뭔가요?",
    }
    for text in ("첫 번째는 무엇인가요?", "이건 뭔가요?"):
        about = requests[text].about
        assert about is not None
        assert about.papers[:2] == (1, 2)
    assert store.questions.get(6) is None
    answers = [each for each in server.posted if "질문을 받았습니다" in each.text]
    assert len(answers) == 5
    assert sum(each.reply_to is not None for each in answers) == 3


def test_an_answer_is_an_edit_and_forgetting_deletes_it(frontend: Frontend, store: Store) -> None:
    frontend.server.command("ask", LAB, question="왜요?")
    placeholder = frontend.text(LAB, "질문을 받았습니다")
    store.questions.answer(1, 0, Answer(False, line="@everyone 그렇습니다."))
    until(lambda: placeholder.text.endswith(r"\@everyone 그렇습니다."))
    frontend.answer(frontend.server.command("forget", LAB), "질문 1개와")
    assert store.questions.get(1) is None


def test_a_post_and_its_thread_hold_the_digest(frontend: Frontend, store: Store) -> None:
    send_digest(store, LAB, View("ko", Layout.THREAD, place=Place.CHANNEL))
    opening = frontend.text(LAB, "AI 논문 다이제스트")
    thread = frontend.server.rooms[opening.message_id]
    assert (thread.kind, thread.parent, thread.name) == (THREAD, LAB, "2025년 6월 3일 AI 논문 다이제스트")
    inside = [each for each in frontend.server.posted if each.channel == thread.number]
    assert "Grip" in inside[0].text
    assert all(each.silent for each in inside)
    assert len(frontend.server.texts(LAB)) == 1
    frontend.server.say(thread.number, "첫 번째는 무엇인가요?", to=inside[0])
    until(lambda: store.questions.get(1))
    question = store.questions.get(1)
    assert question is not None
    assert question.asked.about is not None
    store.editions.retract(DAY)
    store.outbox.revise(DAY)
    until(lambda: len(frontend.server.deleted) == 1 + len(inside))


def test_a_forum_has_one_post_a_digest(frontend: Frontend, store: Store) -> None:
    frontend.answer(frontend.server.command("subscribe", LAB, channel=BOARD), "구독했습니다")
    assert view(store, BOARD).place == "forum"
    send_digest(store, BOARD, View("ko", place=Place.FORUM))
    posts = [room for room in frontend.server.rooms.values() if room.parent == BOARD]
    assert [room.name for room in posts] == ["2025년 6월 3일 AI 논문 다이제스트"]
    texts = frontend.server.texts(posts[0].number)
    assert "AI 논문 다이제스트" in texts[0]
    assert "Grip" in "".join(texts[1:])


def test_a_post_in_a_forum_whose_line_broke_is_found_and_not_made_twice(frontend: Frontend, store: Store) -> None:
    frontend.server.faults[BOARD] = [Fault(broken="after")]
    send_digest(store, BOARD, View("ko", place=Place.FORUM))
    assert len([room for room in frontend.server.rooms.values() if room.parent == BOARD]) == 1
    assert {part.state for part in store.sent_messages.parts(f"request:{BOARD}:ko:sections")} == {"posted"}


def test_an_announcement_is_published_and_what_hangs_holds_up_nothing(
    frontend: Frontend, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.discord.sender._PUBLISH_S", 0.2)
    send_digest(store, NEWS, View("ko", place=Place.CHANNEL))
    assert all(each.published for each in frontend.server.posted if each.channel == NEWS)
    frontend.server.publish_hangs = True
    send_digest(store, NEWS, View("en", place=Place.CHANNEL))
    assert [each.published for each in frontend.server.posted if each.channel == NEWS][-1] is False


def test_a_chart_is_uploaded_once_and_then_shown_from_where_it_is(frontend: Frontend, store: Store) -> None:
    with_chart(store)
    send_digest(store, LAB, View("ko", place=Place.CHANNEL))
    send_digest(store, NEWS, View("ko", place=Place.CHANNEL))
    first, second = (next(each for each in frontend.server.posted if each.channel == place) for place in (LAB, NEWS))
    assert (first.files, second.files) == (1, 0)
    assert first.pictures() == ["attachment://chart.png"]
    assert second.pictures() == [f"https://cdn.discordapp.com/attachments/{LAB}/{first.message_id}/chart.png"]


def test_missing_permissions_are_known_before_sending_and_told_with_the_cure(frontend: Frontend, store: Store) -> None:
    frontend.server.rooms[LAB].denied = 1 << 14 | 1 << 15
    frontend.stop()
    frontend.start()
    seen = View("ko", place=Place.CHANNEL)
    store.subscriptions.add(NewSubscription(ChatRef("discord", str(LAB)), store.clock.now(), person="7", view=seen))
    send_digest(store, LAB, seen)
    assert frontend.server.texts(LAB) == []
    warning = frontend.text(DM, "올리지 못했습니다").text
    assert r"missing permissions\: Embed Links, Attach Files" in warning
    assert "빠진 권한이 있으면 봇에게 주세요" in warning


def test_categories_and_days_are_suggested(frontend: Frontend, store: Store) -> None:
    typed = frontend.server.suggest("digest", LAB, "category", "로보")
    assert until(lambda: frontend.server.answers[typed]) == ["Robotics"]
    days = frontend.server.suggest("digest", LAB, "date", "2025")
    assert until(lambda: frontend.server.answers[days]) == ["2025-06-03"]


def test_a_dropped_line_is_resumed_and_no_question_is_lost(frontend: Frontend, store: Store) -> None:
    frontend.server.drop()
    frontend.server.say(DM, "1번은 무엇인가요?", alone=True)
    until(lambda: frontend.server.resumed)
    until(lambda: store.questions.get(1))
    frontend.text(DM, "질문을 받았습니다")


def test_put_out_of_a_server_and_let_in_again(frontend: Frontend, store: Store) -> None:
    frontend.answer(frontend.server.command("subscribe", LAB), "구독했습니다")
    frontend.server.dispatch("GUILD_DELETE", {"id": "900", "unavailable": False})
    until(lambda: store.subscriptions.languages() == [])
    joined = {**guild(list(frontend.server.rooms.values()))}
    del joined["unavailable"]  # Discord omits the field for a server that the bot has just joined
    frontend.server.dispatch("GUILD_CREATE", joined)
    until(lambda: store.subscriptions.languages() == ["ko"])


def test_in_our_thread_plain_questions_are_heard_where_discord_lets_us_read(
    online: DiscordServer, store: Store, point: Callable[[DiscordServer], None]
) -> None:
    point(online)
    running = Frontend(online, store, reads=True)
    running.start()
    send_digest(store, LAB, View("ko", Layout.THREAD, place=Place.CHANNEL))
    thread = running.text(LAB, "AI 논문 다이제스트").message_id
    online.say(thread, "감사합니다")
    online.say(thread, "두 번째는 왜 더 빠른가요?")
    until(lambda: store.questions.get(1))
    until(lambda: store.outbox.idle("discord"))
    assert store.questions.get(2) is None
    running.stop()
