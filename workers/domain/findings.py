"""The results of checks of the installation."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `paperboy doctor`: `what` was checked, whether it is `ok`, and its state or what to do about it."""

    what: str
    ok: bool
    message: str

    def __str__(self) -> str:
        return f"{'✓' if self.ok else '✗'} {self.what}: {self.message}"
