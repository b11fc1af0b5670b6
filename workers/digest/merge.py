"""Join all entries about the same paper."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from workers.domain.models import Entry, Key, Link, Paper
from workers.text.latex import readable

_DROPPED = re.compile(r"(?<!\d)\.|\.(?!\d)|[^\w+#<>.]|_")
_SHORTEST_TITLE = 12
"""Letters and digits that a title needs to identify a paper, which "Erratum" or "Introduction" do not."""
_WITHDRAWN = re.compile(
    r"\b(?:this|the) (?:paper|article|submission|manuscript|work) (?:has been|is|was) withdrawn\b|^\W*withdrawn\b",
    re.IGNORECASE,
)
_REPLACED = {"replace", "replace-cross"}
_CROSS = {"cross", "replace-cross"}
_MONTHS_OF_NEWS = 1
"""An id contains the month of submission; a paper of the month before may still be new (it was held, or the month
changed)."""
_ARXIV_PAGE = re.compile(r"https?://(?:\w+\.)?arxiv\.org/(?:abs|pdf|html)/")
_NEW_STYLE = re.compile(r"^(\d\d)(\d\d)\.")


def merge(entries: Iterable[Entry], edition_month: tuple[int, int] | None = None) -> list[Paper]:
    """Papers with an arXiv id first, then the others, each in the order of their first entry.

    Entries with the same arXiv id (without version), DOI or normalised title are one paper. Entries with two different
    arXiv ids are two papers, whatever their titles. `edition_month` is (year, month): a cross-list whose id is more
    than a month older counts as announced before. None skips that check.
    """
    groups: list[_Group] = []
    by_key: dict[Key, _Group] = {}
    # Entries with an id first, so that a title without one finds its paper wherever it is in the list.
    for entry in sorted(entries, key=lambda entry: entry.arxiv_id is None):
        group = _Group([entry])
        for key in _keys(entry):
            other = by_key.get(key)
            if other is not None and other is not group and _may_join(key, other, group):
                group = other.absorb(group, by_key)
        groups.append(group)
        for key in _keys(entry):
            by_key.setdefault(key, group)
    return [_paper(group.entries, edition_month) for group in dict.fromkeys(groups) if group.entries]


class _Group:
    """The entries that are about one paper, as far as they were read."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries

    def absorb(self, other: "_Group", by_key: dict[Key, "_Group"]) -> "_Group":
        """Take over the other group's entries and keys, which leaves it empty; returns this group."""
        self.entries += other.entries
        for entry in other.entries:
            for key in _keys(entry):
                if by_key.get(key) is other:
                    by_key[key] = self
        other.entries = []
        return self

    @property
    def arxiv_ids(self) -> set[str]:
        return {entry.arxiv_id for entry in self.entries if entry.arxiv_id}


@lru_cache(maxsize=8_192)
def normalised_title(title: str) -> str:
    """`title` without TeX, case, accents, punctuation and spaces.

    Characters that distinguish papers stay: `+` and `#` (C++ is not C), `<` and `>`, the point in 1.5.
    """
    plain = unicodedata.normalize("NFKD", readable(title)).casefold()
    return _DROPPED.sub("", "".join(character for character in plain if not unicodedata.combining(character)))


def _keys(entry: Entry) -> list[Key]:
    keys: list[Key] = []
    if entry.arxiv_id:
        keys.append(("arxiv", entry.arxiv_id))
    if entry.doi:
        keys.append(("doi", entry.doi))
    title = normalised_title(entry.title)
    if len(title) >= _SHORTEST_TITLE and len(entry.title.split()) > 1:
        keys.append(("title", title))
    return keys


def _may_join(key: Key, one: _Group, other: _Group) -> bool:
    """Whether the groups may be one paper: two different arXiv ids are two papers, whatever else they share."""
    return key[0] == "arxiv" or len(one.arxiv_ids | other.arxiv_ids) < 2


def _paper(group: Sequence[Entry], edition_month: tuple[int, int] | None) -> Paper:
    # The newest version first; of equal versions arXiv's own entry, then the one with the longer abstract.
    ranked = sorted(
        group,
        key=lambda entry: (entry.version or 0, entry.announce_type is not None, len(entry.abstract)),
        reverse=True,
    )
    first = ranked[0]
    arxiv_id = first.arxiv_id or next((entry.arxiv_id for entry in ranked if entry.arxiv_id), None)
    announced = [entry.announce_type for entry in group if entry.announce_type]
    crossed = bool(announced) and all(kind in _CROSS for kind in announced)
    version = max((entry.version or 0 for entry in group), default=0) or None
    return Paper(
        keys=tuple(dict.fromkeys(sorted((key for entry in ranked for key in _keys(entry)), key=_trust))),
        title=first.title,
        abstract=first.abstract or max((entry.abstract for entry in group), key=len),
        authors=next((entry.authors for entry in ranked if entry.authors), ()),
        links=_links(group, arxiv_id),
        categories=_categories(group),
        sources=tuple(dict.fromkeys(entry.source for entry in group)),
        arxiv_id=arxiv_id,
        version=version,
        doi=next((entry.doi for entry in ranked if entry.doi), None),
        upvotes=max((entry.upvotes for entry in group if entry.upvotes is not None), default=None),
        comment=next((entry.comment for entry in ranked if entry.comment), ""),
        replacement=bool(announced) and all(kind in _REPLACED for kind in announced),
        crossed=crossed,
        relisted=(bool(announced) and _is_old(arxiv_id, edition_month)) or (crossed and (version or 1) > 1),
        withdrawn=any(_WITHDRAWN.search(text) for entry in group for text in (entry.abstract, entry.comment)),
    )


def _trust(key: Key) -> int:
    return ("arxiv", "doi", "title").index(key[0])


def _categories(group: Sequence[Entry]) -> tuple[str, ...]:
    """All categories, the primary one first: entries of feeds where the paper is new or replaced give the order."""
    ordered = sorted(group, key=lambda entry: entry.announce_type not in {"new", "replace"})
    return tuple(dict.fromkeys(category for entry in ordered for category in entry.categories))


def _links(group: Sequence[Entry], arxiv_id: str | None) -> tuple[Link, ...]:
    """The arXiv page without version first, then each source's own page."""
    own = [Link("arxiv", f"https://arxiv.org/abs/{arxiv_id}")] if arxiv_id else []
    others = [Link(entry.source, entry.url) for entry in group if not (own and _ARXIV_PAGE.match(entry.url))]
    return tuple(dict.fromkeys([*own, *others]))


def _is_old(arxiv_id: str | None, edition_month: tuple[int, int] | None) -> bool:
    """Whether the paper was submitted before last month, by its id; true for every old-style id (before April 2007)."""
    if edition_month is None or not arxiv_id:
        return False
    found = _NEW_STYLE.match(arxiv_id)
    if not found:
        return True
    return (edition_month[0] - 2000 - int(found[1])) * 12 + edition_month[1] - int(found[2]) > _MONTHS_OF_NEWS
