"""Step 6: write the edition in one language out of the abstracts' own sentences."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from workers.digest.arrange import sections
from workers.digest.sentences import Extract, Extractor
from workers.domain.models import (
    Category,
    Claim,
    Digest,
    DigestPaper,
    Edition,
    Language,
    RankedPaper,
    Section,
    Synthesis,
)
from workers.i18n import DigestCatalog, digest_catalog_for
from workers.i18n.lines import long_date

Phrases = Mapping[int, Sequence[str]]
"""Paper number → its key phrases, the most telling first."""

HIGHLIGHTS = 3
_PHRASES_OF_A_LINE = 3
_PHRASES_OF_A_THEME = 4
_KEYWORDS = 6
_ITEMS = 4
"""Sentences of the impact and of the outlook, at most."""
_GLANCE = 240
"""Characters of a highlight, at most, where the section has a shorter result."""


class Extractive:
    """The writer that needs no model: Korean frame and key phrases, quoted sentences, nothing invented."""

    def __init__(self, categories: Sequence[Category], glossary: Mapping[str, str]) -> None:
        self._categories = {category.name: category for category in categories}
        self._glossary, self._extractor = glossary, Extractor(glossary)

    def write(self, edition: Edition, language: Language) -> Digest:
        """The digest of `edition`; a quiet edition becomes a digest without papers."""
        words = digest_catalog_for(language)
        read = {item.n: self._extractor.read(item.paper) for item in edition.placed}
        phrases = _ranked_phrases(read)
        groups = sections(edition.placed)
        return Digest(
            date=edition.day.isoformat(),
            language=language,
            title=words.title.format(date=long_date(edition.day, language)),
            highlights=tuple(_highlights(groups, read, words)),
            sections=tuple(self._section(group, read, phrases, language) for group in groups),
            papers=tuple(
                self._listed(item, read[item.n].purpose, phrases[item.n], language) for item in edition.placed
            ),
            collected=edition.collected,
            listed=len(edition.placed),
            skipped=edition.skipped,
            sources=edition.sources,
            chart=chart_name(edition.day) if edition.placed else None,
        )

    def _section(
        self, group: Sequence[RankedPaper], read: Mapping[int, Extract], phrases: Phrases, language: Language
    ) -> Section:
        words, category = digest_catalog_for(language), self._categories.get(group[0].label)
        synthesis = None
        if len(group) > 1:
            synthesis = Synthesis(
                themes=self._themes(group, phrases, language),
                keywords=self._keywords(group, phrases, language),
                findings=_quotes(((item.n, read[item.n].result) for item in group), words),
                impact=_quotes(((item.n, read[item.n].use) for item in group), words)[:_ITEMS],
                outlook=_quotes(((item.n, read[item.n].outlook) for item in group), words)[:_ITEMS],
            )
        return Section(group[0].label, category.emoji if category else "", tuple(item.n for item in group), synthesis)

    def _themes(self, group: Sequence[RankedPaper], phrases: Phrases, language: Language) -> tuple[Claim, ...]:
        by_rank = [phrases[item.n][rank : rank + 1] for rank in range(2) for item in group]
        named = self._named((phrase for held in by_rank for phrase in held), language)[:_PHRASES_OF_A_THEME]
        if not named:
            return ()
        told = digest_catalog_for(language).theme.format(phrases=", ".join(named), count=len(group))
        return (Claim(told, tuple(item.n for item in group)),)

    def _keywords(self, group: Sequence[RankedPaper], phrases: Phrases, language: Language) -> tuple[Claim, ...]:
        """Phrases by the number of papers that share them; those of one paper only where none is shared."""
        holders: dict[str, list[int]] = {}
        for item in group:
            for name in self._named(phrases[item.n], language):
                holders.setdefault(name, []).append(item.n)
        shared = {name: papers for name, papers in holders.items() if len(papers) > 1}
        ranked = sorted((shared or holders).items(), key=lambda pair: -len(pair[1]))
        return tuple(Claim(name, tuple(papers)) for name, papers in ranked[:_KEYWORDS])

    def _listed(self, item: RankedPaper, purpose: str, phrases: Sequence[str], language: Language) -> DigestPaper:
        words, paper = digest_catalog_for(language), item.paper
        quote = words.quote.format(sentence=purpose) if purpose else ""
        named = " · ".join(self._named(phrases, language)[:_PHRASES_OF_A_LINE])
        line = words.keyed_line.format(phrases=named, quote=quote) if named and quote else quote or named
        return DigestPaper(
            n=item.n,
            arxiv_id=paper.arxiv_id,
            title=paper.title,
            authors=paper.authors,
            links=paper.links,
            category=item.label,
            tldr=line,
            upvotes=paper.upvotes,
            sources=paper.sources,
        )

    def _named(self, phrases: Iterable[str], language: Language) -> list[str]:
        return list(dict.fromkeys(self._glossary[phrase] if language == "ko" else phrase for phrase in phrases))


def chart_name(day: date) -> str:
    return f"paper_{day.isoformat()}.png"


def _ranked_phrases(read: Mapping[int, Extract]) -> dict[int, list[str]]:
    """A phrase that many of the day's papers share tells less of each ("dataset", "large language model")."""
    shared = Counter(phrase for extract in read.values() for phrase in extract.phrases)
    rarity = {phrase: 1 / (1 + math.log(count)) for phrase, count in shared.items()}
    return {
        n: [phrase for phrase, _ in sorted(extract.phrases.items(), key=lambda held: -held[1] * rarity[held[0]])]
        for n, extract in read.items()
    }


def _highlights(
    groups: Sequence[Sequence[RankedPaper]], read: Mapping[int, Extract], words: DigestCatalog
) -> list[Claim]:
    """The strongest results of different sections, strongest first; the earlier section of equals."""
    best = []
    for group in groups:
        held = [item.n for item in group if read[item.n].result]
        if held:
            best.append(max(held, key=lambda n: (len(read[n].result) <= _GLANCE, read[n].strength, -n)))
    best.sort(key=lambda n: (len(read[n].result) > _GLANCE, -read[n].strength, n))
    return list(_quotes(((n, read[n].result) for n in best), words))[:HIGHLIGHTS]


def _quotes(sentences: Iterable[tuple[int, str]], words: DigestCatalog) -> tuple[Claim, ...]:
    return tuple(Claim(words.quote.format(sentence=sentence), (n,)) for n, sentence in sentences if sentence)
