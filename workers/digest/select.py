"""Step 3: choose the papers worth a reader's morning, and say of every other why not."""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from workers.domain.models import ANNOUNCED_BEFORE, NOT_SELECTED, REPLACEMENT, WITHDRAWN, KnownPaper, Paper, Selection
from workers.text.terms import TermMatcher

_CODE = re.compile(
    r"github\.com|huggingface\.co|code (?:is|and|are|will be)\b|open-sourc|publicly available", re.IGNORECASE
)
_NAMED = re.compile(r"^\S+(?: \S+)?:")
_ACCEPTED = re.compile(r"\b(?:accepted|to appear|published) (?:at|to|by|in)\b", re.IGNORECASE)
_BROAD = 2
"""Cross-lists from which on a paper speaks to several fields."""
_LARGE_TEAM = 7
"""Authors."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Points; the settings under `select` in config.yaml, where each is explained."""

    upvote: float
    extra_source: float
    followed: float
    crowding: float
    readers_list: float = 0.0
    code: float = 0.0
    named: float = 0.0
    broad: float = 0.0
    large_team: float = 0.0
    accepted: float = 0.0
    recent: float = 0.0
    title_terms: Mapping[str, float] = field(default_factory=dict)


def select(
    papers: Sequence[Paper], past: Callable[[Paper], KnownPaper | None], weights: Weights, limit: int
) -> Selection:
    """At most `limit` papers, best first.

    Papers are taken one by one, the worthiest first, each category losing `crowding` with each paper it already has;
    `recent` goes in full to the day's last submission and in shares to those before it.
    Equal worth: the later submission (higher arXiv id) first, then by key: always the same way.
    """
    skipped: dict[str, list[Paper]] = {ANNOUNCED_BEFORE: [], REPLACEMENT: [], WITHDRAWN: [], NOT_SELECTED: []}
    news: list[Paper] = []
    for paper in papers:
        reason = _why_not(paper, past(paper))
        (skipped[reason] if reason else news).append(paper)

    matcher = TermMatcher(weights.title_terms)
    latest_first = sorted(news, key=_submitted, reverse=True)
    worths = {
        paper: worth(paper, weights, matcher) + weights.recent * (1 - place / len(latest_first))
        for place, paper in enumerate(latest_first)
    }
    waiting = sorted(latest_first, key=lambda paper: -worths[paper])
    taken: Counter[str] = Counter()
    chosen: list[Paper] = []
    while waiting and len(chosen) < limit:
        # The first of equals wins, and `waiting` is in order of worth and submission.
        best = max(waiting, key=lambda paper: worths[paper] - weights.crowding * taken[_primary(paper)])
        waiting.remove(best)
        chosen.append(best)
        taken[_primary(best)] += 1
    skipped[NOT_SELECTED] = waiting
    return Selection(tuple(chosen), {reason: tuple(group) for reason, group in skipped.items()})


def worth(paper: Paper, weights: Weights, title_terms: TermMatcher) -> float:
    """What speaks for a paper before its category is considered: readers' votes first, then what arXiv itself tells."""
    return (
        weights.upvote * math.log2(1 + (paper.upvotes or 0))
        + weights.readers_list * (paper.upvotes is not None)
        + weights.extra_source * (len(paper.sources) - 1)
        + weights.followed * (not paper.crossed)
        + weights.code * (_CODE.search(f"{paper.abstract} {paper.comment}") is not None)
        + weights.named * (_NAMED.match(paper.title) is not None)
        + weights.broad * (len(paper.categories) > _BROAD)
        + weights.large_team * (len(paper.authors) >= _LARGE_TEAM)
        + weights.accepted * (_ACCEPTED.search(paper.comment) is not None)
        + sum(weights.title_terms[term] for term in set(title_terms.find(paper.title)))
    )


def _why_not(paper: Paper, past: KnownPaper | None) -> str | None:
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
