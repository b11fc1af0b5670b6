"""How many calls an endpoint is sent at a time and how long its silence may last; both are learned from time-outs."""

import math
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from workers.domain.errors import ModelDown

_WELL = 16
"""Answers in a row after which one more call at a time is tried."""

_LONGEST = 8
"""Times the silence of the settings: the longest one that is learned."""


@dataclass
class Lanes:
    """At most `most` calls at a time; a call may be silent for `silence_s` seconds. Shared by threads.

    A local server answers one call after the other: calls that wait there for their turn look like silence.
    """

    most: int
    silence_s: float
    now_s: float
    open: int
    _confirmed: Mapping[str, int]
    _well: int = 0
    _running: int = 0
    _ended: int = 0
    _turn: threading.Condition = field(default_factory=threading.Condition, repr=False)

    @classmethod
    def of(cls, learned: Mapping[str, int], most: int, silence_s: float) -> "Lanes":
        known = {name: n for name, n in learned.items() if name in {"lanes", "silence_s"}}
        lanes, longest = known.get("lanes", most), max(silence_s, known.get("silence_s", 0))
        return cls(most, silence_s, longest, max(1, min(most, lanes)), known)

    def learned(self) -> Mapping[str, int]:
        """What `of` makes these lanes from: what differed from the settings when an answer last came."""
        return self._confirmed

    @contextmanager
    def lane(self, deadline: float) -> Iterator[int]:
        """Wait for a lane; gives the number of lanes that were open. Raises ModelDown at `deadline` (monotonic)."""
        with self._turn:
            if not self._turn.wait_for(lambda: self._running < self.open, max(0.0, deadline - time.monotonic())):
                raise ModelDown("no answer within model.deadline_s: the endpoint has too many calls")
            self._running += 1
            opened = self.open
        try:
            yield opened
        finally:
            with self._turn:
                self._running -= 1
                self._ended += 1
                self._turn.notify_all()

    def wait_for_another(self, deadline: float) -> bool:
        """Wait, in a lane, until one of the other running calls ends; returns False if there is none, or no time."""
        with self._turn:
            before = self._ended
            if self._running <= 1:
                return False
            return self._turn.wait_for(lambda: self._ended > before, max(0.0, deadline - time.monotonic()))

    def was_silent(self, opened: int) -> bool:
        """Learn from a time-out of a call that was begun while `opened` lanes were open, before it leaves its lane.

        Half as many calls at a time; for a call that was alone, twice the silence. Returns whether there are fewer
        lanes than when the call was begun, so that it may only have waited for its turn.
        """
        with self._turn:
            self._well = 0
            if opened == self.open:  # else learned already from another call of the same time
                if self._running > 1:
                    self.open = max(1, self.open // 2)
                else:
                    self.now_s = min(2 * self.now_s, _LONGEST * self.silence_s)
            return self.open < opened

    def went_well(self) -> None:
        """Learn from an answer: after _WELL of them one more call at a time."""
        with self._turn:
            self._well += 1
            if self._well >= _WELL and self.open < self.most:
                self._well, self.open = 0, self.open + 1
                self._turn.notify_all()
            lanes = {"lanes": self.open} if self.open < self.most else {}
            self._confirmed = lanes | ({"silence_s": math.ceil(self.now_s)} if self.now_s > self.silence_s else {})
