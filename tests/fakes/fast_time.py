"""An event loop whose time jumps to the next timer: a test of long waits takes no time and sees exact moments."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


def run_fast(story: Coroutine[Any, Any, Result]) -> Result:
    """As asyncio.run, on a clock that starts at 0 and moves only while every task waits for a timer.

    For stories without threads and sockets: time does not wait for those.
    """
    with asyncio.Runner(loop_factory=_FastLoop) as runner:
        return runner.run(story)


class _FastLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._now = 0.0
        super().__init__(_Selector(self))

    def time(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds


class _Selector(selectors.DefaultSelector):
    """Looks for ready files without waiting; the time it was allowed to wait passes at once."""

    def __init__(self, loop: _FastLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout:
            self._loop.advance(timeout)
        return super().select(timeout and 0)
