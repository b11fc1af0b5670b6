"""Tests that the outbox sends its rows in order and handles each fault by its rule."""

import asyncio
from contextlib import AbstractAsyncContextManager

import pytest

from bot.delivery.outbox import deliver_next, serve
from tests.bot.conftest import DAY
from tests.fakes.clock import FakeClock
from tests.fakes.sender import FakeSender, Killed
from tests.fakes.subscriptions import NewSubscription
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Content, Delivery, Message, Notify, PartState, View
from workers.domain.errors import ChatGone, ChatNotWritable, SendRefused, SendRetryable, SendUnknown
from workers.domain.models import Edition, Selection, SourceAnswer, SourceReport, Text
from workers.store import Store
from workers.store.sent_messages import PartStatus

pytestmark = pytest.mark.usefixtures("edition")


def render(content: Content, delivery: Delivery) -> list[Message]:
    if not isinstance(content, Text):
        return [Message(f"notice: {content}")]
    return [
        Message(f"{delivery.view.language} {part} {content.digest.date}", (1,)) for part in ("first", "second", "third")
    ]


def deliver(store: Store, sender: FakeSender) -> bool:
    return asyncio.run(deliver_next(store, "terminal", sender, render))


def ask(store: Store, idempotency_key: str = "request:1", chat: str = "a") -> None:
    store.outbox.request(idempotency_key, ChatRef("terminal", chat), DAY, View())


def states(store: Store, idempotency_key: str = "request:1") -> list[str]:
    return [part.state for part in store.sent_messages.parts(idempotency_key)]


def test_a_delivery_is_sent_in_order_and_only_once(store: Store) -> None:
    ask(store)
    sender = FakeSender()
    assert deliver(store, sender)
    assert [text for _, text in sender.sent] == [f"ko {part} 2025-06-03" for part in ("first", "second", "third")]
    assert states(store) == ["posted"] * 3
    assert not deliver(store, sender)


def test_nothing_to_do_is_said(store: Store) -> None:
    assert not deliver(store, FakeSender())


def test_a_send_whose_fate_is_unknown_is_never_repeated(store: Store) -> None:
    ask(store)
    sender = FakeSender([None, SendUnknown("the line broke")])
    deliver(store, sender)
    assert states(store) == ["posted", "unknown", "posted"]
    assert len(sender.sent) == 2


def test_a_send_that_surely_failed_is_repeated_in_its_place_when_its_time_has_come(
    store: Store, bot_clock: FakeClock
) -> None:
    ask(store)
    sender = FakeSender([None, SendRetryable("told to wait", retry_after_s=40)])
    deliver(store, sender)
    assert states(store) == ["posted", "pending", "pending"]
    bot_clock.advance(39)
    assert not deliver(store, sender), "put off, longer than a lease lasts"
    bot_clock.advance(1)
    deliver(store, sender)
    assert [text.split()[1] for _, text in sender.sent] == ["first", "second", "third"]
    assert states(store) == ["posted"] * 3


def test_a_chat_that_is_gone_gets_nothing_more_and_is_paused(
    store: Store, edition: Edition, bot_clock: FakeClock
) -> None:
    store.subscriptions.add(NewSubscription(ChatRef("terminal", "a"), bot_clock.now()))
    ask(store)
    sender = FakeSender([ChatGone("kicked")])
    deliver(store, sender)
    assert sender.sent == []
    assert states(store) == ["failed", "dropped", "dropped"]
    assert store.subscriptions.due(bot_clock.now()) == []


def test_a_crash_between_sending_and_writing_down_leaves_an_unknown_part(store: Store, bot_clock: FakeClock) -> None:
    ask(store)
    with pytest.raises(Killed):
        deliver(store, FakeSender([None, Killed("killed here")]))
    bot_clock.advance(31)
    sender = FakeSender()
    deliver(store, sender)
    assert states(store) == ["posted", "unknown", "posted"]
    assert [text.split()[1] for _, text in sender.sent] == ["third"]


def render_revised(content: Content, delivery: Delivery) -> list[Message]:
    """Render the revised edition: the second part has another text, the third part is missing."""
    return [Message("ko first 2025-06-03"), Message("ko second, corrected")]


def remake(store: Store, edition: Edition) -> None:
    text = store.texts.get(DAY, "ko")
    assert text is not None
    assert store.editions.reopen(DAY) == ["en", "ko"]
    store.outbox.revise(DAY)
    attempt = store.editions.claim(DAY)
    assert attempt is not None
    papers = tuple(item.paper for item in edition.ranked)
    report = SourceAnswer(SourceReport("arxiv", "ok", 3))
    store.editions.close(DAY, attempt, Selection(papers, {}), edition.ranked, [report])
    store.texts.save(DAY, text)


