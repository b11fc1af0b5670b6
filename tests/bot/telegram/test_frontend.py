"""Tests the Telegram frontend on a fake server: people's actions and the messages that follow in their chats."""

import asyncio
import socket

import pytest

from bot.i18n import LANGUAGES
from bot.telegram.app import webhook_secret
from tests.bot.conftest import DAY
from tests.bot.telegram.conftest import ADMIN, CHANNEL, DISCUSSION, GROUP, MEMBER, Configured, Frontend
from tests.fakes.subscriptions import NewSubscription
from tests.fakes.telegram import TOKEN
from tests.fakes.telegram_wire import Fault, Posted
from tests.waiting import until
from workers.domain.answers import Answer, Citation, CitedPaper, Sentence
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Layout, Message, PartState, Place, SubscriptionStatus, View
from workers.store import Store

pytestmark = pytest.mark.usefixtures("edition")


def view(store: Store, chat: int, thread: str = "") -> View:
    found = store.subscriptions.of(ChatRef("telegram", str(chat), thread))
    assert found is not None
    return found.view


def subscribe(frontend: Frontend, chat: int = GROUP, user: int = ADMIN, **more: object) -> None:
    frontend.server.say(chat, user, "/subscribe", **more)
    frontend.text(chat, "구독했습니다")


def test_settings_are_changed_by_pressing(frontend: Frontend, store: Store) -> None:
    subscribe(frontend)
    frontend.server.press(frontend.text(GROUP, "구독했습니다"), ADMIN, "설정")
    panel = frontend.text(GROUP, "⚙️ Readers 설정")
    for key, option in (("모양", "짧게"), ("알림", "글마다"), ("논문 수", "10편까지"), ("시각", "07:00")):
        frontend.server.press(panel, ADMIN, key)
        until(lambda: panel.keyboard[-1][-1]["text"].startswith("←"))
        frontend.server.press(panel, ADMIN, option)
        until(lambda: panel.text.startswith("바꾸었습니다"))
        frontend.server.press(panel, ADMIN, "언어")
        until(lambda: "다이제스트의 언어를" in panel.text)
        frontend.server.press(panel, ADMIN, "←")
        until(lambda: panel.text.startswith("⚙️"))
    changed = store.subscriptions.of(ChatRef("telegram", str(GROUP)))
    assert changed is not None
    assert changed.view == View("ko", Layout.COMPACT, limit=10, place=Place.GROUP)
    assert (changed.notify, changed.slot) == ("all", "07:00")
    assert len([each for each in frontend.server.posted if each.chat == GROUP]) == 1, "edited in its place"


def test_categories_and_days_are_turned_on_and_off_one_by_one(frontend: Frontend, store: Store) -> None:
    subscribe(frontend)
    frontend.server.say(GROUP, ADMIN, "/settings")
    panel = frontend.text(GROUP, "⚙️")
    frontend.server.press(panel, ADMIN, "분류")
    until(lambda: "받을 분류를" in panel.text)
    frontend.server.press(panel, ADMIN, "🤖 로보틱스")
    until(lambda: panel.text.startswith("분류: 로보틱스"))
    assert view(store, GROUP).categories == ("Robotics",)
    frontend.server.press(panel, ADMIN, "✓ 🤖 로보틱스")
    until(lambda: panel.text.startswith("분류: 전체"))
    frontend.server.press(panel, ADMIN, "←")
    until(lambda: panel.text.startswith("⚙️"))
    frontend.server.press(panel, ADMIN, "요일")
    until(lambda: "받을 요일을" in panel.text)
    frontend.server.press(panel, ADMIN, "토")
    until(lambda: panel.text.startswith("요일: 월, 화, 수, 목, 금, 토"))


def test_keywords_are_typed_as_a_reply_and_a_foreign_press_is_refused(frontend: Frontend, store: Store) -> None:
    subscribe(frontend)
    frontend.server.say(GROUP, ADMIN, "/settings keywords")
    panel = frontend.text(GROUP, "제목이나 초록에")
    frontend.server.press(panel, MEMBER, "직접 입력")
    until(lambda: any("관리할 수 있고" in toast for toast in frontend.server.toasts))
    frontend.server.press(panel, ADMIN, "직접 입력")
    prompt = until(lambda: next((each for each in frontend.server.posted if each.forces_reply), None))
    answered = {"reply_to_message": {**frontend.server.wire(prompt)}}
    frontend.server.say(GROUP, MEMBER, "spam", **answered)
    frontend.text(GROUP, "관리할 수 있고")
    frontend.server.say(GROUP, ADMIN, "diffusion, world model, -medical", **answered)
    frontend.text(GROUP, "바꾸었습니다. 키워드: diffusion, world model, -medical")
    assert view(store, GROUP).include == ("diffusion", "world model")
    assert view(store, GROUP).exclude == ("medical",)


