"""Make the answer of a source for a day, and join two answers for the same day."""

from collections.abc import Sequence

from workers.domain.models import Entry, MissingPart, SourceAnswer, SourceReport, Status


def answered(
    name: str, entries: Sequence[Entry], dropped: int = 0, missing: Sequence[MissingPart] = ()
) -> SourceAnswer:
    """A source's answer. Without entries it is late if every missing part is late, and failed if another is missing."""
    status: Status = "ok" if entries else "quiet"
    if missing:
        status = "partial" if entries else "late" if all(part.late for part in missing) else "failed"
    names_by_reason: dict[str, list[str]] = {}
    for part in missing:
        names_by_reason.setdefault(part.reason, []).append(part.name)
    reason = "; ".join(f"{', '.join(names)}: {reason}" for reason, names in names_by_reason.items()) or None
    return SourceAnswer(
        SourceReport(name, status, len(entries), dropped, reason), tuple(entries), missing=tuple(missing)
    )


def joined(kept: SourceAnswer, later: SourceAnswer) -> SourceAnswer:
    """The entries of both, the later ones first; a part is missing only if both lack it.

    A later answer without entries and parts failed as a whole, so the kept one stays as it is.
    """
    if later.report.incomplete and not later.entries and not later.missing:
        return kept
    has = {entry.arxiv_id or entry.url for entry in later.entries}
    entries = [*later.entries, *(entry for entry in kept.entries if (entry.arxiv_id or entry.url) not in has)]
    lacked = {part.name for part in kept.missing}
    missing = [part for part in later.missing if part.name in lacked]
    return answered(kept.report.name, entries, max(kept.report.dropped, later.report.dropped), missing)
