"""A store and an endpoint for the tests of models."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.empty_store import empty_store
from tests.fakes.openai import Endpoint, serving
from workers.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    with open_store(empty_store(tmp_path / "store.db"), clock) as opened:
        yield opened


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """Answers every prompt with one small object."""
    with serving(lambda _body: '{"a": 1}') as opened:
        yield opened
