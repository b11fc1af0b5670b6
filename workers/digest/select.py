"""Choose the day's best papers, and give the reason for every paper that is not chosen."""

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
"""A paper in more categories than this concerns several fields."""
_LARGE_TEAM = 7
"""Authors of a large team, at least."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Points for each property of a paper: the settings under `select` in config.yaml, which explains them."""

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
    papers: Sequence[Paper], known: Callable[[Paper], KnownPaper | None], weights: Weights, limit: int
) -> Selection:
    """At most `limit` papers, best first, and the others by reason.

    `known` gives what the store knows of a paper. Papers are taken one by one, each time the one with most points after
    `crowding` is subtracted for each chosen paper of the same primary category. The day's last submission gets the
    points of `recent` in full, earlier ones a share that falls to the first. Of equals the later submission (higher
    arXiv id) comes first, then the order of keys, so that the result is always the same.
    """
    skipped: dict[str, list[Paper]] = {ANNOUNCED_BEFORE: [], REPLACEMENT: [], WITHDRAWN: [], NOT_SELECTED: []}
    new: list[Paper] = []
    for paper in papers:
        reason = _skip_reason(paper, known(paper))
        (skipped[reason] if reason else new).append(paper)

    matcher = TermMatcher(weights.title_terms)
    latest_first = sorted(new, key=_submitted, reverse=True)
    points = {
        paper: worth(paper, weights, matcher) + weights.recent * (1 - place / len(latest_first))
        for place, paper in enumerate(latest_first)
    }
    waiting = sorted(latest_first, key=lambda paper: -points[paper])
    count_by_category: Counter[str] = Counter()
    chosen: list[Paper] = []
    while waiting and len(chosen) < limit:
        # max() returns the first of equals, and `waiting` is in order of points and submission.
        best = max(waiting, key=lambda paper: points[paper] - weights.crowding * count_by_category[_primary(paper)])
        waiting.remove(best)
        chosen.append(best)
        count_by_category[_primary(best)] += 1
    skipped[NOT_SELECTED] = waiting
    return Selection(tuple(chosen), {reason: tuple(group) for reason, group in skipped.items()})


def worth(paper: Paper, weights: Weights, title_terms: TermMatcher) -> float:
    """The paper's points for readers' votes and for what arXiv says of it, before recency and crowding."""
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


def _skip_reason(paper: Paper, known: KnownPaper | None) -> str | None:
    """Why a paper is not new; None for a new one."""
    if paper.withdrawn:
        return WITHDRAWN
    if paper.replacement:
        return REPLACEMENT
    if paper.relisted or (known and (known.listed_on or known.seen_from.issuperset(paper.sources))):
        return ANNOUNCED_BEFORE
    return None


def _primary(paper: Paper) -> str:
    return paper.categories[0] if paper.categories else ""


def _submitted(paper: Paper) -> tuple[str, str]:
    """A sort key that is greater for later submissions: new-style ids ascend with time, papers without id are least."""
    return (paper.arxiv_id or "", paper.keys[0][1] if paper.keys else paper.title)
