"""Tests that questions are stored once, answered in their delivery and deleted on the asker's request."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import event

from tests.fakes.clock import FakeClock
from tests.fakes.papers import paper
from tests.fakes.subscriptions import NewSubscription
from workers.domain.answers import Answer
from workers.domain.chats import ChatRef, MessageRef
from workers.domain.completions import Purpose
from workers.domain.deliveries import Delivery, Layout, Message, PartState, SubscriptionStatus, View
from workers.domain.errors import TooManyQuestions
from workers.domain.models import NOT_SELECTED, Digest, RankedPaper, Selection, SourceAnswer, SourceReport, Text
from workers.domain.questions import PostedMessage, QuestionCaps, QuestionRequest
from workers.store import Store, tables

DAY = date(2025, 6, 3)
NOW = datetime(2025, 6, 3, 8, tzinfo=UTC)


@pytest.fixture
def edition(store: Store) -> date:
    attempt = store.editions.claim(DAY)
    assert attempt is not None
    one, other = paper(), paper(keys=(("arxiv", "2506.00002"),), arxiv_id="2506.00002", title="Passed over")
    report = SourceAnswer(SourceReport("arxiv", "ok", 2))
    selection = Selection((one,), {NOT_SELECTED: (other,)})
    store.editions.close(DAY, attempt, selection, [RankedPaper(1, one, "Robotics")], [report])
    store.texts.save(DAY, Text(Digest(DAY.isoformat(), "ko", "제목", (), (), (), 1, 1, {}, ()), None))
    return DAY


def request(text: str = "왜?", person: str = "7", post: PostedMessage | None = None) -> QuestionRequest:
    return QuestionRequest(ChatRef("telegram", "5"), person, "ko", text, "12", post)


def claimed(store: Store) -> Delivery:
    delivery = store.outbox.claim("telegram")
    assert delivery is not None
    return delivery


def post(store: Store, delivery: Delivery, *messages: Message) -> None:
    store.outbox.expand(delivery, list(messages))
    part = store.outbox.next_part(delivery)
    while part:
        part = store.outbox.settle(delivery, part, PartState.POSTED, part.message_id or f"m{part.part_id}")
    store.outbox.finish(delivery)


def test_a_question_is_kept_once_with_the_delivery_that_will_answer_it(store: Store, edition: date) -> None:
    about = PostedMessage(DAY, "ko", (1, 2))
    assert store.questions.ask("telegram:1", request(post=about))
    assert not store.questions.ask("telegram:1", request(post=about))
    delivery = claimed(store)
    assert (delivery.question_id, delivery.reply_to, delivery.urgent) == (1, "12", True)
    kept = store.questions.get(1)
    assert kept is not None
    assert (kept.asked, kept.answer, kept.revision) == (request(post=about), None, 0)


def test_an_answer_is_an_edit_of_what_stands_there(store: Store) -> None:
    store.questions.ask("telegram:1", request())
    post(store, claimed(store), Message("wait"))
    assert store.outbox.claim("telegram") is None
    store.questions.answer(1, 0, Answer(False, line="yes"))
    again = claimed(store)
    assert again.revision == 1
    store.outbox.expand(again, [Message("yes")])
    part = store.outbox.next_part(again)
    assert part is not None
    assert part.message == Message("yes")
    assert part.message_id is not None


def test_an_answer_that_comes_while_the_first_line_is_sent_is_not_lost(store: Store) -> None:
    store.questions.ask("telegram:1", request())
    delivery = claimed(store)
    store.questions.answer(1, 0, Answer(False, line="yes"))
    post(store, delivery, Message("wait"))
    assert claimed(store).revision == 1


def test_an_answer_and_the_opening_of_its_delivery_are_one_transaction(store: Store) -> None:
    """A crash between the updates of the question and of its delivery leaves the question open."""
    number = store.questions.ask("k:1", QuestionRequest(ChatRef("telegram", "5"), "7", "ko", "1번은?"))
    assert number is not None
    attempt = store.questions.claim(number)
    assert attempt is not None

    def crash(*arguments: object) -> None:
        if "UPDATE delivery" in str(arguments[2]):
            raise RuntimeError("killed")

    event.listen(store.engine, "before_cursor_execute", crash)
    try:
        with pytest.raises(RuntimeError, match="killed"):
            store.questions.answer(number, attempt, Answer(False, line="no"))
    finally:
        event.remove(store.engine, "before_cursor_execute", crash)
    kept = store.questions.get(number)
    assert kept is not None
    assert (kept.answer, kept.revision) == (None, 0)


def test_what_a_person_asked_is_forgotten_with_its_answers_and_nothing_else(store: Store) -> None:
    for n, person in enumerate(["7", "8", "7"]):
        store.questions.ask(f"telegram:{n}", request(person=person))
        post(store, claimed(store), Message("wait"))
    store.model_calls.keep("a", Purpose.ANSWER, "m", "what they asked")
    store.model_calls.keep("b", Purpose.WRITE, "m", "a section")
    assert store.questions.forget("telegram", "7") == 2
    assert (store.model_calls.answer("a"), store.model_calls.answer("b")) == (None, "a section")
    assert [store.questions.get(n) is None for n in (1, 2, 3)] == [True, False, True]
    assert store.sent_messages.parts("question:1") == []
    assert len(store.sent_messages.parts("question:2")) == 1


@pytest.mark.parametrize(
    ("caps", "whose"),
    [
        (QuestionCaps(per_person=2), "person"),
        (QuestionCaps(per_chat=2), "chat"),
        (QuestionCaps(all=2), "all"),
        (QuestionCaps(per_person=9, per_chat=2, all=9), "chat"),
    ],
)
def test_caps_hold_also_after_the_questions_are_forgotten(
    caps: QuestionCaps, whose: str, store: Store, moving_clock: FakeClock
) -> None:
    for n in range(2):
        store.questions.ask(f"telegram:{n}", request(), caps)
    store.questions.forget("telegram", request().person)
    with pytest.raises(TooManyQuestions) as raised:
        store.questions.ask("telegram:2", request(), caps)
    assert (raised.value.whose, raised.value.cap) == (whose, 2)
    assert store.questions.get(3) is None, "nothing of it is stored"
    moving_clock.advance(86_400)
    assert store.questions.ask("telegram:3", request(), caps)


def test_a_question_that_comes_twice_counts_once(store: Store) -> None:
    caps = QuestionCaps(per_person=2)
    for _ in range(3):
        store.questions.ask("telegram:1", request(), caps)
    assert store.questions.ask("telegram:2", request(), caps)


def test_what_is_counted_names_nobody_and_cannot_be_traced_later(store: Store, moving_clock: FakeClock) -> None:
    store.questions.ask("telegram:1", request(person="4711"))
    with store.engine.connect() as connection:
        keys = {row.key for row in connection.execute(tables.question_count.select())}
    assert len(keys) == 3
    assert not any("4711" in key for key in keys)
    moving_clock.advance(86_400)
    store.questions.ask("telegram:2", request(person="4711"))
    with store.engine.connect() as connection:
        later = {row.key for row in connection.execute(tables.question_count.select())}
        assert len(connection.execute(tables.question_salt.select()).all()) == 1
    assert not keys & later


def test_a_prompt_is_known_by_its_message_for_two_days(store: Store, moving_clock: FakeClock) -> None:
    store.questions.expect(MessageRef(ChatRef("telegram", "5"), "30"), "/settings 1 keywords")
    assert store.questions.expected(MessageRef(ChatRef("telegram", "5"), "30")) == "/settings 1 keywords"
    assert store.questions.expected(MessageRef(ChatRef("telegram", "6"), "30")) is None
    moving_clock.advance(3 * 86_400)
    store.questions.expect(MessageRef(ChatRef("telegram", "5"), "31"), "/ask")
    assert store.questions.expected(MessageRef(ChatRef("telegram", "5"), "30")) is None


def test_a_post_is_found_by_its_message_and_by_the_comments_under_it(store: Store, edition: date) -> None:
    store.outbox.request("request:1", ChatRef("telegram", "-5"), DAY, View("ko"))
    post(store, claimed(store), Message("one", (1,)))
    number = store.sent_messages.parts("request:1")[0].message_id
    assert number is not None
    found = PostedMessage(DAY, "ko", (1,))
    assert store.sent_messages.posted_message(MessageRef(ChatRef("telegram", "-5"), number)) == found
    assert store.sent_messages.posted_message(MessageRef(ChatRef("telegram", "-6"), number)) is None
    for _ in range(2):
        store.sent_messages.add_comment_root(
            MessageRef(ChatRef("telegram", "-9"), "77"), MessageRef(ChatRef("telegram", "-5"), number)
        )
    assert store.sent_messages.posted_message_of_thread(MessageRef(ChatRef("telegram", "-9"), "77")) == found
    assert store.sent_messages.posted_message_of_thread(MessageRef(ChatRef("telegram", "-9"), "78")) is None


def test_what_was_lost_is_sent_again_when_an_owner_says_so(store: Store, edition: date) -> None:
    store.outbox.request("request:1", ChatRef("telegram", "5"), DAY, View())
    delivery = claimed(store)
    store.outbox.expand(delivery, [Message("one"), Message("two")])
    first = store.outbox.next_part(delivery)
    assert first is not None
    second = store.outbox.settle(delivery, first, PartState.UNKNOWN)
    assert second is not None
    store.outbox.settle(delivery, second, PartState.POSTED, "m2")
    store.outbox.finish(delivery)
    assert store.outbox.repeat_unknown() == 1
    again = store.outbox.next_part(claimed(store))
    assert again is not None
    assert again.message == Message("one")
    assert store.outbox.repeat_unknown() == 0


def test_who_waits_goes_before_a_broadcast_that_came_first(store: Store, edition: date) -> None:
    store.subscriptions.add(NewSubscription(ChatRef("telegram", "1"), NOW))
    (due,) = store.subscriptions.due(NOW)
    store.subscriptions.deliver(due, [DAY], NOW.replace(day=4), NOW, silent=False)
    store.outbox.request("request:1", ChatRef("telegram", "2"), DAY, View())
    assert [claimed(store).chat.chat, claimed(store).chat.chat] == ["2", "1"]
    assert store.outbox.claim("telegram", urgent=True) is None


def test_what_was_news_and_not_listed_is_kept_until_the_edition_is_made_anew(store: Store, edition: date) -> None:
    assert [one.title for one in store.editions.passed_over(DAY)] == ["Passed over"]
    store.editions.reopen(DAY)
    assert store.editions.passed_over(DAY) == []


def test_refusals_are_counted_until_a_delivery_is_taken(store: Store) -> None:
    store.subscriptions.add(NewSubscription(ChatRef("telegram", "5"), NOW))
    assert [store.subscriptions.count_refusal(ChatRef("telegram", "5")) for _ in range(2)] == [1, 2]
    store.subscriptions.reset_refusals(ChatRef("telegram", "5"))
    assert store.subscriptions.count_refusal(ChatRef("telegram", "5")) == 1


def test_let_in_again_goes_on_but_not_who_ended_it_themselves(store: Store) -> None:
    for chat, status in (("1", SubscriptionStatus.REMOVED), ("2", SubscriptionStatus.UNSUBSCRIBED)):
        store.subscriptions.add(NewSubscription(ChatRef("telegram", chat), NOW, view=View("en")))
        store.subscriptions.pause_chat(ChatRef("telegram", chat), status)
    assert [store.subscriptions.reactivate_chat(ChatRef("telegram", chat)) for chat in ("1", "2")] == [True, False]
    assert [each.chat.chat for each in store.subscriptions.due(NOW)] == ["1"]


def test_a_chat_that_ended_its_subscription_does_not_resume_when_the_bot_is_removed_and_added(store: Store) -> None:
    chat = ChatRef("telegram", "1")
    store.subscriptions.add(NewSubscription(chat, NOW))
    store.subscriptions.pause(chat, SubscriptionStatus.UNSUBSCRIBED)
    assert store.subscriptions.pause_chat(chat, SubscriptionStatus.REMOVED) == []
    assert not store.subscriptions.reactivate_chat(chat)
    assert store.subscriptions.due(NOW) == []


def test_pausing_a_thread_leaves_the_others_and_pausing_the_chat_takes_them_all(store: Store) -> None:
    chat, thread, other = (ChatRef("telegram", "-5", thread) for thread in ("", "1", "2"))
    for each in (chat, thread, other):
        store.subscriptions.add(NewSubscription(each, NOW))
    paused = store.subscriptions.pause(thread, SubscriptionStatus.UNSUBSCRIBED)
    assert [each.chat for each in paused] == [thread]
    assert [each.chat for each in store.subscriptions.due(NOW)] == [chat, other]
    paused = store.subscriptions.pause_chat(other, SubscriptionStatus.REMOVED)
    assert [each.chat for each in paused] == [chat, other], "the first was paused already"
    assert store.subscriptions.due(NOW) == []
    assert [each.chat for each in store.subscriptions.of_chat(chat)] == [chat, thread, other]


def test_settings_do_not_take_anothers_topic(store: Store) -> None:
    for thread in ("1", "2"):
        store.subscriptions.add(NewSubscription(ChatRef("telegram", "-5", thread), NOW))
    first = store.subscriptions.of(ChatRef("telegram", "-5", "1"))
    assert first is not None
    assert not store.subscriptions.change(replace(first, chat=ChatRef("telegram", "-5", "2")))
    assert store.subscriptions.change(
        replace(first, chat=ChatRef("telegram", "-5", "3"), view=View("en", Layout.COMPACT, ("Robotics",), limit=5))
    )
    moved = store.subscriptions.of(ChatRef("telegram", "-5", "3"))
    assert moved is not None
    assert moved.view == View("en", Layout.COMPACT, ("Robotics",), limit=5)
