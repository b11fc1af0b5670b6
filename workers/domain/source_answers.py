"""Join two answers of one source for the same day."""

from workers.domain.models import SourceAnswer, answered


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
