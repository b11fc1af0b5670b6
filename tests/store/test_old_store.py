"""Tests that a store of schema 0006, with subscriptions in every state and open deliveries, migrates without loss.

`data/schema_0006.json` has the rows of each table, written by the last program of that schema.
"""

import asyncio
import base64
import json
import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, Date, DateTime, LargeBinary, MetaData, Table, create_engine, text
from sqlalchemy.types import JSON

from bot.delivery.outbox import deliver_next
from tests.fakes.clock import FakeClock
from tests.fakes.edition import DAY
from tests.fakes.sender import FakeSender
from tests.store.conftest import PostgresServer
from workers.domain.chats import ChatRef, MessageRef
from workers.domain.deliveries import (
    Approval,
    Content,
    Delivery,
    Layout,
    Message,
    Notify,
    PartState,
    Place,
    SubscriptionStatus,
    View,
)
from workers.domain.models import Text
from workers.domain.questions import PostedMessage, Question
from workers.store import Store, open_store
from workers.store.migrate import alembic_config
from workers.store.sent_messages import PartStatus
from workers.store.tables import metadata
from workers.store.updates import StoredUpdate

ROWS: dict[str, list[dict[str, Any]]] = json.loads((Path(__file__).parent / "data/schema_0006.json").read_text("utf-8"))
NOW = datetime(2025, 6, 3, 8, tzinfo=UTC)
VIEW = View("ko", Layout.COMPACT, ("Robotics",), ("grip",), ("speech",), 5, Place.GROUP)
REMOVED, NOT_WRITABLE = SubscriptionStatus.REMOVED, SubscriptionStatus.NOT_WRITABLE


_TEMPLATE = "schema_0006"


