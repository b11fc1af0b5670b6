"""Waiting for what another thread or process brings about."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

DEADLINE_S = 120.0
"""Long enough for a machine on which everything takes ten times as long; a test that passes never waits for it."""


def until(probe: Callable[[], Found | None], on_failure: Callable[[], object] = str, every_s: float = 0.01) -> Found:
    """Call `probe` every `every_s` seconds and return its first true result.

    Raises AssertionError after DEADLINE_S, with the probe's source line, its last result and what `on_failure` returns.
    """
    end = time.monotonic() + DEADLINE_S
    while not (found := probe()):
        if time.monotonic() > end:
            code = probe.__code__ if hasattr(probe, "__code__") else None
            place = f"{code.co_filename}:{code.co_firstlineno}" if code else repr(probe)
            raise AssertionError(f"waited {DEADLINE_S:g} s for {place}, last {found!r}; {on_failure()}")
        time.sleep(every_s)
    return found
