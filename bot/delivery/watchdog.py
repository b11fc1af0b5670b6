"""Ends a process when one part of it makes no more progress, so that its supervisor starts it again."""

import asyncio
import logging
from collections.abc import Callable, Iterable

from workers.domain.errors import PaperboyError
from workers.runtime.logs import note

log = logging.getLogger(__name__)

SILENCE_S = 90.0
"""Seconds without a beat after which a part counts as stuck: nine of Telegram's polls of 10 s, two of Discord's
heartbeats of about 41 s. A shorter break of the network does not end the process."""
_CHECKS = 6
"""Checks for stuck parts within the time that a part may be silent."""


class PartStuck(PaperboyError):
    """A part of this process makes no more progress; only a new process cures it."""


class Watchdog:
    """Notes when each part of a process last made progress. A part is watched from its first beat on.

    A beat is progress that somebody notices, such as a completed poll, and not a sign that the task is alive. `now`
    gives seconds; by default it is the event loop's time.
    """

    def __init__(
        self, names: Iterable[str], limit_s: float = SILENCE_S, now: Callable[[], float] | None = None
    ) -> None:
        self._names, self._limit_s = frozenset(names), limit_s
        self._now = now or (lambda: asyncio.get_running_loop().time())
        self._beats: dict[str, float] = {}

    def beat(self, name: str) -> None:
        """The part has made progress. Raises KeyError for a name that was not given at the start."""
        if name not in self._names:
            raise KeyError(name)
        self._beats[name] = self._now()

    def stuck(self) -> str:
        """Which parts are silent for longer than they may be, and for how long; "" if all make progress."""
        now = self._now()
        silent = {name: now - at for name, at in sorted(self._beats.items()) if now - at > self._limit_s}
        return ", ".join(f"{name}: no progress for {silence:.0f} s" for name, silence in silent.items())

    async def watch(self) -> None:
        """Wait until a part is stuck, then raise PartStuck, which ends the process with an error."""
        while not (stuck := self.stuck()):
            await asyncio.sleep(self._limit_s / _CHECKS)
        note(log, "process stuck", level=logging.ERROR, parts=stuck)
        raise PartStuck(f"{stuck}; the process ends so that it is started again")
