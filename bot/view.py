"""What a chat sees of an edition: its blocks, top to bottom, before any platform's markup."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from workers.domain.blocks import Bar, Block, Closing, OnesBlock, Opening, SectionBlock
from workers.domain.models import Category, Digest, Listed, Section, SourceReport, Synthesis
from workers.wording import model_line, reasons_line, short_name, source_line, wording

MAIN_SOURCE = "arxiv"
"""The source whose absence readers would notice."""


def blocks(digest: Digest, categories: Sequence[Category]) -> list[Block]:
    """The opening, a block per category of two papers and more, the one-paper block, the closing lines.

    A quiet day is one line.
    """
    if not digest.papers:
        return [Closing((wording(digest.language).quiet.format(date=digest.date),))]
    known, papers = {category.name: category for category in categories}, {paper.n: paper for paper in digest.papers}
    several = [section for section in digest.sections if len(section.papers) > 1]
    shown: list[Block] = [_opening(digest, categories)]
    shown += [_section(section, papers, known, digest.language) for section in several]
    ones = [section for section in digest.sections if len(section.papers) == 1]
    if ones:
        rows = tuple((one.emoji, _named(one, known, digest.language), papers[one.papers[0]]) for one in ones)
        shown.append(OnesBlock(wording(digest.language).one_each, rows))
    shown.append(Closing(_closing_lines(digest)))
    return shown


def chat_blocks(digest: Digest, categories: Sequence[Category]) -> list[Block]:
    """What a chat is posted: counts in the opening, no bookkeeping, and trouble only where arXiv itself is missing."""
    shown = blocks(digest, categories)
    if not digest.papers:
        return shown
    opening = shown[0]
    if isinstance(opening, Opening):
        chosen = wording(digest.language).chart_title.format(listed=f"{digest.listed:,}", new=f"{digest.new:,}")
        shown[0] = replace(opening, tally=chosen)
    missing = [source_line(report, digest.language) for report in digest.sources if _is_main_and_failed(report)]
    return [*shown[:-1], *([Closing(tuple(missing))] if missing else [])]


def _is_main_and_failed(report: SourceReport) -> bool:
    return report.status == "failed" and report.name == MAIN_SOURCE


def first_screen(shown: Sequence[Block], rest: str) -> list[Block]:
    """What fits one screen: the opening, the first category, and how to see the rest (`rest` takes a count)."""
    kept, left = list(shown[:2]), [block for block in shown[2:] if not isinstance(block, Closing)]
    return [*kept, Closing((rest.format(count=len(left)),))] if left else list(shown)


def category_blocks(digest: Digest, categories: Sequence[Category], wanted: str) -> list[Block]:
    """The one block whose category is called `wanted`, in any language and case; empty where there is none."""
    known, papers = {category.name: category for category in categories}, {paper.n: paper for paper in digest.papers}
    names = {wanted.strip().casefold()}
    return [
        _section(section, papers, known, digest.language)
        for section in digest.sections
        if names & {section.category.casefold(), _named(section, known, "ko").casefold()}
    ]


def tally(digest: Digest) -> str:
    """How many lines of the sources became how many papers, and which were merged: `12건 → 11편 (…)`."""
    words = wording(digest.language)
    line = words.tally.format(entries=f"{digest.entries:,}", papers=f"{digest.collected:,}")
    several = [paper for paper in digest.papers if len(paper.sources) > 1]
    if len(several) == 1:
        count = len(several[0].sources)
        places = words.places[count] if count < len(words.places) else words.places_many.format(count=count)
        return f"{line} ({words.merged_one.format(name=short_name(several[0].title), places=places)})"
    return f"{line} ({words.merged_many.format(count=len(several))})" if several else line


def _opening(digest: Digest, categories: Sequence[Category]) -> Opening:
    counts = Counter({section.category: len(section.papers) for section in digest.sections})
    bars = sorted(
        (Bar(each.named(digest.language), counts[each.name], each.colour) for each in categories if counts[each.name]),
        key=lambda bar: -bar.count,
    )
    return Opening(digest.title, tally(digest), tuple(bars), digest.highlights)


def _section(section: Section, papers: dict[int, Listed], known: dict[str, Category], language: str) -> SectionBlock:
    return SectionBlock(
        emoji=section.emoji,
        name=_named(section, known, language),
        papers=tuple(papers[n] for n in section.papers),
        synthesis=_shown(section, language),
        extractive=section.extractive,
    )


def _shown(section: Section, language: str) -> Synthesis | None:
    """What of the five parts a message shows: English quotations under Korean headings are left to the report."""
    if section.synthesis is None or not section.extractive or language == "en":
        return section.synthesis
    return Synthesis(keywords=section.synthesis.keywords)


def _named(section: Section, known: dict[str, Category], language: str) -> str:
    return known[section.category].named(language) if section.category in known else section.category


def _closing_lines(digest: Digest) -> tuple[str, ...]:
    words = wording(digest.language)
    chosen = words.footer.format(collected=f"{digest.collected:,}", new=f"{digest.new:,}", listed=f"{digest.listed:,}")
    troubles = [source_line(report, digest.language) for report in digest.sources]
    note = words.excerpt_note if any(section.extractive for section in digest.sections) else ""
    books = reasons_line(digest.skipped, digest.language)
    return tuple(filter(None, [chosen, books, *troubles, note, model_line(digest)]))
