"""Fixtures for every test."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.fakes.clock import FakeClock
from tests.recorded_days import Recorded, recorded_days

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


@pytest.fixture(scope="session")
def recorded(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """The digests of every recorded day."""
    return recorded_days(shared_data, tmp_path_factory.mktemp("days"))
