"""Lines of the digest that are put together from a catalog: dates, counts, notes on sources, short names."""

import re
from collections.abc import Mapping
from datetime import date

from workers.domain.models import Digest, Language, SourceReport
from workers.domain.units import Unit
from workers.i18n import digest_catalog_for


def long_date(day: date, language: Language) -> str:
    """`2025년 6월 3일` or `3 June 2025`, whatever the locale of the process."""
    catalog = digest_catalog_for(language)
    return catalog.date.format(day=day.day, month=catalog.months[day.month - 1], year=day.year)


def reasons_line(skipped: Mapping[str, int], language: Language) -> str:
    """The footer's second line: the reasons for which papers were not chosen, with their counts; "" without any."""
    catalog = digest_catalog_for(language)
    counts = ", ".join(f"{catalog.reasons.get(reason, reason)} {count:,}" for reason, count in skipped.items() if count)
    return catalog.not_chosen.format(reasons=counts) if counts else ""


def source_line(report: SourceReport, language: Language) -> str:
    """A line on a source that was quiet or is incomplete; "" for one that is ok."""
    catalog = digest_catalog_for(language)
    templates = {
        "quiet": catalog.quiet_source,
        "partial": catalog.partial_source,
        "late": catalog.late_source,
        "failed": catalog.failed_source,
    }
    return templates.get(report.status, "").format(name=report.name, reason=report.reason)


def unit_name(unit: Unit, language: Language) -> str:
    """What was done about what: `posting to a chat · telegram:-100`."""
    return f"{digest_catalog_for(language).units[unit.kind]} · {unit.about or unit.key}"


def model_line(digest: Digest) -> str:
    """A line for a digest of which the model wrote only some categories; "" for every other one."""
    with_synthesis = [section for section in digest.sections if section.synthesis]
    partly = digest.model.name and any(section.extractive for section in with_synthesis)
    return digest_catalog_for(digest.language).partly if partly else ""


def short_name(title: str) -> str:
    """A short name for a paper: the name before its colon, else its first coined word, else its first four words.

    `Domino: Eliminating …` → Domino; `A Preliminary Study of o1 in Medicine: …` → o1.
    """
    head, colon, _ = title.strip(" :").partition(":")
    if colon and len(head.split()) <= 2:
        return head.strip()
    coined = re.search(r"\b(?:[a-z]+\d[\w.-]*|[A-Z][\w-]*\d[\w.-]*|[A-Z]{2,}[\w-]*|[A-Z][a-z]+[A-Z]\w*)", head)
    return coined[0] if coined else " ".join(head.split()[:4])
