"""Step 3: choose the papers worth a reader's morning, and say of every other why not."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workers.domain.models import (
    ANNOUNCED_BEFORE,
    NOT_SELECTED,
    REPLACEMENT,
    WITHDRAWN,
    Paper,
    Past,
    Selection,
)


@dataclass(frozen=True, slots=True)
class Weights:
    """Points; the settings under `select` in config.yaml."""

    upvote: float
    extra_source: float
    followed: float
    crowding: float


def select(papers: Sequence[Paper], past: Callable[[Paper], Past | None], weights: Weights, limit: int) -> Selection:
    """At most `limit` papers, best first.

    A paper's worth is `upvote` × log2(1 + upvotes) + `extra_source` for each further source + `followed` if a followed
    category announced it. Papers are taken one by one, the worthiest first, each category losing `crowding` with each
    paper it already has. Equal worth: the later submission (higher arXiv id) first, then by key: always the same way.
    """
    skipped: dict[str, list[Paper]] = {ANNOUNCED_BEFORE: [], REPLACEMENT: [], WITHDRAWN: [], NOT_SELECTED: []}
    news: list[Paper] = []
    for paper in papers:
        reason = _why_not(paper, past(paper))
        (skipped[reason] if reason else news).append(paper)

    waiting = sorted(news, key=lambda paper: (worth(paper, weights), *_submitted(paper)), reverse=True)
    taken: Counter[str] = Counter()
    chosen: list[Paper] = []
    while waiting and len(chosen) < limit:
        # The first of equals wins, and `waiting` is in order of worth and submission.
        best = max(waiting, key=lambda paper: worth(paper, weights) - weights.crowding * taken[_primary(paper)])
        waiting.remove(best)
        chosen.append(best)
        taken[_primary(best)] += 1
    skipped[NOT_SELECTED] = waiting
    return Selection(tuple(chosen), {reason: tuple(group) for reason, group in skipped.items()})


def worth(paper: Paper, weights: Weights) -> float:
    """What speaks for a paper, before its category is considered."""
    return (
        weights.upvote * math.log2(1 + (paper.upvotes or 0))
        + weights.extra_source * (len(paper.sources) - 1)
        + weights.followed * (not paper.crossed)
    )


def _why_not(paper: Paper, past: Past | None) -> str | None:
    if paper.withdrawn:
        return WITHDRAWN
    if paper.replacement:
        return REPLACEMENT
    if paper.relisted or (past and (past.listed_on or past.seen_from.issuperset(paper.sources))):
        return ANNOUNCED_BEFORE
    return None


def _primary(paper: Paper) -> str:
    return paper.categories[0] if paper.categories else ""


def _submitted(paper: Paper) -> tuple[bool, str, str]:
    """Sorts later submissions higher: new-style ids ascend with time, other papers come after them."""
    return (paper.arxiv_id is not None, paper.arxiv_id or "", paper.keys[0][1] if paper.keys else paper.title)
