"""Tells the owners what failed on a day, once for each event, in a private message."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from workers.domain.chats import ChatRef, direct_chat
from workers.domain.models import Language, SourceReport
from workers.domain.units import Failure, UnitKind
from workers.i18n import digest_catalog_for
from workers.i18n.lines import source_line, unit_name


class Outbox(Protocol):
    def notify(self, idempotency_key: str, chat: ChatRef, language: str, notice: str) -> bool: ...


Owners = Sequence[tuple[str, str]]
"""(platform, person) for each owner."""


def no_edition(day: date, reason: str, owners: Owners, outbox: Outbox, language: Language) -> int:
    """Tell the owners that no edition could be made; returns how many were told now and not before."""
    line = digest_catalog_for(language).alert_failed.format(date=day, reason=reason)
    return _tell(f"failed:{day}", line, owners, outbox, language)


def incomplete_sources(
    day: date, reports: Sequence[SourceReport], owners: Owners, outbox: Outbox, language: Language
) -> int:
    """Tell the owners what an edition lacks of which sources; returns how many were told now and not before."""
    lines = [source_line(report, language) for report in reports if report.incomplete]
    if not lines:
        return 0
    text = "\n".join([digest_catalog_for(language).alert_sources.format(date=day), *lines])
    return _tell(f"sources:{day}", text, owners, outbox, language)


def failed_unit(day: date, failure: Failure, owners: Owners, outbox: Outbox, language: Language) -> int:
    """Tell the owners of a unit of work that was given up or has to wait; returns how many were told now.

    A unit that succeeded in between and fails again on another `day` is told of again.
    """
    catalog, unit = digest_catalog_for(language), failure.unit
    if unit.kind == UnitKind.MODEL:
        line = catalog.alert_model.format(name=unit.about, reason=failure.reason)
    else:
        template = catalog.alert_given_up if failure.given_up else catalog.alert_waits
        line = template.format(unit=unit_name(unit, language), reason=failure.reason)
    return _tell(f"{unit.kind}:{unit.key}:{failure.attempts}:{day}", line, owners, outbox, language)


def _tell(event: str, line: str, owners: Owners, outbox: Outbox, language: Language) -> int:
    return sum(
        outbox.notify(f"alert:{event}:{platform}:{person}", direct_chat(platform, person), language, line)
        for platform, person in owners
    )