def test_a_channel_is_chosen_from_telegrams_own_list_and_its_comments_are_looked_after(
    frontend: Frontend, store: Store
) -> None:
    frontend.server.say(ADMIN, ADMIN, "/channel")
    assert frontend.text(ADMIN, "채널을 구독하려면").button("채널 고르기")
    frontend.server.share(ADMIN, CHANNEL)
    frontend.text(ADMIN, "구독했습니다")
    assert view(store, CHANNEL).place == Place.CHANNEL
    missing = frontend.text(ADMIN, "토론 그룹에서 댓글 질문에 답하려면")
    frontend.server.rooms[DISCUSSION].bot = "administrator"
    frontend.server.press(missing, ADMIN, "다시 확인")
    frontend.text(ADMIN, "토론 그룹에서 댓글 질문을 받을 수 있습니다")


def test_who_is_no_admin_of_a_channel_cannot_subscribe_it_by_any_way(frontend: Frontend, store: Store) -> None:
    frontend.server.share(MEMBER, CHANNEL)
    frontend.text(MEMBER, "채널을 구독하려면 먼저")
    frontend.server.say(MEMBER, MEMBER, f"/subscribe {CHANNEL}")
    until(lambda: len([each for each in frontend.server.posted if "채널을 구독하려면 먼저" in each.text]) == 2)
    subscribe(frontend, MEMBER, MEMBER)
    mine = store.subscriptions.of(ChatRef("telegram", str(MEMBER)))
    store.subscriptions.add(NewSubscription(ChatRef("telegram", str(CHANNEL)), store.clock.now()))
    other = store.subscriptions.of(ChatRef("telegram", str(CHANNEL)))
    assert mine is not None
    assert other is not None
    for line in (f"/settings {other.subscription_id} layout compact", f"/post {other.subscription_id}"):
        frontend.server.press_line(frontend.text(MEMBER, "구독했습니다"), MEMBER, line)
    until(lambda: len(frontend.server.toasts) == 2)
    assert all("관리할 수 있고" in toast for toast in frontend.server.toasts)
    assert view(store, CHANNEL).layout == "sections"


def test_a_bot_that_may_not_post_says_so(frontend: Frontend, store: Store) -> None:
    frontend.server.rooms[CHANNEL].bot = "member"
    frontend.server.say(ADMIN, ADMIN, "/subscribe @papers")
    frontend.text(ADMIN, "채널을 구독하려면 먼저")
    assert store.subscriptions.of(ChatRef("telegram", str(CHANNEL))) is None


def test_being_made_admin_of_a_channel_it_asks_in_private(frontend: Frontend, store: Store) -> None:
    frontend.server.our_status(CHANNEL, "left", "administrator")
    offer = frontend.text(ADMIN, "Papers에 다이제스트를 올릴까요?")
    frontend.server.press(offer, ADMIN, "구독하기")
    frontend.text(ADMIN, "구독했습니다")
    assert view(store, CHANNEL).place == Place.CHANNEL


def test_kicked_and_added_again_everything_is_as_it_was(frontend: Frontend, store: Store) -> None:
    subscribe(frontend)
    frontend.server.say(GROUP, ADMIN, "/settings layout compact")
    frontend.text(GROUP, "바꾸었습니다")
    reason = "Forbidden: bot was kicked from the supergroup chat"
    store.subscriptions.pause_chat(ChatRef("telegram", str(GROUP)), SubscriptionStatus.REMOVED, reason)
    frontend.server.our_status(GROUP, "kicked", "member")
    until(lambda: store.subscriptions.languages() == ["ko"])
    assert view(store, GROUP).layout == Layout.COMPACT


def test_who_unsubscribed_stays_so_until_they_say_otherwise(frontend: Frontend, store: Store) -> None:
    subscribe(frontend)
    frontend.server.say(GROUP, ADMIN, "/settings layout compact")
    frontend.text(GROUP, "바꾸었습니다")
    frontend.server.say(GROUP, ADMIN, "/unsubscribe")
    frontend.text(GROUP, "구독을 멈추었습니다")
    frontend.server.our_status(GROUP, "left", "member")
    frontend.server.say(GROUP, MEMBER, "/help")
    frontend.text(GROUP, "/digest")
    resting = store.subscriptions.of(ChatRef("telegram", str(GROUP)))
    assert resting is not None
    assert (resting.active, resting.status) == (False, SubscriptionStatus.UNSUBSCRIBED)
    subscribe(frontend)
    assert view(store, GROUP).layout == Layout.COMPACT