def test_an_edition_made_anew_is_edited_where_it_was_posted(store: Store, edition: Edition) -> None:
    ask(store)
    sender = FakeSender()
    deliver(store, sender)
    remake(store, edition)
    assert asyncio.run(deliver_next(store, "terminal", sender, render_revised))
    assert sender.edited == [("m2", "ko second, corrected")], "what reads the same is left alone"
    assert sender.deleted == ["m3"]
    assert len(sender.sent) == 3
    assert states(store) == ["posted", "posted", "dropped"]
    assert not deliver(store, sender)


def test_an_edition_made_anew_that_is_longer_is_added_to(store: Store, edition: Edition) -> None:
    ask(store)
    sender = FakeSender()
    asyncio.run(deliver_next(store, "terminal", sender, render_revised))
    remake(store, edition)
    deliver(store, sender)
    assert [text for _, text in sender.sent][2:] == ["ko third 2025-06-03"]
    assert sender.edited == [("m2", "ko second 2025-06-03")]


def test_until_the_new_text_is_written_nothing_is_touched(store: Store, edition: Edition) -> None:
    ask(store)
    sender = FakeSender()
    deliver(store, sender)
    store.editions.reopen(DAY)
    assert store.outbox.revise(DAY) == 1
    assert not deliver(store, sender)


def test_a_retracted_edition_is_deleted_where_it_was_posted_and_sent_to_nobody_else(
    store: Store, edition: Edition, bot_clock: FakeClock
) -> None:
    store.subscriptions.add(NewSubscription(ChatRef("terminal", "b"), bot_clock.now()))
    ask(store)
    sender = FakeSender()
    deliver(store, sender)
    ask(store, "request:2", "c")
    assert store.editions.retract(DAY)
    store.outbox.revise(DAY)
    while deliver(store, sender):
        pass
    assert sender.deleted == ["m1", "m2", "m3"]
    assert len(sender.sent) == 3
    assert store.subscriptions.closed_after(None) == []
    remake(store, edition)
    deliver(store, sender)
    assert len(sender.sent) == 6, "once it is made again, it is posted again"


def test_what_is_retracted_while_it_is_being_sent_is_taken_back_too(store: Store, edition: Edition) -> None:
    ask(store)

    class RetractingSender(FakeSender):
        async def send(self, chat: ChatRef, message: Message, key: str) -> str:
            if len(self.sent) == 1:
                store.editions.retract(DAY)
                store.outbox.revise(DAY)
            return await super().send(chat, message, key)

    sender = RetractingSender()
    deliver(store, sender)
    assert len(sender.sent) == 3
    deliver(store, sender)
    assert sender.deleted == ["m1", "m2", "m3"]
    assert not deliver(store, sender)


def test_an_edit_whose_fate_is_unknown_is_repeated(store: Store, edition: Edition, bot_clock: FakeClock) -> None:
    ask(store)
    sender = FakeSender()
    deliver(store, sender)
    remake(store, edition)
    flaky = FakeSender([SendUnknown("the line broke"), None, None])
    for _ in range(2):
        asyncio.run(deliver_next(store, "terminal", flaky, render_revised))
        bot_clock.advance(1)
    assert flaky.edited == [("m2", "ko second, corrected")]
    assert flaky.deleted == ["m3"]


def test_a_late_delivery_and_a_quiet_day_make_no_sound(store: Store, edition: Edition, bot_clock: FakeClock) -> None:
    store.subscriptions.add(NewSubscription(ChatRef("terminal", "a"), bot_clock.now()))
    (due,) = store.subscriptions.due(bot_clock.now())
    store.subscriptions.deliver(due, [DAY], due.due_at, bot_clock.now(), silent=True)
    sender = FakeSender()
    deliver(store, sender)
    assert sender.silent == [True, True, True]


def test_a_notice_is_told_once_and_needs_no_edition(store: Store) -> None:
    assert store.outbox.notify("alert:1", ChatRef("terminal", "here"), "ko", "arxiv: HTTP 503")
    assert not store.outbox.notify("alert:1", ChatRef("terminal", "here"), "ko", "arxiv: HTTP 503")
    sender = FakeSender()
    deliver(store, sender)
    assert sender.sent == [("here", "notice: arxiv: HTTP 503")]
    assert not deliver(store, sender)


def test_a_message_that_is_refused_fails_alone(store: Store) -> None:
    ask(store)
    sender = FakeSender([None, SendRefused("can't parse entities")])
    deliver(store, sender)
    assert states(store) == ["posted", "failed", "posted"]


