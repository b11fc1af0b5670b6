"""Fixtures for every test."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.fakes.clock import FakeClock

_SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The recorded days beside the checkout; skips where they are not."""
    if not _SHARED_DATA.is_dir():
        pytest.skip("the recorded days (../shared/data) are not here")
    return _SHARED_DATA


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2025, 6, 3, 8, tzinfo=UTC))
