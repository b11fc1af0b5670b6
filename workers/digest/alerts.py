"""Trouble of a day, told to the owners once, each where they are."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from workers.domain.deliveries import private_chat
from workers.domain.models import Language, SourceReport
from workers.i18n.lines import source_line, wording


class Outbox(Protocol):
    def notify(self, cause: str, platform: str, chat: str, language: str, notice: str) -> bool: ...


Owners = Sequence[tuple[str, str]]
"""(platform, person); a person's private chat has the person's id."""


def no_edition(day: date, reason: str, owners: Owners, outbox: Outbox, language: Language) -> int:
    """Every source failed: say which and why; returns how many were told now."""
    line = wording(language).alert_failed.format(date=day, reason=reason)
    return _tell(f"failed:{day}", line, owners, outbox, language)


def lame_sources(day: date, reports: Sequence[SourceReport], owners: Owners, outbox: Outbox, language: Language) -> int:
    """The edition came out without some source: say which and why; returns how many were told now."""
    lines = [source_line(report, language) for report in reports if report.status == "failed"]
    if not lines:
        return 0
    text = "\n".join([wording(language).alert_sources.format(date=day), *lines])
    return _tell(f"sources:{day}", text, owners, outbox, language)


def _tell(cause: str, line: str, owners: Owners, outbox: Outbox, language: Language) -> int:
    return sum(
        outbox.notify(f"alert:{cause}:{platform}:{person}", platform, private_chat(platform, person), language, line)
        for platform, person in owners
    )
