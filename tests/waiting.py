"""Waiting for what another thread or process brings about."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def until(what: Callable[[], Found | None], longest_s: float = 20.0, told: Callable[[], object] = str) -> Found:
    """What `what` is, once it is true; fails with what `told` says after a while."""
    end = time.monotonic() + longest_s
    while not (found := what()):
        assert time.monotonic() < end, told() or "it did not come about"
        time.sleep(0.01)
    return found
