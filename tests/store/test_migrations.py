"""Tests that the migrations create the schema that the code's tables declare, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from tests.fakes.clock import FakeClock
from tests.fakes.papers import paper
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Message, PartState, View
from workers.domain.errors import SettingsError
from workers.domain.models import Digest, RankedPaper, Selection, SourceAnswer, SourceReport, Text
from workers.store import Store, open_store
from workers.store.migrate import HEAD, alembic_config, tables_may_be_rebuilt
from workers.store.sent_messages import PartStatus
from workers.store.tables import metadata
from workers.store.transactions import write


def test_the_migrations_leave_exactly_the_tables_the_code_uses(store: Store) -> None:
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_head_is_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_current_head() == HEAD


def test_the_way_down_leaves_nothing_behind(store: Store) -> None:
    with write(store.engine) as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert inspect(store.engine).get_table_names() == ["alembic_version"]


def test_what_a_store_holds_survives_the_way_down_and_up(store: Store, store_url: str, moving_clock: FakeClock) -> None:
    day, one, report = date(2025, 6, 3), paper(), SourceAnswer(SourceReport("arxiv", "ok", 1))
    attempt = store.editions.claim(day)
    assert attempt is not None
    store.editions.close(day, attempt, Selection((one,), {}), [RankedPaper(1, one, "Robotics")], [report])
    store.texts.save(day, Text(Digest(day.isoformat(), "ko", "제목", (), (), (), 1, 1, {}, ()), None))
    store.outbox.request("request:1", ChatRef("terminal", "a"), day, View())
    delivery = store.outbox.claim("terminal")
    assert delivery is not None
    store.outbox.expand(delivery, [Message("one", (1,))])
    with tables_may_be_rebuilt(store.engine), write(store.engine) as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    store.close()
    with open_store(store_url, moving_clock) as again:
        assert again.editions.get(day) == store.editions.get(day)
        assert again.sent_messages.parts("request:1") == [PartStatus(0, PartState.PENDING)]
        with pytest.raises(IntegrityError), write(again.engine) as connection:
            connection.execute(text("DELETE FROM edition"))


def test_many_processes_may_open_a_new_store_at_once(unmigrated_url: str, moving_clock: FakeClock) -> None:
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: open_store(unmigrated_url, moving_clock), range(4)))
    for opened in stores:
        assert opened.texts.newest("ko") is None
        opened.close()


def test_a_store_of_a_newer_program_is_left_alone(store: Store, store_url: str, moving_clock: FakeClock) -> None:
    with write(store.engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingsError, match="newer Paperboy"):
        open_store(store_url, moving_clock)


@pytest.mark.parametrize(
    ("url", "cure"),
    [
        ("nonsense", "want sqlite"),
        ("sqlite://", "want a file"),
        ("postgresql://paper:hunter2@127.0.0.1:9/none", "cannot be opened"),
        ("oracle+nosuch://x/y", "no driver"),
    ],
)
def test_a_wrong_url_names_the_setting_and_the_cure_but_never_a_password(
    url: str, cure: str, moving_clock: FakeClock
) -> None:
    with pytest.raises(SettingsError, match=cure) as raised:
        open_store(url, moving_clock)
    assert str(raised.value).startswith("store.url: ")
    assert "hunter2" not in str(raised.value)