@pytest.fixture(scope="module")
def old_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite store written by the old program; tests open copies of it."""
    file = tmp_path_factory.mktemp("old") / "store.db"
    _make_old(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="module")
def old_server(postgres: PostgresServer) -> PostgresServer:
    """A PostgreSQL server whose template database is the old store."""
    _make_old(postgres.create(_TEMPLATE))
    return postgres


@pytest.fixture
def old_store(
    database: str, request: pytest.FixtureRequest, tmp_path: Path, moving_clock: FakeClock
) -> Iterator[Store]:
    if database == "sqlite":
        url = f"sqlite:///{shutil.copy(request.getfixturevalue('old_file'), tmp_path)}"
    else:
        url = request.getfixturevalue("old_server").create(f"test_{secrets.token_hex(6)}", _TEMPLATE)
    with open_store(url, moving_clock) as opened:
        yield opened


def _make_old(url: str) -> None:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")
    with engine.begin() as connection:
        _fill(connection)
    engine.dispose()


def _fill(connection: Connection) -> None:
    old = MetaData()
    old.reflect(connection)
    for table in old.sorted_tables:
        rows = [_typed(table, row) for row in ROWS.get(table.name, [])]
        if rows:
            connection.execute(table.insert(), rows)
        if rows and connection.dialect.name == "postgresql" and "id" in table.c:
            newest = max(row["id"] for row in rows)
            connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {newest})"))


def _typed(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(table, name, value) for name, value in row.items()}


def _value(table: Table, name: str, value: Any) -> Any:
    kind = table.c[name].type
    if value is None:
        return None
    if isinstance(kind, JSON):
        return json.loads(value)
    if isinstance(kind, DateTime):
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if kind.timezone else moment
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    if isinstance(kind, LargeBinary):
        return base64.b64decode(value["base64"])
    return bool(value) if kind.python_type is bool else value


@pytest.mark.parametrize(
    ("platform", "chat", "approval", "status", "reason"),
    [
        ("telegram", "-1", Approval.GRANTED, SubscriptionStatus.ACTIVE, ""),
        ("telegram", "-2", Approval.WAITING, SubscriptionStatus.ACTIVE, ""),
        ("telegram", "-3", Approval.GRANTED, SubscriptionStatus.UNSUBSCRIBED, ""),
        ("telegram", "-4", Approval.GRANTED, REMOVED, ""),
        ("telegram", "-5", Approval.GRANTED, REMOVED, "Forbidden: bot was kicked from the supergroup chat"),
        ("telegram", "-6", Approval.GRANTED, NOT_WRITABLE, "Not enough rights to send text messages to the chat"),
        ("telegram", "-7", Approval.GRANTED, NOT_WRITABLE, "Message thread not found"),
        ("telegram", "-8", Approval.GRANTED, NOT_WRITABLE, "Chat not found"),
        ("discord", "11", Approval.GRANTED, REMOVED, "HTTP 404 (10003): Unknown Channel"),
        ("discord", "12", Approval.GRANTED, REMOVED, "HTTP 403 (50001): Missing Access"),
        ("discord", "13", Approval.GRANTED, NOT_WRITABLE, "missing permissions: Send Messages"),
        ("discord", "14", Approval.GRANTED, NOT_WRITABLE, "HTTP 403 (50013): Missing Permissions"),
        ("discord", "15", Approval.GRANTED, NOT_WRITABLE, "there can be no thread here"),
        ("discord", "16", Approval.GRANTED, SubscriptionStatus.ACTIVE, ""),
    ],
)
def test_every_old_sentence_becomes_a_state(
    platform: str, chat: str, approval: Approval, status: SubscriptionStatus, reason: str, old_store: Store
) -> None:
    known = old_store.subscriptions.of(ChatRef(platform, chat))
    assert known is not None
    assert (known.approval, known.status, known.reason) == (approval, status, reason)
    assert (known.slot, known.zone, known.notify, known.person) == ("09:00", "Asia/Seoul", Notify.FIRST, "7")


def test_what_chats_chose_is_kept(old_store: Store) -> None:
    chosen = old_store.subscriptions.of(ChatRef("telegram", "-1"))
    forum = old_store.subscriptions.of(ChatRef("discord", "16"))
    assert chosen is not None
    assert forum is not None
    assert chosen.view == VIEW
    assert forum.view == View("en", Layout.THREAD, place=Place.FORUM)


def test_states_lead_where_the_sentences_led(old_store: Store, moving_clock: FakeClock) -> None:
    store = old_store.subscriptions
    assert store.paused_chats("telegram") == {"-4", "-5", "-6", "-7", "-8"}
    chats = [ChatRef("telegram", chat) for chat in ("-2", "-3", "-4", "-6")]
    assert [store.reactivate_chat(chat) for chat in chats] == [False, False, True, True]
    assert store.approve_chat(ChatRef("telegram", "-2"), NOW)
    assert not store.approve_chat(ChatRef("telegram", "-3"), NOW)
    moving_clock.advance(86_400)
    due = {each.chat.chat for each in store.due(moving_clock.now())}
    assert due == {"-1", "-2", "-4", "-6", "16"}


def test_deliveries_under_way_end_without_a_loss_or_a_repetition(old_store: Store, moving_clock: FakeClock) -> None:
    """A second part that was being sent becomes unknown, its third part is sent, and no message is sent twice."""
    moving_clock.advance(31)  # the lease of the sending process expires
    sender = FakeSender()
    while asyncio.run(deliver_next(old_store, "telegram", sender, _render)):
        pass
    assert [text for _, text in sender.sent] == [
        "three",
        "채팅에 올리지 못했습니다.",
        "answer of telegram:50",
        "answer of telegram:51",
        *("one", "two", "three"),  # the same chat's scheduled delivery, which uses the shared rendering
    ]
    assert old_store.sent_messages.parts("request:1") == [
        PartStatus(0, PartState.POSTED, "101"),
        PartStatus(1, PartState.UNKNOWN),
        PartStatus(2, PartState.POSTED, "m1"),
    ]
    discord = FakeSender()
    while asyncio.run(deliver_next(old_store, "discord", discord, _render)):
        pass
    assert [text for _, text in discord.sent] == ["title"], "what was posted to 16 by request, now for its slot"


def _render(content: Content, delivery: Delivery) -> list[Message]:
    match content:
        case Question():
            return [Message(f"answer of telegram:{50 + delivery.question_id - 1}" if delivery.question_id else "")]
        case Text():
            messages = [Message("one", (1,)), Message("two", (2,)), Message("three", ())]
            return (
                messages if delivery.view.layout == Layout.COMPACT and delivery.urgent else [Message("edition", (1,))]
            )
        case _:
            return [Message(content)]


def test_questions_posts_and_keys_are_found(old_store: Store) -> None:
    first = old_store.questions.get(1)
    assert first is not None
    assert first.asked.about == PostedMessage(DAY, "ko", (1, 2), (("K1", "2506.09999"),))
    assert first.answer is not None
    assert first.answer.sentences[0].text == "We present Grip."
    assert old_store.questions.unanswered() == [2]
    assert old_store.questions.ask("telegram:50", first.asked) is None, "asked before"
    assert old_store.sent_messages.posted_message(MessageRef(ChatRef("telegram", "-1"), "101")) == PostedMessage(
        DAY, "ko", (1,)
    )
    assert not old_store.outbox.request("request:1", ChatRef("telegram", "-1"), DAY, VIEW), "requested before"


def test_the_rest_is_there_under_its_new_name(old_store: Store) -> None:
    old_store.updates.adopt("telegram", "42")
    assert old_store.updates.left("telegram", "42") == [StoredUpdate(9001, '{"update_id": 9001}')]
    assert old_store.uploads.file_id("telegram", "42", "2025-06-03 ko 0") is None, "uploaded again by this bot"
    assert old_store.source_answers.waiting(date(2025, 6, 5)) == {
        "arxiv": [date(2025, 6, 4)],
        "huggingface": [date(2025, 6, 4)],
    }
    assert old_store.source_answers.kept("huggingface", date(2025, 6, 4)) is not None
    (paper, *_) = old_store.paper_texts.edition(DAY)
    read = old_store.paper_texts.get(paper.paper_id)
    assert read is not None
    assert read.passages[0].anchor == "S1.p1"
    assert old_store.owners.all() == [("telegram", "7")]
    assert set(metadata.tables) >= {"source_answer", "paper_text", "platform_update"}
