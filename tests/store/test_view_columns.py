"""Tests that each field of a view is stored, including fields that are added later."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest
from sqlalchemy import Row, select, update

from tests.fakes.subscriptions import NewSubscription
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Layout, Place, View
from workers.store import Store, view_columns
from workers.store.tables import subscription

OTHER: Mapping[str, Any] = {
    "language": "en",
    "layout": Layout.COMPACT,
    "categories": ("Robotics", "Agents"),
    "include": ("grip",),
    "exclude": ("speech",),
    "limit": 5,
    "place": Place.FORUM,
}


class Tone(StrEnum):
    PLAIN = "plain"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class LaterView(View):
    """A view with fields that a later version may add."""

    votes: bool = True
    tone: Tone = Tone.PLAIN
    hosts: tuple[str, ...] = ("arxiv.org",)


def stored(store: Store, view: View) -> Row[Any]:
    store.subscriptions.add(NewSubscription(ChatRef("terminal", "a"), datetime(2025, 6, 3, tzinfo=UTC), view=view))
    with store.engine.begin() as connection:
        return connection.execute(select(subscription)).one()


@pytest.mark.parametrize("name", [field.name for field in fields(View)])
def test_every_field_of_a_view_comes_back(name: str, store: Store) -> None:
    view = replace(View(), **{name: OTHER[name]})
    assert view_columns.of_row(stored(store, view)) == view


def test_a_field_that_is_added_to_the_dataclass_is_stored_without_another_edit(store: Store) -> None:
    view = LaterView(limit=5, votes=False, tone=Tone.SHORT, hosts=("a.org", "b.org"))
    assert view_columns.of_row(stored(store, view), LaterView) == view


def test_a_row_from_before_a_field_takes_its_default_and_a_field_that_is_gone_is_passed_over(store: Store) -> None:
    row = stored(store, View(limit=5))
    assert view_columns.of_row(row, LaterView) == LaterView(limit=5)
    with store.engine.begin() as connection:
        connection.execute(update(subscription).values(filter={"gone": 1}))
        row = connection.execute(select(subscription)).one()
    assert view_columns.of_row(row) == View()
