"""A gate that counts passes."""

from collections.abc import Iterator
from contextlib import contextmanager


class FakeGate:
    def __init__(self) -> None:
        self.passed = 0

    @contextmanager
    def passing(self, within_s: float | None = None) -> Iterator[None]:
        self.passed += 1
        yield
