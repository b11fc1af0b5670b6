"""Without a model: write the edition from sentences that are quoted from the abstracts."""

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
from workers.domain.ports import SectionBoundary
from workers.domain.units import section_unit
from workers.i18n import DigestCatalog, digest_catalog_for
from workers.i18n.lines import long_date

Phrases = Mapping[int, Sequence[str]]
"""Paper number → its key phrases, those that distinguish it most first."""

HIGHLIGHTS = 3
"""Highlights, at most."""
_PHRASES_OF_A_LINE = 3
"""Key phrases in the line of a paper, at most."""
_PHRASES_OF_A_THEME = 4
"""Key phrases in the theme of a section, at most."""
_KEYWORDS = 6
"""Keywords of a section, at most."""
_ITEMS = 4
"""Sentences of the impact and of the outlook, at most."""
_GLANCE = 240
"""Characters; a longer result becomes a highlight only where its section has no shorter one."""
_NO_EXTRACT = Extract("", "", "", "", 0.0, {})
"""Of a paper whose abstract cannot be read."""


class Extractive:
    """The writer that needs no model: fixed sentences, key phrases, and quoted sentences of the abstracts."""

    def __init__(self, categories: Sequence[Category], glossary: Mapping[str, str], boundary: SectionBoundary) -> None:
        self._categories = {category.name: category for category in categories}
        self._glossary, self._extractor, self._boundary = glossary, Extractor(glossary), boundary

    def write(self, edition: Edition, language: Language) -> Digest:
        """The digest of `edition`; a quiet edition becomes a digest without papers.

        A paper whose abstract cannot be read has no line, a section that cannot be written an empty synthesis.
        """
        catalog = digest_catalog_for(language)
        extracts = {item.n: self._extract(item, edition.day, language) for item in edition.ranked}
        phrases = _ranked_phrases(extracts)
        groups = sections(edition.ranked)
        return Digest(
            date=edition.day.isoformat(),
            language=language,
            title=catalog.title.format(date=long_date(edition.day, language)),
            highlights=tuple(_highlights(groups, extracts, catalog)),
            sections=tuple(self._section(edition.day, group, extracts, phrases, language) for group in groups),
            papers=tuple(
                self._listed(item, extracts[item.n].purpose, phrases[item.n], language) for item in edition.ranked
            ),
            collected=edition.collected,
            listed=len(edition.ranked),
            skipped=edition.skipped,
            sources=edition.sources,
            chart=chart_name(edition.day) if edition.ranked else None,
        )

    def _extract(self, item: RankedPaper, day: date, language: Language) -> Extract:
        unit = section_unit(day, language, f"{item.label} {item.n}")
        return self._boundary.run_or(unit, lambda: self._extractor.read(item.paper), _NO_EXTRACT)

    def _section(
        self,
        day: date,
        group: Sequence[RankedPaper],
        extracts: Mapping[int, Extract],
        phrases: Phrases,
        language: Language,
    ) -> Section:
        label, category, synthesis = group[0].label, self._categories.get(group[0].label), None
        if len(group) > 1:
            unit = section_unit(day, language, label)
            synthesis = self._boundary.run_or(
                unit, lambda: self._synthesis(group, extracts, phrases, language), Synthesis()
            )
        return Section(label, category.emoji if category else "", tuple(item.n for item in group), synthesis)

    def _synthesis(
        self, group: Sequence[RankedPaper], extracts: Mapping[int, Extract], phrases: Phrases, language: Language
    ) -> Synthesis:
        catalog = digest_catalog_for(language)
        return Synthesis(
            themes=self._themes(group, phrases, language),
            keywords=self._keywords(group, phrases, language),
            findings=_quotes(((item.n, extracts[item.n].result) for item in group), catalog),
            impact=_quotes(((item.n, extracts[item.n].use) for item in group), catalog)[:_ITEMS],
            outlook=_quotes(((item.n, extracts[item.n].outlook) for item in group), catalog)[:_ITEMS],
        )

    def _themes(self, group: Sequence[RankedPaper], phrases: Phrases, language: Language) -> tuple[Claim, ...]:
        by_rank = [phrases[item.n][rank : rank + 1] for rank in range(2) for item in group]
        named = self._named((phrase for ranked in by_rank for phrase in ranked), language)[:_PHRASES_OF_A_THEME]
        if not named:
            return ()
        text = digest_catalog_for(language).theme.format(phrases=", ".join(named), count=len(group))
        return (Claim(text, tuple(item.n for item in group)),)

    def _keywords(self, group: Sequence[RankedPaper], phrases: Phrases, language: Language) -> tuple[Claim, ...]:
        """The phrases that most papers share, with those papers; phrases of one paper only where none is shared."""
        holders: dict[str, list[int]] = {}
        for item in group:
            for name in self._named(phrases[item.n], language):
                holders.setdefault(name, []).append(item.n)
        shared = {name: papers for name, papers in holders.items() if len(papers) > 1}
        ranked = sorted((shared or holders).items(), key=lambda pair: -len(pair[1]))
        return tuple(Claim(name, tuple(papers)) for name, papers in ranked[:_KEYWORDS])

    def _listed(self, item: RankedPaper, purpose: str, phrases: Sequence[str], language: Language) -> DigestPaper:
        catalog, paper = digest_catalog_for(language), item.paper
        quote = catalog.quote.format(sentence=purpose) if purpose else ""
        named = " · ".join(self._named(phrases, language)[:_PHRASES_OF_A_LINE])
        line = catalog.keyed_line.format(phrases=named, quote=quote) if named and quote else quote or named
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
        """The phrases without duplicates, in Korean by the glossary and else in English."""
        return list(dict.fromkeys(self._glossary[phrase] if language == "ko" else phrase for phrase in phrases))


def chart_name(day: date) -> str:
    return f"paper_{day.isoformat()}.png"


def _ranked_phrases(extracts: Mapping[int, Extract]) -> dict[int, list[str]]:
    """Key phrases by their points and rarity, because a phrase of many papers ("dataset") says less about each."""
    shared = Counter(phrase for extract in extracts.values() for phrase in extract.phrases)
    rarity = {phrase: 1 / (1 + math.log(count)) for phrase, count in shared.items()}
    return {
        n: [phrase for phrase, _ in sorted(extract.phrases.items(), key=lambda pair: -pair[1] * rarity[pair[0]])]
        for n, extract in extracts.items()
    }


def _highlights(
    groups: Sequence[Sequence[RankedPaper]], extracts: Mapping[int, Extract], catalog: DigestCatalog
) -> list[Claim]:
    """The strongest results, one of a section, strongest first; those longer than _GLANCE come after all others."""
    best = []
    for group in groups:
        with_result = [item.n for item in group if extracts[item.n].result]
        if with_result:
            best.append(max(with_result, key=lambda n: (len(extracts[n].result) <= _GLANCE, extracts[n].strength, -n)))
    best.sort(key=lambda n: (len(extracts[n].result) > _GLANCE, -extracts[n].strength, n))
    return list(_quotes(((n, extracts[n].result) for n in best), catalog))[:HIGHLIGHTS]


def _quotes(sentences: Iterable[tuple[int, str]], catalog: DigestCatalog) -> tuple[Claim, ...]:
    return tuple(Claim(catalog.quote.format(sentence=sentence), (n,)) for n, sentence in sentences if sentence)
