"""The system clock."""

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path


class SystemClock:
    """Real time, or real time plus the number of seconds in the file `ahead`.

    A test that runs through weeks in minutes writes that file to move all its processes together. `ahead` does not
    change `sleep`.
    """

    def __init__(self, ahead: Path | None = None) -> None:
        self._ahead = ahead

    def now(self) -> datetime:
        offset = timedelta(seconds=float(self._ahead.read_text("ascii"))) if self._ahead else timedelta()
        return datetime.now(UTC) + offset

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def system_clock(environment: Mapping[str, str] = os.environ) -> SystemClock:
    """The clock of this process; PAPERBOY_CLOCK_AHEAD names the file of `SystemClock`'s `ahead`."""
    ahead = environment.get("PAPERBOY_CLOCK_AHEAD")
    return SystemClock(Path(ahead) if ahead else None)
