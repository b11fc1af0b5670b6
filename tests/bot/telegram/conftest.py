"""What every test with python-telegram-bot needs."""

import pytest


@pytest.fixture(autouse=True)
def times_as_timedeltas(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the frontend sets it: the library's future, without its warning."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
