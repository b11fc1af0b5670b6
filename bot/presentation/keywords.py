"""A chat's own words in the papers of a day: literal, in any case, whole words and phrases, `*` ends a beginning."""

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

MOST = 20
"""Words a chat may have, of each kind; and hits that are shown."""
LONGEST = 60
"""Characters of a word."""


@dataclass(frozen=True, slots=True)
class DayPapers:
    """The papers of a day as they were collected: those listed by their number, and the news that was passed over."""

    listed: Mapping[int, Paper]
    passed: Sequence[Paper] = ()


def load_day_papers(store: Store, day: date, view: View) -> DayPapers | None:
    """The day's papers where a chat's words are to be looked for; None where it has none."""
    if not (view.include or view.exclude):
        return None
    edition = store.editions.get(day)
    listed = {item.n: item.paper for item in edition.placed} if edition else {}
    return DayPapers(listed, store.editions.passed_over(day) if view.include else ())


class KeywordMatcher:
    """True for a paper in whose title or abstract one of the words stands."""

    def __init__(self, words: Iterable[str]) -> None:
        patterns = [_pattern(word) for word in words]
        self._any = re.compile("|".join(patterns), re.IGNORECASE) if patterns else None

    def in_text(self, text: str) -> bool:
        return bool(self._any and self._any.search(text))

    def __call__(self, paper: Paper) -> bool:
        return self.in_text(paper.title) or self.in_text(paper.abstract)

    def quote(self, paper: Paper) -> str:
        """The abstract's sentence in which a word stands; "" where the title has it."""
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
    """Parse a line such as `diffusion, world model, -medical`; a word with `-` in front is unwanted.

    Commas separate phrases; in a line without commas each word stands alone. Raises ValueError for too many or too
    long ones.
    """
    pieces = typed.split(",") if "," in typed else typed.split()
    words = [" ".join(piece.split()) for piece in pieces]
    exclude = _unique(word[1:].strip() for word in words if word.startswith("-"))
    include = _unique(word for word in words if word and not word.startswith("-"))
    if any(len(group) > MOST or any(len(word) > LONGEST for word in group) for group in (include, exclude)):
        raise ValueError(f"at most {MOST} words of {LONGEST} characters")
    return Keywords(include, exclude)


def hits(view: View, day_papers: DayPapers, papers: Sequence[DigestPaper]) -> list[Hit]:
    """Papers with a wanted word and no unwanted one: the edition's by number, then K1, K2 …, title hits first."""
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


def _unique(words: Iterable[str]) -> tuple[str, ...]:
    return tuple({word.casefold(): word for word in words if word}.values())


def _pattern(word: str) -> str:
    begins, plain = word.endswith("*"), word.rstrip("*")
    parts = r"[\s-]+".join(map(re.escape, re.split(r"[\s-]+", plain)))
    return rf"(?<!\w){parts}" + ("" if begins else r"(?!\w)")
