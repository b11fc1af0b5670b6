"""Removes the claims and lines of a digest that its papers do not support, whoever wrote them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import count

from workers.domain.models import SYNTHESIS_FIELDS, Claim, Digest, DigestPaper, Edition, Language, Section, Synthesis
from workers.domain.ports import SectionBoundary
from workers.domain.units import section_unit
from workers.factcheck.evidence import common_words, evidence_in, name_faults, number_faults, style_faults
from workers.text.latex import readable
from workers.text.quotes import inner_quotes

_QUOTE = re.compile(r"“([^”]*)”")
COMMON = (
    *(
        "AI",
        "ML",
        "LLM",
        "LLMs",
        "VLM",
        "MLLM",
        "NLP",
        "CNN",
        "RNN",
        "GPU",
        "CPU",
        "API",
        "2D",
        "3D",
        "RGB",
        "F1",
        "SOTA",
    ),
    *("token", "prompt", "benchmark", "dataset", "state-of-the-art"),
)
"""Common terms of the field; a sentence may use them even if its papers do not."""
Kept = Callable[[str, Sequence[Claim], frozenset[int], Language], tuple[Claim, ...]]
"""(name of the part, claims, papers that they may cite, their language) → the claims that are supported."""


def check(
    digest: Digest,
    edition: Edition,
    glossary: Mapping[str, str],
    boundary: SectionBoundary,
    frame_language: Language | None = None,
) -> Digest:
    """`digest` without the claims and lines that its papers do not support; what cannot be checked is not supported.

    Their number is added to `model.dropped_claims`. A claim is supported if it cites only papers of its section, if
    the papers it cites contain each of its quotes word for word and, outside the quotes, each number with its unit and
    each name, and if it is in the digest's language, without links, repetition or boilerplate. The number of the
    papers cited and common terms need no support. `frame_language` is that of the fixed words around the excerpts of
    extractive sections, by default the digest's.
    """
    judge, language, numbers = Judge(edition, glossary), digest.language, count(1)

    def is_kept(name: str, claim: Claim, allowed: frozenset[int], written_in: Language) -> bool:
        # A unit of its own, because the next claim that can be checked would clear the failure of this one.
        unit = section_unit(edition.day, language, f"{name}, claim {next(numbers)}")
        return boundary.run_or(unit, partial(judge.is_supported, claim, allowed, written_in), instead=False)

    def kept(name: str, claims: Sequence[Claim], allowed: frozenset[int], written_in: Language) -> tuple[Claim, ...]:
        supported = tuple(claim for claim in claims if is_kept(name, claim, allowed, written_in))
        judge.dropped += len(claims) - len(supported)
        return supported

    sections = tuple(
        _checked_section(section, kept, frame_language or language if section.extractive else language)
        for section in digest.sections
    )
    highlights = kept("highlights", digest.highlights, judge.all_papers, language)
    papers = tuple(_checked_line(paper, kept, judge.all_papers, language) for paper in digest.papers)
    return replace(
        digest,
        sections=sections,
        highlights=highlights,
        papers=papers,
        model=replace(digest.model, dropped_claims=digest.model.dropped_claims + judge.dropped),
    )


class Judge:
    """Checks sentences against the papers of one edition; `dropped` counts those that `check` removed."""

    def __init__(self, edition: Edition, glossary: Mapping[str, str]) -> None:
        self._texts = {
            item.n: inner_quotes(f"{item.paper.title} {readable(item.paper.abstract)}") for item in edition.ranked
        }
        self._titles = "".join(item.paper.title for item in edition.ranked)
        self._common = common_words(glossary, COMMON)
        self.all_papers = frozenset(self._texts)
        self.dropped = 0

    def is_supported(self, claim: Claim, allowed: frozenset[int], language: str) -> bool:
        return not self.faults(claim, allowed, language)

    def faults(self, claim: Claim, allowed: frozenset[int], language: str) -> list[str]:
        """The reasons why a claim is not supported, written for the model that repairs it; empty if it is supported."""
        if not claim.papers or not allowed.issuperset(claim.papers):
            return ["it names no paper, or one that is not in this section"]
        texts = tuple(self._texts[n] for n in claim.papers)
        evidence = evidence_in(texts)
        quotes, frame = _QUOTE.findall(claim.text), _QUOTE.sub(" ", claim.text)
        faults = [f"the quote “{quote[:40]}…” is in no paper named" for quote in quotes if not _in_any(quote, texts)]
        faults += number_faults(frame, evidence, [len(claim.papers)])
        faults += name_faults(frame, evidence, self._common, language)
        return [*faults, *style_faults(claim.text, language, self._titles)]


def _in_any(quote: str, texts: tuple[str, ...]) -> bool:
    return any(quote in text for text in texts)


def _checked_section(section: Section, kept: Kept, written_in: Language) -> Section:
    if section.synthesis is None:
        return section
    allowed = frozenset(section.papers)
    parts = {
        field: kept(section.category, getattr(section.synthesis, field), allowed, written_in)
        for field in SYNTHESIS_FIELDS
    }
    return replace(section, synthesis=Synthesis(**parts))


def _checked_line(paper: DigestPaper, kept: Kept, allowed: frozenset[int], written_in: Language) -> DigestPaper:
    if not paper.tldr or kept(paper.category, [Claim(paper.tldr, (paper.n,))], allowed, written_in):
        return paper
    return replace(paper, tldr="")
