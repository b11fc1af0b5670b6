"""The machine's own clock, for everything that is not a test."""

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path


class SystemClock:
    """Real time; with `ahead`, a file that holds a number of seconds, real time moved by as much.

    A rehearsal of weeks in minutes moves all its processes together by writing that file.
    """

    def __init__(self, ahead: Path | None = None) -> None:
        self._ahead = ahead

    def now(self) -> datetime:
        moved = timedelta(seconds=float(self._ahead.read_text("ascii"))) if self._ahead else timedelta()
        return datetime.now(UTC) + moved

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def system_clock(environment: Mapping[str, str] = os.environ) -> SystemClock:
    """The clock of this process: PAPERBOY_CLOCK_AHEAD names the file of a rehearsal."""
    ahead = environment.get("PAPERBOY_CLOCK_AHEAD")
    return SystemClock(Path(ahead) if ahead else None)
