"""A new SQLite store without running every migration: migrated once in this process, then copied."""

import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from tests.fakes.clock import FakeClock
from workers.store import open_store


def empty_store(file: Path) -> str:
    """Write a store of the newest schema to `file`; returns its URL."""
    file.write_bytes(_migrated())
    return f"sqlite:///{file}"


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "store.db"
        open_store(f"sqlite:///{file}", FakeClock(datetime(2025, 6, 3, 8, tzinfo=UTC))).close()
        return file.read_bytes()
