"""Which papers and claims of a digest a chat sees."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from bot.presentation.keywords import DayPapers, KeywordMatcher
from workers.domain.deliveries import View
from workers.domain.models import SYNTHESIS_FIELDS, Claim, Digest, Synthesis


def narrowed(digest: Digest, view: View, day_papers: DayPapers | None = None) -> Digest:
    """The digest with the papers that a chat sees, under their numbers, and the claims about at least one of them.

    If the view limits the papers, the best of each category stay, one of each category in turn.
    """
    hidden = KeywordMatcher(view.exclude)
    allowed = {
        paper.n
        for paper in digest.papers
        if (not view.categories or paper.category in view.categories)
        and not (day_papers and paper.n in day_papers.listed and hidden(day_papers.listed[paper.n]))
    }
    if view.limit and len(allowed) > view.limit:
        ranks = [[n for n in section.papers if n in allowed] for section in digest.sections]
        turns = [n for rank in zip_longest(*ranks) for n in rank if n is not None]
        allowed = set(turns[: view.limit])
    if len(allowed) == len(digest.papers):
        return digest
    sections = [
        replace(
            section,
            papers=tuple(n for n in section.papers if n in allowed),
            synthesis=_visible(section.synthesis, allowed) if section.synthesis else None,
        )
        for section in digest.sections
    ]
    return replace(
        digest,
        papers=tuple(paper for paper in digest.papers if paper.n in allowed),
        sections=tuple(section for section in sections if section.papers),
        highlights=_claims(digest.highlights, allowed),
    )


def _visible(synthesis: Synthesis, allowed: set[int]) -> Synthesis:
    return Synthesis(**{part: _claims(getattr(synthesis, part), allowed) for part in SYNTHESIS_FIELDS})


def _claims(claims: Sequence[Claim], allowed: set[int]) -> tuple[Claim, ...]:
    return tuple(claim for claim in claims if allowed & set(claim.papers))
