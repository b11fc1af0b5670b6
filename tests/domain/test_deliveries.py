"""Views: two chats share stored messages only if both would see the same content."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from workers.domain.chats import ChatRef
from workers.domain.deliveries import Approval, Layout, Place, Subscription, SubscriptionStatus, View

ANOTHER: dict[str, Any] = {
    "categories": ("Robotics",),
    "include": ("grip",),
    "exclude": ("medical",),
    "limit": 5,
    "place": Place.CHANNEL,
}
STORED_BESIDE_THE_KEY = {"language", "layout"}


@pytest.mark.parametrize("name", [field.name for field in fields(View)])
def test_no_field_of_a_view_can_be_forgotten_in_its_key(name: str) -> None:
    """A new field of View fails here until ANOTHER has a second value for it."""
    if name in STORED_BESIDE_THE_KEY:
        assert replace(View(), language="en", layout=Layout.COMPACT).key == View().key == ""
        return
    changed = replace(View(), **{name: ANOTHER[name]})
    assert changed.key != View().key


def test_places_without_other_messages_share_them() -> None:
    keys = {place: View(place=place).key for place in Place}
    assert keys[Place.PRIVATE] == keys[Place.GROUP] == keys[Place.FORUM] == ""
    assert keys[Place.CHANNEL]
    assert View(place=Place.GROUP, limit=5).key == View(place=Place.FORUM, limit=5).key


@pytest.mark.parametrize("approval", Approval)
@pytest.mark.parametrize("status", SubscriptionStatus)
def test_a_subscription_is_active_only_if_it_is_approved_and_not_paused(
    approval: Approval, status: SubscriptionStatus
) -> None:
    slot = datetime(2025, 6, 4, tzinfo=UTC)
    known = Subscription(1, ChatRef("telegram", "-1"), "09:00", "Asia/Seoul", (0,), slot, None, status=status)
    known = replace(known, approval=approval)
    assert known.active == (approval == Approval.GRANTED and status == SubscriptionStatus.ACTIVE)
