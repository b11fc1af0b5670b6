"""Fixture for a fetcher with a fake clock; tests point it at servers on loopback."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.http_cache import FakeHttpCache
from workers import config
from workers.sources.fetch import Fetcher, client

MakeFetcher = Callable[..., Fetcher]


@pytest.fixture
def make_fetcher(clock: FakeClock) -> Iterator[MakeFetcher]:
    """Returns a function that makes fetchers with the bundled settings; keyword arguments override settings."""
    with ExitStack() as stack:

        def make(cache: FakeHttpCache | None = None, **changed: object) -> Fetcher:
            settings = config.load(environment={}).http.model_copy(update=changed)
            web = stack.enter_context(client(settings, "Paperboy/1.0"))
            return Fetcher(web, settings, cache or FakeHttpCache(), clock)

        yield make
