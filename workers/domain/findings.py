"""What a check of the installation finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `paperboy doctor`: what was looked at, whether it is well, and how it is or what cures it."""

    what: str
    well: bool
    told: str

    def __str__(self) -> str:
        return f"{'✓' if self.well else '✗'} {self.what}: {self.told}"
