"""Tests that a rendering is stored once under a key that is never NULL, also in stores that have one twice."""

import json
from collections.abc import Iterator

import pytest
from alembic import command
from sqlalchemy import Index, PrimaryKeyConstraint, UniqueConstraint, create_engine, text
from sqlalchemy.exc import IntegrityError

from tests.fakes.clock import FakeClock
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Message, PartState
from workers.store import Store, open_store
from workers.store.migrate import alembic_config
from workers.store.sent_messages import PartStatus
from workers.store.tables import metadata
from workers.store.transactions import write
from workers.store.updates import StoredUpdate

UNIQUE = (UniqueConstraint, PrimaryKeyConstraint, Index)
CHAT = ChatRef("telegram", "7")
NOW = "2025-06-03 08:00:00+00:00"


def messages(*texts: str) -> str:
    return json.dumps([{"text": each, "papers": [], "silent": False} for each in texts])


@pytest.fixture
def old_store(unmigrated_url: str, moving_clock: FakeClock) -> Iterator[Store]:
    """A store of schema 0008, migrated: two 429s on one notice left a second row for its rendering."""
    engine = create_engine(unmigrated_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0008")
        connection.execute(
            text(
                "INSERT INTO delivery (id, idempotency_key, kind, platform, chat, thread, language, layout, notice,"
                " attempt, created_at) VALUES (:id, :key, 'notice', 'telegram', '7', '', 'ko', 'sections', 'n', 2,"
                " :now)"
            ),
            [{"id": n, "key": f"alert:{n}", "now": NOW} for n in (1, 2)],
        )
        connection.execute(
            text(
                "INSERT INTO rendering (id, day, revision, language, platform, layout, filter, messages)"
                " VALUES (:id, NULL, 0, 'ko', 'telegram', 'sections', :filter, :messages)"
            ),
            [
                {"id": 1, "filter": "notice 1", "messages": messages("one")},
                {"id": 2, "filter": "notice 1", "messages": messages("one", "two")},
                {"id": 3, "filter": "notice 2", "messages": messages("other")},
            ],
        )
        connection.execute(
            text(
                "INSERT INTO part (id, delivery_id, n, rendering_id, state, papers)"
                " VALUES (:id, :delivery, :n, :rendering, 'pending', '[]')"
            ),
            [
                {"id": 1, "delivery": 1, "n": 0, "rendering": 1},
                {"id": 2, "delivery": 1, "n": 1, "rendering": 2},
                {"id": 3, "delivery": 2, "n": 0, "rendering": 3},
            ],
        )
    engine.dispose()
    with open_store(unmigrated_url, moving_clock) as opened:
        yield opened


def test_two_renderings_of_one_notice_become_one_and_its_parts_are_sent(old_store: Store) -> None:
    with old_store.engine.connect() as connection:
        rows = connection.execute(text("SELECT id, key FROM rendering ORDER BY id")).all()
        assert [tuple(row) for row in rows] == [(2, "notice 1 0"), (3, "notice 2 0")]
    delivery = old_store.outbox.claim("telegram")
    assert delivery is not None
    assert old_store.outbox.rendered(delivery) == [Message("one"), Message("two")]
    old_store.outbox.expand(delivery, [Message("one"), Message("two")])
    part = old_store.outbox.next_part(delivery)
    sent = []
    while part is not None:
        sent.append(part.message)
        part = old_store.outbox.settle(delivery, part, PartState.POSTED, f"m{part.n}")
    assert sent == [Message("one"), Message("two")]
    assert old_store.sent_messages.parts("alert:1") == [PartStatus(n, PartState.POSTED, f"m{n}") for n in range(2)]


def test_a_notice_that_is_put_off_twice_has_one_rendering(store: Store, moving_clock: FakeClock) -> None:
    store.outbox.notify("alert:1", CHAT, "ko", "arxiv: HTTP 503")
    for _ in range(3):
        delivery = store.outbox.claim("telegram")
        assert delivery is not None
        store.outbox.expand(delivery, [Message("one")])
        part = store.outbox.next_part(delivery)
        assert part is not None
        store.outbox.settle(delivery, part, PartState.PENDING, reason="told to wait")
        store.outbox.put_off(delivery, 30)
        moving_clock.advance(31)
    with store.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM rendering")).scalar_one() == 1


def test_a_second_rendering_of_a_notice_is_refused_by_the_database(store: Store) -> None:
    store.outbox.notify("alert:1", CHAT, "ko", "arxiv: HTTP 503")
    delivery = store.outbox.claim("telegram")
    assert delivery is not None
    store.outbox.expand(delivery, [Message("one")])
    copy = (
        "INSERT INTO rendering (key, day, revision, language, platform, layout, filter, messages)"
        " SELECT key, day, revision, language, platform, layout, filter, messages FROM rendering"
    )
    with pytest.raises(IntegrityError), write(store.engine) as connection:
        connection.execute(text(copy))


def test_no_column_of_a_unique_key_may_be_null() -> None:
    nullable = [
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for constraint in [*table.constraints, *(index for index in table.indexes if index.unique)]
        if isinstance(constraint, UNIQUE)
        for column in constraint.columns
        if column.nullable
    ]
    assert nullable == []


def test_another_bot_has_its_own_updates_and_uploads(store: Store) -> None:
    assert store.updates.take("telegram", "42", 1, "{}")
    assert store.updates.take("telegram", "43", 1, "{}"), "each bot counts from its own start"
    assert not store.updates.take("telegram", "43", 1, "{}")
    store.updates.done("telegram", "42", 1)
    assert store.updates.left("telegram", "42") == []
    assert store.updates.left("telegram", "43") == [StoredUpdate(1, "{}")]
    store.uploads.uploaded("telegram", "42", "chart", "file-1")
    assert store.uploads.file_id("telegram", "43", "chart") is None
    store.uploads.forget("telegram", "42", "chart")
    assert store.uploads.file_id("telegram", "42", "chart") is None


def test_updates_of_an_older_version_are_taken_over(store: Store) -> None:
    store.updates.take("telegram", "", 1, "{}")
    store.updates.adopt("telegram", "42")
    assert store.updates.left("telegram", "42") == [StoredUpdate(1, "{}")]