def test_a_deep_link_shows_a_section_in_private_and_asks_about_it(frontend: Frontend, store: Store) -> None:
    frontend.server.say(MEMBER, MEMBER, "/start digest_2025-06-03_1_en")
    section = frontend.text(MEMBER, "🤖")
    assert "Robotics" in section.text
    frontend.server.press(section, MEMBER, "💬")
    prompt = frontend.text(MEMBER, "무엇이 궁금하신가요")
    assert prompt.forces_reply
    frontend.server.say(MEMBER, MEMBER, "첫 번째 논문의 한계는?", reply_to_message=frontend.server.wire(prompt))
    answer = frontend.text(MEMBER, "질문을 받았습니다")
    question = store.questions.get(1)
    assert question is not None
    assert question.asked.text == "첫 번째 논문의 한계는?"
    assert question.asked.about is not None
    assert (question.asked.about.day, question.asked.about.papers) == (DAY, (1, 2))
    assert answer.reply_to == int(question.asked.message_id or 0)


def test_a_deep_link_changes_nothing(frontend: Frontend, store: Store) -> None:
    frontend.server.say(MEMBER, MEMBER, "/start unsubscribe")
    frontend.text(MEMBER, "/digest")
    frontend.server.say(MEMBER, MEMBER, "/start subscribe")
    until(lambda: len(frontend.server.texts(MEMBER)) == 2)
    assert store.subscriptions.of(ChatRef("telegram", str(MEMBER))) is None


def test_the_answer_takes_the_place_of_the_first_line(frontend: Frontend, store: Store) -> None:
    frontend.server.say(MEMBER, MEMBER, "/ask 1번 논문은 무엇을 제안했나요?")
    placeholder = frontend.text(MEMBER, "질문을 받았습니다")
    place = Citation("2506.00001", "2 Method", "It gains 1.5%", "https://arxiv.org/html/2506.00001v1#S2.p1")
    sentence = Sentence("정확도가 <b>1.5%</b> 나아졌습니다.", (place,))
    head = CitedPaper("1", "Grip: Hold", "https://arxiv.org/abs/2506.00001", "html")
    store.questions.answer(1, 0, Answer(True, (head,), (sentence,), extractive=False))
    until(lambda: "정확도가 <b>1.5%</b> 나아졌습니다. [2 Method]" in placeholder.text)
    assert placeholder.text.startswith("[1] Grip: Hold\n전문(HTML)을 읽었습니다.")
    store.questions.answer(1, 0, Answer(False, line="고친 답입니다."))
    until(lambda: placeholder.text == "고친 답입니다.")
    assert len(frontend.server.texts(MEMBER)) == 1
    frontend.server.say(MEMBER, MEMBER, "/forget")
    frontend.text(MEMBER, "질문 1개와 그 답을 모두 지웠습니다")
    assert store.questions.get(1) is None


def test_digest_of_a_day_comes_with_a_button_per_category(frontend: Frontend, store: Store) -> None:
    frontend.server.say(GROUP, MEMBER, "/digest 2025-06-03")
    offered = frontend.text(GROUP, "곧 올립니다")
    until(lambda: len(frontend.server.texts(GROUP)) == 4)
    assert [each["text"] for row in offered.keyboard for each in row] == ["🤖 로보틱스", "🎧 음성·오디오"]
    frontend.server.press(offered, MEMBER, "🎧")
    until(lambda: "Say: Speech now" in frontend.server.last(GROUP).text)
    frontend.server.say(GROUP, MEMBER, "/digest 2025-06-02")
    frontend.text(GROUP, "2025-06-02 다이제스트는 없습니다")


def posted_in_channel(frontend: Frontend, store: Store) -> Posted:
    """Subscribe the channel and send its digest; returns the message with the robotics papers."""
    frontend.server.channel_post(CHANNEL, "/subscribe")
    frontend.text(CHANNEL, "구독했습니다")
    (due,) = store.subscriptions.due(store.clock.now())
    store.subscriptions.deliver(due, [DAY], due.due_at, store.clock.now(), silent=False)
    until(lambda: store.outbox.idle("telegram"))
    return frontend.text(CHANNEL, "Grip")


