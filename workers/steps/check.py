"""Step 7: keep only what the papers support; whoever wrote it."""

import re
from collections.abc import Mapping
from dataclasses import replace

from workers.domain.models import (
    FIVE_PARTS,
    Claim,
    Digest,
    Edition,
    Listed,
    Section,
    Synthesis,
)
from workers.latex import readable
from workers.steps.extract import inner_quotes

_QUOTE = re.compile(r"“([^”]*)”")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9.+#-]*")
_HANGUL = re.compile(r"[가-힣]")


def check(digest: Digest, edition: Edition, glossary: Mapping[str, str]) -> Digest:
    """`digest` without the claims and lines its papers do not hold; how many fell stands in `model.dropped_claims`.

    A claim stands if it names papers of its section, each quote stands in one of them word for word, and each number
    and name outside the quotes does too. Counts of the papers named and the glossary's words are free.
    """
    texts = {item.n: inner_quotes(f"{item.paper.title} {readable(item.paper.abstract)}") for item in edition.placed}
    judge = _Judge(texts, glossary)
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


class _Judge:
    def __init__(self, texts: Mapping[int, str], glossary: Mapping[str, str]) -> None:
        self._texts = texts
        self._common = {word for phrase in glossary for word in phrase.split()}
        self.all_papers = frozenset(texts)
        self.dropped = 0

    def stands(self, claim: Claim, allowed: frozenset[int], language: str) -> bool:
        if not claim.papers or not allowed.issuperset(claim.papers):
            return False
        texts = [self._texts[n] for n in claim.papers]
        quotes, frame = _QUOTE.findall(claim.text), _QUOTE.sub(" ", claim.text)
        if not all(any(quote in text for text in texts) for quote in quotes):
            return False
        if not _in_language(frame, language):
            return False
        return self._numbers_stand(frame, texts, len(claim.papers)) and self._names_stand(frame, texts, language)

    def _numbers_stand(self, frame: str, texts: list[str], count: int) -> bool:
        known = {number for text in texts for number in _NUMBER.findall(text)} | {str(count)}
        return known.issuperset(_NUMBER.findall(frame))

    def _names_stand(self, frame: str, texts: list[str], language: str) -> bool:
        """In English only words with a capital inside or a digit are names; in Korean text every Latin word is."""
        words = [word.rstrip(".-") for word in _NAME.findall(frame)]
        names = words if language == "ko" else [word for word in words if re.search(r"[A-Z0-9]", word[1:])]
        held = {word.rstrip(".-").lower() for text in texts for word in _NAME.findall(text)}
        return all(name.lower() in held or name.lower() in self._common for name in names)


def _in_language(frame: str, language: str) -> bool:
    """What is not quoted is Korean in a Korean digest, and holds no Hangul in any other."""
    hangul = _HANGUL.search(frame) is not None
    return hangul or not frame.strip(" .—") if language == "ko" else not hangul


def _checked_section(section: Section, judge: _Judge, language: str) -> Section:
    if section.synthesis is None:
        return section
    allowed, parts = frozenset(section.papers), {}
    for part in FIVE_PARTS:
        claims: tuple[Claim, ...] = getattr(section.synthesis, part)
        parts[part] = tuple(claim for claim in claims if judge.stands(claim, allowed, language))
        judge.dropped += len(claims) - len(parts[part])
    return replace(section, synthesis=Synthesis(**parts))


def _checked_line(paper: Listed, judge: _Judge, language: str) -> Listed:
    if not paper.tldr or judge.stands(Claim(paper.tldr, (paper.n,)), judge.all_papers, language):
        return paper
    judge.dropped += 1
    return replace(paper, tldr="")
