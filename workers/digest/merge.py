"""Join all entries about the same paper."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from workers.domain.models import Authority, Entry, Key, Link, Paper
from workers.text.latex import readable
from workers.text.links import canonical_link
from workers.text.matching import matching_key

KEY_KINDS = ("arxiv", "doi", "link", "guid", "title")
"""Kinds of keys, the most trusted first."""
_DROPPED = re.compile(r"(?<!\d)[.^/]|[.^/](?!\d)|[^\w+#<>.^/]|_")
_SHORTEST_TITLE = 12
"""Letters and digits that a title needs to identify a paper, which "Erratum" or "Introduction" do not."""
_WITHOUT_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
"""Kana and Han letters: a title in them has no spaces between its words."""
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

    Entries with the same arXiv id (without version), DOI, link or guid are one paper; those with the same normalised
    title are one if they come from different sources. Entries with two different arXiv ids are two papers, whatever
    else they share. `edition_month` is (year, month): a cross-list whose id is more than a month older counts as
    announced before. None skips that check.
    """
    groups: list[_Group] = []
    by_key: dict[Key, _Group] = {}
    # Entries with an id first, so that a title without one finds its paper wherever it is in the list.
    for entry in sorted(entries, key=lambda entry: entry.arxiv_id is None):
        group = _Group([entry])
        keys = _keys(entry)
        for key in keys:
            other = by_key.get(key)
            if other is not None and other is not group and _may_join(key, other, group):
                group = other.absorb(group, by_key)
        groups.append(group)
        for key in keys:
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

    @property
    def sources(self) -> set[str]:
        return {entry.source for entry in self.entries}


@lru_cache(maxsize=8_192)
def normalised_title(title: str) -> str:
    """`title` without TeX, case, accents, punctuation and spaces.

    Characters that distinguish papers stay: `+` and `#` (C++ is not C), `<` and `>`, the point in 1.5, and what is
    between two digits in 10^6 and 1/2.
    """
    plain = unicodedata.normalize("NFKD", matching_key(readable(title)))
    return _DROPPED.sub("", "".join(character for character in plain if not unicodedata.combining(character)))


def _keys(entry: Entry) -> list[Key]:
    """The keys of an entry, the most trusted first; what has neither arXiv id nor DOI has its link or guid."""
    keys: list[Key] = []
    title, link = normalised_title(entry.title), "" if entry.arxiv_id else canonical_link(entry.url)
    if entry.arxiv_id:
        keys.append(("arxiv", entry.arxiv_id))
    if entry.doi:
        keys.append(("doi", entry.doi))
    if entry.own_link and link:
        keys.append(("link", link))
    if entry.guid:
        keys.append(("guid", f"{entry.source} {entry.guid}"))
    if not keys:
        keys.append(("guid", f"{entry.source} {link} {title}"))
    if len(title) >= _SHORTEST_TITLE and (len(entry.title.split()) > 1 or _WITHOUT_SPACES.search(entry.title)):
        keys.append(("title", title))
    return keys


def _may_join(key: Key, one: _Group, other: _Group) -> bool:
    """Whether the groups may be one paper.

    Two different arXiv ids are two papers, whatever else they share; so are two items of one source with one title.
    """
    if key[0] == "arxiv":
        return True
    if key[0] == "title" and one.sources & other.sources:
        return False
    return len(one.arxiv_ids | other.arxiv_ids) < 2


def _paper(group: Sequence[Entry], edition_month: tuple[int, int] | None) -> Paper:
    """The paper of a group, described by its entries of the greatest authority; the others add links and votes."""
    authority = max(entry.authority for entry in group)
    # The newest version first; of equal versions arXiv's own entry, then the one with the longer abstract.
    ranked = sorted(
        (entry for entry in group if entry.authority == authority),
        key=lambda entry: (entry.version or 0, entry.announce_type is not None, len(entry.abstract)),
        reverse=True,
    )
    first = ranked[0]
    arxiv_id = first.arxiv_id or next((entry.arxiv_id for entry in group if entry.arxiv_id), None)
    announced = [entry.announce_type for entry in ranked if entry.announce_type]
    crossed = bool(announced) and all(kind in _CROSS for kind in announced)
    version = max((entry.version or 0 for entry in ranked), default=0) or None
    return Paper(
        keys=_keys_of(group, authority),
        title=first.title,
        abstract=first.abstract or max((entry.abstract for entry in ranked), key=len),
        authors=next((entry.authors for entry in ranked if entry.authors), ()),
        links=_links(group, arxiv_id),
        categories=_categories(ranked),
        sources=tuple(dict.fromkeys(entry.source for entry in group)),
        arxiv_id=arxiv_id,
        version=version,
        doi=next((entry.doi for entry in ranked if entry.doi), None),
        upvotes=max((entry.upvotes for entry in group if entry.upvotes is not None), default=None),
        comment=next((entry.comment for entry in ranked if entry.comment), ""),
        replacement=bool(announced) and all(kind in _REPLACED for kind in announced),
        crossed=crossed,
        relisted=(bool(announced) and _is_old(arxiv_id, edition_month)) or (crossed and (version or 1) > 1),
        withdrawn=_is_withdrawn(ranked),
        authority=authority,
    )


def _keys_of(group: Sequence[Entry], authority: Authority) -> tuple[Key, ...]:
    """The keys of all entries in the order of trust; of an arXiv paper not the titles and DOIs that feeds give it.

    Otherwise a feed could give a paper a title by which another one is taken for it.
    """
    keys = [
        key
        for entry in sorted(group, key=lambda entry: -entry.authority)
        for key in _keys(entry)
        if entry.authority > Authority.OTHER or authority == Authority.OTHER or key[0] in {"link", "guid"}
    ]
    return tuple(dict.fromkeys(sorted(keys, key=lambda key: KEY_KINDS.index(key[0]))))


def _is_withdrawn(describing: Sequence[Entry]) -> bool:
    """Whether a paper is withdrawn: by the words of arXiv or Hugging Face, else only if all its sources say so."""
    said = [any(_WITHDRAWN.search(text) for text in (entry.abstract, entry.comment)) for entry in describing]
    return any(said) if describing[0].authority > Authority.OTHER else all(said)


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
