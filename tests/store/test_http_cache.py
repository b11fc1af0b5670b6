"""Tests the answers that are stored for conditional requests."""

from tests.fakes.clock import FakeClock
from workers.domain.ports import CachedAnswer
from workers.store import Store


def test_the_last_answer_of_an_address_is_kept_whole(store: Store) -> None:
    store.http_cache.put("http://x/feed", CachedAnswer(b"old", '"1"', None))
    store.http_cache.put("http://x/feed", CachedAnswer(b"\x00new" * 1000, '"2"', "Tue, 03 Jun 2025 04:00:00 GMT"))
    kept = store.http_cache.get("http://x/feed")
    assert kept == CachedAnswer(b"\x00new" * 1000, '"2"', "Tue, 03 Jun 2025 04:00:00 GMT")
    assert store.http_cache.get("http://x/other") is None


def test_answers_nobody_asks_for_any_more_are_dropped(store: Store, moving_clock: FakeClock) -> None:
    store.http_cache.put("http://x/api?date=1", CachedAnswer(b"1", '"1"', None))
    moving_clock.advance(4 * 86_400)
    store.http_cache.put("http://x/api?date=2", CachedAnswer(b"2", '"2"', None))
    assert store.http_cache.get("http://x/api?date=1") is None
