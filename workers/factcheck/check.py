"""Step 7: keep only what the papers support; whoever wrote it."""

import re
from collections.abc import Mapping
from dataclasses import replace

from workers.domain.models import SYNTHESIS_FIELDS, Claim, Digest, DigestPaper, Edition, Section, Synthesis
from workers.factcheck.evidence import Evidence, common_words, manner_faults, name_faults, number_faults
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
"""Terms of the field that any paper may be described with."""


def check(digest: Digest, edition: Edition, glossary: Mapping[str, str]) -> Digest:
    """`digest` without the claims and lines its papers do not hold; how many fell stands in `model.dropped_claims`.

    A claim stands if it names papers of its section, each quote stands in one of them word for word, each number with
    its unit and each name outside the quotes does too, and it is written in the digest's language, without links,
    repetition or phrases that would stand under any paper. Counts of the papers named and common terms are free.
    """
    judge = Judge(edition, glossary)
    sections = tuple(_checked_section(section, judge, digest.language) for section in digest.sections)
    highlights = tuple(claim for claim in digest.highlights if judge.stands(claim, judge.all_papers, digest.language))
    judge.dropped += len(digest.highlights) - len(highlights)
    papers = tuple(_checked_line(paper, judge, digest.language) for paper in digest.papers)
    return replace(
        digest,
        sections=sections,
        highlights=highlights,
        papers=papers,
        model=replace(digest.model, dropped_claims=digest.model.dropped_claims + judge.dropped),
    )


class Judge:
    """Holds sentences against the papers of one edition; `dropped` counts what fell."""

    def __init__(self, edition: Edition, glossary: Mapping[str, str]) -> None:
        self._texts = {
            item.n: inner_quotes(f"{item.paper.title} {readable(item.paper.abstract)}") for item in edition.placed
        }
        self._titles = "".join(item.paper.title for item in edition.placed)
        self._common = common_words(glossary, COMMON)
        self.all_papers = frozenset(self._texts)
        self.dropped = 0

    def stands(self, claim: Claim, allowed: frozenset[int], language: str) -> bool:
        return not self.faults(claim, allowed, language)

    def faults(self, claim: Claim, allowed: frozenset[int], language: str) -> list[str]:
        """Why a claim does not stand, in words that its writer can act on; empty where it does."""
        if not claim.papers or not allowed.issuperset(claim.papers):
            return ["it names no paper, or one that is not of this section"]
        texts = tuple(self._texts[n] for n in claim.papers)
        evidence = Evidence(texts)
        quotes, frame = _QUOTE.findall(claim.text), _QUOTE.sub(" ", claim.text)
        wrong = [f"the quote “{quote[:40]}…” stands in no paper named" for quote in quotes if not _in_any(quote, texts)]
        wrong += number_faults(frame, evidence, [len(claim.papers)])
        wrong += name_faults(frame, evidence, self._common, language)
        return [*wrong, *manner_faults(claim.text, language, self._titles)]


def _in_any(quote: str, texts: tuple[str, ...]) -> bool:
    return any(quote in text for text in texts)


def _checked_section(section: Section, judge: Judge, language: str) -> Section:
    if section.synthesis is None:
        return section
    allowed, parts = frozenset(section.papers), {}
    for part in SYNTHESIS_FIELDS:
        claims: tuple[Claim, ...] = getattr(section.synthesis, part)
        parts[part] = tuple(claim for claim in claims if judge.stands(claim, allowed, language))
        judge.dropped += len(claims) - len(parts[part])
    return replace(section, synthesis=Synthesis(**parts))


def _checked_line(paper: DigestPaper, judge: Judge, language: str) -> DigestPaper:
    if not paper.tldr or judge.stands(Claim(paper.tldr, (paper.n,)), judge.all_papers, language):
        return paper
    judge.dropped += 1
    return replace(paper, tldr="")