def test_a_post_in_a_channel_has_links_and_no_buttons(frontend: Frontend, store: Store) -> None:
    robots = posted_in_channel(frontend, store)
    posts = [each for each in frontend.server.posted if each.chat == CHANNEL and each.at >= robots.at - 5][-3:]
    opening, _, ones = posts
    assert opening.text.startswith("2025년 6월 3일 AI 논문 다이제스트")
    assert all(each.keyboard == [] for each in posts)
    assert robots.text.endswith("💬 질문하기")
    assert ones.text.endswith("English")
    assert [each.silent for each in posts] == [False, True, True], "one buzz a morning"


def test_comments_reach_us_as_questions_about_their_post(frontend: Frontend, store: Store) -> None:
    robots = posted_in_channel(frontend, store)
    root = frontend.server.forwarded(DISCUSSION, robots)
    until(lambda: frontend.server.unpinned == [root["message_id"]])
    under = {"message_thread_id": root["message_id"], "reply_to_message": root}
    for line in ("감사합니다!", "대박 ㅋㅋㅋ", "두 번째 논문은 코드가 있나요"):
        frontend.server.say(DISCUSSION, 55, line, **under)
    frontend.text(DISCUSSION, "질문을 받았습니다")
    person = {"id": 56, "is_bot": False, "first_name": "B"}
    other = {"message_id": 9999, "date": 0, "chat": root["chat"], "text": "음", "from": person}
    frontend.server.say(DISCUSSION, 55, "그거 언제 읽나요?", **{**under, "reply_to_message": other})
    frontend.server.say(DISCUSSION, 55, "@paper_bot 첫 번째는?", message_thread_id=root["message_id"])
    until(lambda: store.questions.get(2))
    questions = [store.questions.get(n) for n in (1, 2)]
    assert [question and question.asked.text for question in questions] == [
        "두 번째 논문은 코드가 있나요",
        "첫 번째는?",
    ]
    assert [question and question.asked.about and question.asked.about.papers for question in questions] == [
        (1, 2),
        (1, 2),
    ]
    assert store.questions.get(3) is None


def test_comments_are_left_alone_where_the_owner_says_so(configured: Configured, store: Store) -> None:
    frontend = configured("chats", comments=False)
    robots = posted_in_channel(frontend, store)
    root = frontend.server.forwarded(DISCUSSION, robots)
    under = {"message_thread_id": root["message_id"], "reply_to_message": root}
    frontend.server.say(DISCUSSION, 55, "두 번째 논문은 코드가 있나요?", **under)
    frontend.server.say(DISCUSSION, 55, "/help")
    frontend.text(DISCUSSION, "/digest")
    assert store.questions.get(1) is None


def test_only_an_owner_sees_how_it_stands_and_repeats_what_was_lost(frontend: Frontend, store: Store) -> None:
    frontend.server.say(MEMBER, MEMBER, "/status")
    frontend.text(MEMBER, "운영자만")
    store.owners.add("telegram", str(ADMIN))
    store.outbox.request("request:1", ChatRef("telegram", str(MEMBER)), DAY, View())
    until(lambda: store.outbox.idle("telegram"))
    frontend.stop()
    store.outbox.request("request:2", ChatRef("telegram", str(MEMBER)), DAY, View("en"))
    lost = store.outbox.claim("telegram")
    assert lost is not None
    store.outbox.expand(lost, [Message("lost")])
    part = store.outbox.next_part(lost)
    assert part is not None
    store.outbox.settle(lost, part, PartState.UNKNOWN, None, "the line broke")
    store.outbox.finish(lost)
    frontend.start()
    frontend.server.say(ADMIN, ADMIN, "/status")
    status = frontend.text(ADMIN, "최근 호: 2025-06-03")
    assert "telegram unknown 1" in status.text
    frontend.server.press(status, ADMIN, "보냈는지 알 수 없는 글 1개")
    until(lambda: any("글 1개를 다시" in toast for toast in frontend.server.toasts))
    frontend.text(MEMBER, "lost")


def test_too_many_commands_get_one_friendly_line(configured: Configured, store: Store) -> None:
    frontend = configured("chats", commands_a_minute=3)
    for _ in range(10):
        frontend.server.say(MEMBER, MEMBER, "/forget")
    frontend.text(MEMBER, "잠시 쉬었다가")
    until(lambda: store.updates.left("telegram", "42") == [])
    assert len(frontend.texts(MEMBER, "잠시 쉬었다가")) == 1
    assert len(frontend.texts(MEMBER, "모두 지웠습니다")) == 3


