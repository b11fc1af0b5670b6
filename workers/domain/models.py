"""What an edition is made of: from an entry of a source to the digest that a chat reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from typing import Literal

from workers.domain.completions import NO_USE, Usage

AnnounceType = Literal["new", "cross", "replace", "replace-cross"]
Status = Literal["ok", "partial", "late", "quiet", "failed"]
"""ok: complete; partial: a part is missing; late: not there yet; quiet: complete and empty; failed: not readable."""
Language = str
"""An ISO 639-1 code: "ko", "en"."""

SYNTHESIS_FIELDS = ("themes", "keywords", "findings", "impact", "outlook")
"""The parts of a synthesis, in the order in which they are shown."""


class Authority(IntEnum):
    """How far a kind of source is believed about an arXiv paper; a greater one describes it, a lesser adds a link."""

    OTHER = 0
    """Feeds and pages of anybody."""
    HUGGINGFACE = 1
    ARXIV = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """One paper or post of one source, as the source's parser read it and `validated` checked it.

    The text is untrusted; its white space is collapsed and its TeX is kept. `announce_type` and `version` are arXiv's;
    None for other sources.
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
    authority: Authority = Authority.OTHER
    guid: str = ""
    """The feed's own name of the item, which is unique within its source; "" without one."""
    own_link: bool = True
    """False if other items of the source have the same `url`, so that it does not identify this one."""


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What asking one source gave: `entries` read, `dropped` as no valid entries, `reason` unless "ok"."""

    name: str
    status: Status
    entries: int = 0
    dropped: int = 0
    reason: str | None = None

    @property
    def incomplete(self) -> bool:
        """Whether papers may be missing: the source is asked again, and its day stays open for the next edition."""
        return self.status in {"partial", "late", "failed"}


@dataclass(frozen=True, slots=True)
class MissingPart:
    """A part of a source, such as an arXiv category, that an answer lacks; `late` where it is not there yet."""

    name: str
    reason: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class SourceAnswer:
    """One source's answer for one day; `missing` names the parts that it lacks."""

    report: SourceReport
    entries: tuple[Entry, ...] = ()
    earlier: tuple[date, ...] = ()
    """Earlier days that `entries` covers too: they were missed before, or had no edition."""
    lacking: tuple[date, ...] = ()
    """Earlier days that were requested and are still incomplete."""
    missing: tuple[MissingPart, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    source: str
    url: str


Key = tuple[str, str]
"""(kind, value), the most trusted kind first: ("arxiv", "2506.00019"), ("doi", "10.1000/x"), ("link", canonical link),
("guid", source and guid), ("title", normalised title)."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper of one day, merged from its entries.

    `keys` are in order of trust, `links` have arXiv first. `replacement`: arXiv announced a new version only.
    `crossed`: the followed categories only cross-list it. `relisted`: it was announced long ago.
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
    authority: Authority = Authority.OTHER
    """Of the entries that title, abstract, authors, categories and version come from."""


@dataclass(frozen=True, slots=True)
class KnownPaper:
    """What the store knows of a paper: id, day of the edition that listed it, sources that had it earlier, label."""

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
    """A sentence and the numbers of the papers that support it (never empty)."""

    text: str
    papers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Synthesis:
    """What the papers of a section have in common, in five parts; a part may be empty."""

    themes: tuple[Claim, ...] = ()
    keywords: tuple[Claim, ...] = ()
    findings: tuple[Claim, ...] = ()
    impact: tuple[Claim, ...] = ()
    outlook: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class DigestPaper:
    """A paper of the digest; `n` counts from 1 through the edition, `tldr` is one line in the digest's language."""

    n: int
    arxiv_id: str | None
    title: str
    authors: tuple[str, ...]
    links: tuple[Link, ...]
    category: str
    tldr: str
    upvotes: int | None = None
    sources: tuple[str, ...] = ()
    """The sources that had it; `links` has the arXiv link even if arXiv is not among them."""


@dataclass(frozen=True, slots=True)
class Section:
    """A category and the numbers of its papers; `synthesis` is None if there is only one paper."""

    category: str
    emoji: str
    papers: tuple[int, ...]
    synthesis: Synthesis | None = None
    extractive: bool = True
    """True if the text is quoted from the abstracts; the reader is told so."""


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

    `collected` counts papers after merging; it equals `listed` plus the sum of `skipped`. No papers: a quiet day.
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
        """Papers that were new: those listed, and those not selected."""
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
    """`chosen` is best first; `skipped` maps each reason to its papers. Every paper is in exactly one of them."""

    chosen: tuple[Paper, ...]
    skipped: Mapping[str, tuple[Paper, ...]]

    @property
    def counts(self) -> dict[str, int]:
        return {reason: len(papers) for reason, papers in self.skipped.items() if papers}


@dataclass(frozen=True, slots=True)
class RankedPaper:
    """A chosen paper with its number and its category, before any text is written."""

    n: int
    paper: Paper
    label: str


@dataclass(frozen=True, slots=True)
class Edition:
    """A closed edition as the store has it; the texts of all languages are written from it."""

    day: date
    ranked: tuple[RankedPaper, ...]
    collected: int
    skipped: Mapping[str, int]
    sources: tuple[SourceReport, ...]
    new_by_day: Mapping[date, int]
    """Day → number of new papers, for this edition and earlier ones, at most 14 days including this one."""
    label_use: Usage = NO_USE
    """What a model cost that labelled its papers."""


@dataclass(frozen=True, slots=True)
class Text:
    """An edition in one language, as stored; it is written once and then only read."""

    digest: Digest
    chart_png: bytes | None
