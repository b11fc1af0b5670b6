"""Tests Telegram from end to end: people type to `paperboy run`, and messages appear in their chats."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import select

from tests.e2e.running import Program, paper_row, program
from tests.fakes.telegram import TOKEN, TelegramServer, serving
from tests.fakes.telegram_wire import retry_after
from workers.domain.chats import ChatRef
from workers.domain.deliveries import SubscriptionStatus
from workers.store import Store
from workers.store.tables import delivery, part

ADMIN, MEMBER, OWNER, READER = 7, 8, 9, 10
TOPICS, LEFT, TALK, CHANNEL = -1001, -1002, -1003, -1004
TITLES = [
    "Let's <think> about robots",
    "Why 1 + 1 < 1 for robots",
    "Robot grasping: a policy",
    "Speech recognition now",
]
PAPERS = [paper_row(n, title) for n, title in enumerate(TITLES, start=1)]


@pytest.fixture(scope="module")
def server() -> Iterator[TelegramServer]:
    with serving() as fake:
        for person in (ADMIN, MEMBER, OWNER, READER):
            fake.room(person, "private")
        for group in (TOPICS, LEFT, TALK):
            fake.room(group, "supergroup", members={ADMIN: "administrator", MEMBER: "member"})
        fake.room(CHANNEL, "channel", username="papers", members={ADMIN: "creator"})
        yield fake


@pytest.fixture(scope="module")
def paperboy(server: TelegramServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    environment = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": server.url}
    with program(tmp_path_factory.mktemp("telegram"), environment, PAPERS) as running:
        yield running


def posted(server: TelegramServer, chat: int, thread: int | None = None) -> list[str]:
    """Return a chat's messages of the digest, without the confirmation."""
    return [text for text in server.texts(chat, thread) if not text.startswith("구독했습니다")]


def part_states(store: Store, chats: Sequence[int]) -> Counter[str]:
    """Count the chats' message parts in each state."""
    wanted = select(part.c.state).join(delivery).where(delivery.c.chat.in_([str(chat) for chat in chats]))
    with store.engine.connect() as connection:
        return Counter(connection.execute(wanted).scalars())


def status(store: Store, chat: int) -> SubscriptionStatus | None:
    subscription = store.subscriptions.of(ChatRef("telegram", str(chat)))
    return subscription.status if subscription else None


def test_a_topic_subscribes_and_gets_the_digest_in_order(server: TelegramServer, paperboy: Program) -> None:
    server.say(TOPICS, MEMBER, "/subscribe")
    paperboy.run.until(lambda: server.texts(TOPICS))
    assert "관리할 수 있고" in server.texts(TOPICS)[0]
    server.say(TOPICS, ADMIN, "/subscribe@paper_bot", message_thread_id=9, is_topic_message=True)
    paperboy.run.until(lambda: len(posted(server, TOPICS, 9)) == 3)
    opening, robots, ones = posted(server, TOPICS, 9)
    assert opening.startswith("2024년 10월 4일 AI 논문 다이제스트\n오늘 고른 4편 / 새 논문 4편")
    assert "Let's <think> about robots" in robots
    assert "Why 1 + 1 < 1 for robots" in robots
    assert "Speech recognition now" in ones
    first, *others = [post for post in server.posted if post.thread == 9 and not post.text.startswith("구독")]
    assert first.file
    assert not any(post.file for post in others)
    paperboy.run.until(lambda: part_states(paperboy.store, [TOPICS]) == {"posted": 3})


def test_a_channel_subscribes_by_a_post_and_from_private(server: TelegramServer, paperboy: Program) -> None:
    server.say(MEMBER, MEMBER, "/subscribe @papers")
    paperboy.run.until(lambda: server.texts(MEMBER))
    assert server.texts(MEMBER)[0].startswith("@papers 채널을 구독하려면")
    server.say(ADMIN, ADMIN, "/subscribe @papers")
    paperboy.run.until(lambda: len(posted(server, CHANNEL)) == 3)
    assert server.texts(ADMIN)[0].startswith("구독했습니다")
    server.channel_post(CHANNEL, "/unsubscribe")
    paperboy.run.until(lambda: "구독을 멈추었습니다" in server.texts(CHANNEL)[-1])
    assert status(paperboy.store, CHANNEL) is SubscriptionStatus.UNSUBSCRIBED


def test_the_first_owner_gives_the_code_that_run_prints(server: TelegramServer, paperboy: Program) -> None:
    run, owners = paperboy.run, paperboy.store.owners
    run.until(lambda: "/owner " in run.out())
    assert "@paper_bot — 초대 링크: https://t.me/paper_bot?startchannel&admin=post_messages" in run.out()
    code = re.findall(r"/owner (\S+)", run.out())[0]
    server.say(OWNER, OWNER, f"/owner {code}")
    run.until(lambda: server.texts(OWNER))
    assert owners.all() == [("telegram", str(OWNER))]
    assert server.texts(OWNER)[-1].startswith("이제 운영자입니다")


def test_a_digest_on_request_comes_once_whatever_befalls_it(server: TelegramServer, paperboy: Program) -> None:
    server.faults[READER] = [retry_after(1)]
    server.say(READER, READER, "/digest")
    paperboy.run.until(lambda: len(server.texts(READER)) == 4)
    assert sum("곧 올립니다" in text for text in server.texts(READER)) == 1
    server.say(READER, READER, "/digest 로보틱스")
    paperboy.run.until(lambda: len(server.texts(READER)) == 5)
    assert server.texts(READER)[-1].startswith("🤖 로보틱스")
    server.say(TALK, MEMBER, "/help@another_bot")
    server.say(TALK, MEMBER, "talk among members")
    server.say(TALK, MEMBER, "@paper_bot 1번 논문은 무엇을 제안했나요?")
    paperboy.run.until(lambda: server.texts(TALK))
    assert len(server.texts(TALK)) == 1, "only the message to the bot is answered"


def test_put_out_and_let_in_again_a_chat_has_its_settings(server: TelegramServer, paperboy: Program) -> None:
    server.say(LEFT, ADMIN, "/subscribe")
    paperboy.run.until(lambda: len(posted(server, LEFT)) == 3)
    server.our_status(LEFT, "member", "kicked")
    paperboy.run.until(lambda: status(paperboy.store, LEFT) is SubscriptionStatus.REMOVED)
    server.our_status(LEFT, "left", "member")
    paperboy.run.until(lambda: status(paperboy.store, LEFT) is SubscriptionStatus.ACTIVE)


def test_killed_in_a_broadcast_nothing_comes_twice(server: TelegramServer, paperboy: Program) -> None:
    chats = range(1000, 1012)
    for chat in chats:
        server.room(chat, "private")
        server.say(chat, chat, "/subscribe")
    paperboy.run.until(lambda: sum(len(server.texts(chat)) for chat in chats) > 20)
    paperboy.run.kill("telegram")

    def delivered() -> bool:
        known = part_states(paperboy.store, chats)
        ended = known["posted"] + known["unknown"] == known.total() == 3 * len(chats)
        return ended and paperboy.store.outbox.idle("telegram")

    paperboy.run.until(delivered)
    for chat in chats:
        assert all(count == 1 for count in Counter(posted(server, chat)).values()), chat
    lost = 3 * len(chats) - sum(len(posted(server, chat)) for chat in chats)
    assert 0 <= lost <= part_states(paperboy.store, chats)["unknown"] <= len(chats)
