"""The nouns of the day: from an entry of a source to the digest a chat reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

AnnounceType = Literal["new", "cross", "replace", "replace-cross"]
Status = Literal["ok", "quiet", "failed"]
Language = str
"""An ISO 639-1 code: "ko", "en"."""

SYNTHESIS_FIELDS = ("themes", "keywords", "findings", "impact", "outlook")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of one source, as its pure parser read it; text is untrusted, white space folded, TeX kept.

    `announce_type` is arXiv's own word (None where the source has none); `version` likewise.
    """

    source: str
    title: str
    url: str
    abstract: str = ""
    arxiv_id: str | None = None
    version: int | None = None
    doi: str | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    announce_type: AnnounceType | None = None
    comment: str = ""
    upvotes: int | None = None


@dataclass(frozen=True, slots=True)
class SourceReport:
    """How one source did: `entries` read, `dropped` for want of a title or an id, and why it is not "ok"."""

    name: str
    status: Status
    entries: int = 0
    dropped: int = 0
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class SourceAnswer:
    """One source's answer for one day; a failed source may still bring the categories that did answer."""

    report: SourceReport
    entries: tuple[Entry, ...] = ()
    earlier: tuple[date, ...] = ()
    """Earlier days that are in `entries` too: missed before, or without an edition of their own."""
    lacking: tuple[date, ...] = ()
    """Earlier days that were asked for and failed."""


def answered(name: str, entries: Sequence[Entry], dropped: int = 0, fault: str = "") -> SourceAnswer:
    """A source's answer: failed where there is a fault, quiet without entries, else ok."""
    status: Status = "failed" if fault else "ok" if entries else "quiet"
    return SourceAnswer(SourceReport(name, status, len(entries), dropped, fault or None), tuple(entries))


@dataclass(frozen=True, slots=True)
class Link:
    source: str
    url: str


Key = tuple[str, str]
"""(kind, value): ("arxiv", "2506.00019"), ("doi", "10.1000/x") or ("title", normalised title)."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper of one day, merged from its entries.

    `keys` in order of trust; `links` arXiv first; `replacement` when arXiv says it is not news; `crossed` when the
    followed categories have it only as a cross-list; `relisted` when that paper was announced long ago.
    """

    keys: tuple[Key, ...]
    title: str
    abstract: str
    authors: tuple[str, ...]
    links: tuple[Link, ...]
    categories: tuple[str, ...]
    sources: tuple[str, ...]
    arxiv_id: str | None = None
    version: int | None = None
    doi: str | None = None
    upvotes: int | None = None
    comment: str = ""
    replacement: bool = False
    crossed: bool = False
    relisted: bool = False
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class KnownPaper:
    """What the store knows of a paper: its id, the edition that listed it, who brought it before, its label."""

    paper_id: int
    listed_on: date | None = None
    seen_from: frozenset[str] = frozenset()
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Category:
    """One category of the closed list. `terms` and `arxiv` map to points; `colour` is #rrggbb and never changes."""

    name: str
    """In English; editions are stored under it."""
    emoji: str
    colour: str
    names: Mapping[Language, str] = field(default_factory=dict)
    """Language → name, for languages other than English."""
    terms: Mapping[str, float] = field(default_factory=dict)
    arxiv: Mapping[str, float] = field(default_factory=dict)

    def named(self, language: Language) -> str:
        """The name in `language`; the English one if there is none."""
        return self.names.get(language, self.name)

    @property
    def all_names(self) -> tuple[str, ...]:
        """The names in every language, the English one first."""
        return self.name, *self.names.values()


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence and the numbers of the papers it rests on (never empty)."""

    text: str
    papers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Synthesis:
    """The five parts, in the order of `SYNTHESIS_FIELDS`; a part may be empty."""

    themes: tuple[Claim, ...] = ()
    keywords: tuple[Claim, ...] = ()
    findings: tuple[Claim, ...] = ()
    impact: tuple[Claim, ...] = ()
    outlook: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class DigestPaper:
    """A paper in the digest; `n` counts from 1 through the edition, `tldr` is one line in the digest's language."""

    n: int
    arxiv_id: str | None
    title: str
    authors: tuple[str, ...]
    links: tuple[Link, ...]
    category: str
    tldr: str
    upvotes: int | None = None
    sources: tuple[str, ...] = ()
    """The sources that brought it; the arXiv link stands in `links` even where arXiv did not."""


@dataclass(frozen=True, slots=True)
class Section:
    """A category and the numbers of its papers; no synthesis where there is one paper."""

    category: str
    emoji: str
    papers: tuple[int, ...]
    synthesis: Synthesis | None = None
    extractive: bool = True
    """True where the words are the abstracts' own, and the reader is told so."""


@dataclass(frozen=True, slots=True)
class ModelUse:
    name: str | None = None
    calls: int = 0
    repairs: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    dropped_claims: int = 0


@dataclass(frozen=True, slots=True)
class Digest:
    """One edition in one language; its field names are those of digest.json.

    `collected` papers after merging == `listed` + the sum of `skipped`. Without papers it is a quiet day.
    """

    date: str
    language: Language
    title: str
    highlights: tuple[Claim, ...]
    sections: tuple[Section, ...]
    papers: tuple[DigestPaper, ...]
    collected: int
    listed: int
    skipped: Mapping[str, int]
    sources: tuple[SourceReport, ...]
    model: ModelUse = ModelUse()
    chart: str | None = None

    @property
    def new(self) -> int:
        """Papers that were news: listed or passed over, but neither replaced, withdrawn nor announced before."""
        return self.listed + self.skipped.get(NOT_SELECTED, 0)

    @property
    def entries(self) -> int:
        return sum(report.entries for report in self.sources)


ANNOUNCED_BEFORE = "announced before"
REPLACEMENT = "replacement"
WITHDRAWN = "withdrawn"
NOT_SELECTED = "not selected"


@dataclass(frozen=True, slots=True)
class Selection:
    """`chosen` best first; `skipped` maps each reason to its papers, so that the books balance."""

    chosen: tuple[Paper, ...]
    skipped: Mapping[str, tuple[Paper, ...]]

    @property
    def counts(self) -> dict[str, int]:
        return {reason: len(papers) for reason, papers in self.skipped.items() if papers}


@dataclass(frozen=True, slots=True)
class RankedPaper:
    """A chosen paper with its number and label, before any text is written."""

    n: int
    paper: Paper
    label: str


@dataclass(frozen=True, slots=True)
class Edition:
    """A closed edition as the store keeps it: what every language's text is written from."""

    day: date
    placed: tuple[RankedPaper, ...]
    collected: int
    skipped: Mapping[str, int]
    sources: tuple[SourceReport, ...]
    new_by_day: Mapping[date, int]
    """New papers of this and earlier editions, at most 14 days back, this day included."""


@dataclass(frozen=True, slots=True)
class Text:
    """An edition in one language, as stored: written once, then only found."""

    digest: Digest
    chart_png: bytes | None