def test_commands_are_listed_for_each_kind_of_chat_and_language_once(frontend: Frontend, store: Store) -> None:
    until(lambda: frontend.server.calls.count("setMyCommands") == 3 * len(LANGUAGES))
    # The next start recognises the registered lists by this hash.
    until(lambda: store.uploads.file_id("telegram", "42", "commands"))
    frontend.stop()
    frontend.start()
    frontend.server.say(MEMBER, MEMBER, "/help")
    frontend.text(MEMBER, "/digest")
    assert frontend.server.calls.count("setMyCommands") == 3 * len(LANGUAGES)


def test_trouble_is_told_to_who_subscribed_with_the_cure(frontend: Frontend, store: Store) -> None:
    subscribe(frontend)
    for n in range(3):
        frontend.server.faults[GROUP] = [Fault(400, "Bad Request: TOPIC_CLOSED")]
        store.outbox.request(f"request:{n}", ChatRef("telegram", str(GROUP)), DAY, View())
        until(lambda: store.outbox.idle("telegram"))
    assert "토픽을 다시 열거나" in frontend.text(ADMIN, "올리지 못했습니다(Topic_closed)").text
    assert len(frontend.texts(ADMIN, "올리지 못했습니다")) == 1, "warned once a day"
    resting = store.subscriptions.of(ChatRef("telegram", str(GROUP)))
    assert resting is not None
    assert not resting.active, "refused three times"


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_updates_come_by_webhook_too_and_only_from_telegram(configured: Configured, free_port: int) -> None:
    address = f"127.0.0.1:{free_port}"
    frontend = configured("telegram", webhook_url=f"http://{address}/hook", webhook_listen=address)
    server = frontend.server
    until(lambda: server.webhook == (f"http://{address}/hook", webhook_secret(TOKEN)) and listens(free_port))
    server.say(MEMBER, MEMBER, "/help")
    assert asyncio.run(server.push()) == [200]
    frontend.text(MEMBER, "/digest")
    server.webhook = (server.webhook[0], "guessed")
    server.say(MEMBER, MEMBER, "/forget")
    assert asyncio.run(server.push()) == [403]


def _is_served(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_an_admin_who_stays_anonymous_subscribes_and_nobody_in_their_name(frontend: Frontend, store: Store) -> None:
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
    elsewhere = frontend.server.rooms[DISCUSSION].wire()
    frontend.server.say(GROUP, MEMBER, "/subscribe", **{"from": anonymous}, sender_chat=elsewhere)
    frontend.text(GROUP, "관리할 수 있고")
    here = frontend.server.rooms[GROUP].wire()
    frontend.server.say(GROUP, MEMBER, "/subscribe", **{"from": anonymous}, sender_chat=here)
    frontend.text(GROUP, "구독했습니다")
    assert store.subscriptions.of(ChatRef("telegram", str(GROUP))) is not None


def test_a_reply_to_a_post_in_a_group_is_a_question_about_it_and_thanks_are_none(
    frontend: Frontend, store: Store
) -> None:
    store.outbox.request("request:1", ChatRef("telegram", str(GROUP)), DAY, View("ko", place=Place.GROUP))
    robots = frontend.text(GROUP, "Grip")
    until(lambda: store.outbox.idle("telegram"))
    assert robots.button("💬") == "/ask 2025-06-03 1"
    for line in ("감사합니다!", "두 번째 논문은 왜 더 빠른가요?"):
        frontend.server.say(GROUP, MEMBER, line, reply_to_message=frontend.server.wire(robots))
    answer = frontend.text(GROUP, "질문을 받았습니다")
    question = store.questions.get(1)
    assert question is not None
    assert question.asked.about is not None
    assert question.asked.about.papers == (1, 2)
    assert str(answer.reply_to) == question.asked.message_id
    assert store.questions.get(2) is None


def test_names_of_chats_and_words_of_people_are_text(frontend: Frontend, store: Store) -> None:
    frontend.server.rooms[GROUP].title = "<b>Bold</b> \u202egroup"
    subscribe(frontend)
    frontend.server.say(GROUP, ADMIN, "/settings keywords <i>x</i>")
    frontend.text(GROUP, "⚙️ <b>Bold</b> group 설정")
    frontend.text(GROUP, "키워드: <i>x</i>")
    frontend.server.say(GROUP, ADMIN, f"/settings {'<' * 500} x")
    frontend.text(GROUP, "설정은 없습니다")