def test_what_waits_for_its_turn_is_not_on_its_way(store: Store, bot_clock: FakeClock) -> None:
    ask(store)
    sender = FakeSender()

    async def scenario() -> list[str]:
        sender.holds = asyncio.Event()
        waiting = asyncio.create_task(deliver_next(store, "terminal", WaitingSender(sender), render))
        while not states(store):
            await asyncio.sleep(0.01)
        seen = states(store)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        return seen

    class WaitingSender(FakeSender):
        def __init__(self, to: FakeSender) -> None:
            super().__init__()
            self.holds = to.holds

        def turn(self, chat: str, urgent: bool) -> AbstractAsyncContextManager[None]:
            return super().turn(chat, urgent=False)

    assert asyncio.run(scenario()) == ["pending"] * 3
    bot_clock.advance(31)
    deliver(store, sender)
    assert states(store) == ["posted"] * 3, "killed while it waited, it was not sent and is not lost"


@pytest.mark.parametrize(
    ("notify", "silent"),
    [(Notify.FIRST, [False, True, True]), (Notify.NEVER, [True, True, True]), (Notify.ALL, [False, False, False])],
)
def test_a_digest_makes_the_sound_that_its_chat_wants(
    notify: Notify, silent: list[bool], store: Store, edition: Edition, bot_clock: FakeClock
) -> None:
    store.subscriptions.add(NewSubscription(ChatRef("terminal", "a"), bot_clock.now(), notify=notify))
    (due,) = store.subscriptions.due(bot_clock.now())
    store.subscriptions.deliver(due, [DAY], due.due_at, bot_clock.now(), silent=False)
    sender = FakeSender()
    deliver(store, sender)
    assert sender.silent == silent


def test_a_chat_that_is_shut_is_counted_and_paused_the_third_time(
    store: Store, edition: Edition, bot_clock: FakeClock
) -> None:
    class ClosedTopicSender(FakeSender):
        async def send(self, chat: ChatRef, message: Message, key: str) -> str:
            if chat.chat == "a":
                raise ChatNotWritable("TOPIC_CLOSED")
            return await super().send(chat, message, key)

    store.subscriptions.add(NewSubscription(ChatRef("terminal", "a"), bot_clock.now(), person="7"))
    sender = ClosedTopicSender()
    for n in range(3):
        assert len(store.subscriptions.due(bot_clock.now())) == 1
        ask(store, f"request:{n}")
        while deliver(store, sender):
            pass
    assert store.subscriptions.due(bot_clock.now()) == []
    assert [chat for chat, _ in sender.sent] == ["@7"], "who subscribed it is told, once"
    assert "토픽을 다시 열거나" in sender.sent[0][1]


def test_while_broadcasts_are_under_way_an_answer_is_sent_at_once(store: Store, bot_clock: FakeClock) -> None:
    class QuickWakeup:
        async def wait(self) -> None:
            await asyncio.sleep(0.01)

    async def scenario() -> list[str]:
        sender = FakeSender()
        held = sender.holds = asyncio.Event()
        serving = asyncio.create_task(serve(store, "terminal", sender, render, QuickWakeup(), at_once=2))
        await asyncio.sleep(0.1)
        ask(store, chat="person")
        while not [chat for chat, _ in sender.sent if chat == "person"]:
            await asyncio.sleep(0.01)
        first = [chat for chat, _ in sender.sent]
        held.set()
        while len(sender.sent) < 15:
            await asyncio.sleep(0.01)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        return first

    for n in range(4):
        store.subscriptions.add(NewSubscription(ChatRef("terminal", f"chat {n}"), bot_clock.now()))
    for due in store.subscriptions.due(bot_clock.now()):
        store.subscriptions.deliver(due, [DAY], due.due_at, bot_clock.now(), silent=False)
    assert set(asyncio.run(asyncio.wait_for(scenario(), 20))) == {"person"}


def test_a_platform_that_knows_what_became_of_a_send_settles_it(store: Store, bot_clock: FakeClock) -> None:
    ask(store)
    with pytest.raises(Killed):
        deliver(store, FakeSender([Killed("killed here")]))
    bot_clock.advance(31)
    sender = FakeSender([None, SendUnknown("the line broke")])
    sender.fates = {"1": "", "2": "found there"}
    deliver(store, sender)
    assert [text.split()[1] for _, text in sender.sent] == ["first", "third"]
    assert store.sent_messages.parts("request:1") == [
        PartStatus(0, PartState.POSTED, "m1"),
        PartStatus(1, PartState.POSTED, "found there"),
        PartStatus(2, PartState.POSTED, "m2"),
    ]
