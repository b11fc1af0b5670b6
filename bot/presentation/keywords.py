"""Finds a chat's keywords in the papers of a day: whole words and phrases in any case; `word*` matches a beginning."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sentencex

from workers.domain.blocks import Hit
from workers.domain.deliveries import View
from workers.domain.models import DigestPaper, Paper
from workers.store import Store
from workers.text.latex import readable
from workers.text.matching import matching_key

MOST = 20
"""Keywords of each kind that a chat may have, and hits that are shown."""
LONGEST = 60
"""Characters of a keyword."""


@dataclass(frozen=True, slots=True)
class DayPapers:
    """The papers of a day as they were collected."""

    listed: Mapping[int, Paper]
    """Number in the edition → paper."""
    passed: Sequence[Paper] = ()
    """New papers that the edition does not list."""


def load_day_papers(store: Store, day: date, view: View) -> DayPapers | None:
    """The papers in which to look for a chat's keywords; None if it has no keywords."""
    if not (view.include or view.exclude):
        return None
    edition = store.editions.get(day)
    listed = {item.n: item.paper for item in edition.ranked} if edition else {}
    return DayPapers(listed, store.editions.passed_over(day) if view.include else ())


class KeywordMatcher:
    """True for a paper that has one of the keywords in its title or abstract."""

    def __init__(self, keywords: Iterable[str]) -> None:
        patterns = [_pattern(keyword) for keyword in keywords]
        self._any = re.compile("|".join(patterns)) if patterns else None

    def in_text(self, text: str) -> bool:
        return bool(self._any and self._any.search(matching_key(text)))

    def __call__(self, paper: Paper) -> bool:
        return self.in_text(paper.title) or self.in_text(paper.abstract)

    def quote(self, paper: Paper) -> str:
        """The first sentence of the abstract with a keyword; "" if the title has one."""
        if self.in_text(paper.title):
            return ""
        sentences = sentencex.segment("en", readable(paper.abstract))
        return next((sentence.strip() for sentence in sentences if self.in_text(sentence)), "")


@dataclass(frozen=True, slots=True)
class Keywords:
    """Words and phrases that a chat wants, and those that it does not want."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


def parse(typed: str) -> Keywords:
    """The keywords of a text such as `diffusion, world model, -medical`; `-` marks those that are not wanted.

    Commas separate them; without a comma, spaces do. Raises ValueError for too many or too long ones.
    """
    pieces = typed.split(",") if "," in typed else typed.split()
    keywords = [" ".join(piece.split()) for piece in pieces]
    exclude = _unique(keyword[1:].strip() for keyword in keywords if keyword.startswith("-"))
    include = _unique(keyword for keyword in keywords if keyword and not keyword.startswith("-"))
    if any(len(group) > MOST or any(len(keyword) > LONGEST for keyword in group) for group in (include, exclude)):
        raise ValueError(f"at most {MOST} words of {LONGEST} characters")
    return Keywords(include, exclude)


def hits(view: View, day_papers: DayPapers, papers: Sequence[DigestPaper]) -> list[Hit]:
    """Papers with a wanted keyword and no unwanted one.

    First `papers`, those of the edition that the chat sees, by number; then K1, K2 …, beginning with hits in titles.
    """
    include, hidden = KeywordMatcher(view.include), KeywordMatcher(view.exclude)
    of_edition = {paper.n: paper for paper in papers}
    found = [
        Hit(str(n), of_edition[n].title, _url(of_edition[n]), include.quote(paper), n)
        for n, paper in sorted(day_papers.listed.items())
        if n in of_edition and include(paper) and not hidden(paper)
    ]
    others = [paper for paper in day_papers.passed if include(paper) and not hidden(paper)]
    others.sort(key=lambda paper: not include.in_text(paper.title))
    return [*found, *_numbered(others, include)]


def _numbered(papers: Sequence[Paper], include: KeywordMatcher) -> Iterator[Hit]:
    for place, paper in enumerate(papers, start=1):
        url = paper.links[0].url if paper.links else ""
        yield Hit(f"K{place}", readable(paper.title), url, include.quote(paper))


def _url(paper: DigestPaper) -> str:
    return paper.links[0].url if paper.links else ""


def _unique(keywords: Iterable[str]) -> tuple[str, ...]:
    return tuple({matching_key(keyword): keyword for keyword in keywords if keyword}.values())


def _pattern(keyword: str) -> str:
    begins, plain = keyword.endswith("*"), matching_key(keyword.rstrip("*"))
    parts = r"[\s-]+".join(map(re.escape, re.split(r"[\s-]+", plain)))
    return rf"(?<!\w){parts}" + ("" if begins else r"(?!\w)")
