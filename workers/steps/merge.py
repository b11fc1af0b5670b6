"""Step 2: make one paper of all the entries that mean it."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from workers.domain.models import Entry, Key, Link, Paper
from workers.latex import readable

_KEPT = re.compile(r"[^\w+#]|_")
_SHORTEST_TITLE = 12
"""Letters and digits a title needs to be an identity: "Erratum" or "Introduction" are not."""
_WITHDRAWN = re.compile(
    r"\b(?:this|the) (?:paper|article|submission|manuscript|work) (?:has been|is|was) withdrawn\b|^\W*withdrawn\b",
    re.IGNORECASE,
)
_REPLACED = {"replace", "replace-cross"}
_CROSS = {"cross", "replace-cross"}
_MONTHS_OF_NEWS = 1
"""An id says the month of submission; last month's may still be news (a hold, a turn of the month)."""
_NEW_STYLE = re.compile(r"^(\d\d)(\d\d)\.")


def merge(entries: Iterable[Entry], edition_month: tuple[int, int] | None = None) -> list[Paper]:
    """Papers with an arXiv id first, then the others, each in the order of their first entry.

    Same arXiv id (without version) or same DOI is one paper; else the same normalised title is. Two different arXiv
    ids are two papers whatever their titles. `edition_month` is (year, month): a cross-list whose id is more than a
    month older was announced before; None leaves that question open.
    """
    groups: list[list[Entry]] = []
    by_key: dict[Key, int] = {}
    ids: list[str | None] = []
    # Entries with an id first: a title without one then finds the paper it belongs to, wherever it stood.
    for entry in sorted(entries, key=lambda entry: entry.arxiv_id is None):
        place = next((by_key[key] for key in _keys(entry) if _fits(key, entry, by_key, ids)), None)
        if place is None:
            place = len(groups)
            groups.append([])
            ids.append(entry.arxiv_id)
        groups[place].append(entry)
        for key in _keys(entry):
            by_key.setdefault(key, place)
    return [_paper(group, edition_month) for group in groups]


def normalised_title(title: str) -> str:
    """`title` without TeX, case, accents, punctuation and spaces; `+` and `#` stay, for C++ is not C."""
    plain = unicodedata.normalize("NFKD", readable(title)).casefold()
    return _KEPT.sub("", "".join(character for character in plain if not unicodedata.combining(character)))


def _keys(entry: Entry) -> list[Key]:
    keys: list[Key] = []
    if entry.arxiv_id:
        keys.append(("arxiv", entry.arxiv_id))
    if entry.doi:
        keys.append(("doi", entry.doi))
    title = normalised_title(entry.title)
    if len(title) >= _SHORTEST_TITLE:
        keys.append(("title", title))
    return keys


def _fits(key: Key, entry: Entry, by_key: dict[Key, int], ids: Sequence[str | None]) -> bool:
    place = by_key.get(key)
    if place is None:
        return False
    return key[0] == "arxiv" or entry.arxiv_id is None or ids[place] in {None, entry.arxiv_id}


def _paper(group: Sequence[Entry], edition_month: tuple[int, int] | None) -> Paper:
    # The newest version leads; among equals arXiv's own words, then the longer abstract.
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
    """The primary category first: a feed's own order where the paper is new, for a cross-list feed keeps it too."""
    ordered = sorted(group, key=lambda entry: entry.announce_type not in {"new", "replace"})
    return tuple(dict.fromkeys(category for entry in ordered for category in entry.categories))


def _links(group: Sequence[Entry], arxiv_id: str | None) -> tuple[Link, ...]:
    """arXiv first and without version, then every source's own page."""
    own = [Link("arxiv", f"https://arxiv.org/abs/{arxiv_id}")] if arxiv_id else []
    others = [Link(entry.source, entry.url) for entry in group if "arxiv.org/" not in entry.url]
    return tuple(dict.fromkeys([*own, *others]))


def _is_old(arxiv_id: str | None, edition_month: tuple[int, int] | None) -> bool:
    """Submitted before last month, by its id; an old-style id (before April 2007) is."""
    if edition_month is None or not arxiv_id:
        return False
    found = _NEW_STYLE.match(arxiv_id)
    if not found:
        return True
    return (edition_month[0] - 2000 - int(found[1])) * 12 + edition_month[1] - int(found[2]) > _MONTHS_OF_NEWS
