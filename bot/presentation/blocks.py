"""What a chat sees of an edition: its blocks, top to bottom, before any platform's markup."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import zip_longest

from bot.i18n import catalog_for, language_name
from bot.presentation.keywords import MOST, DayPapers, KeywordMatcher, hits, load_day_papers
from workers.domain.blocks import (
    AnswerBlock,
    Bar,
    Block,
    ChoiceBlock,
    Hit,
    KeywordBlock,
    OnesBlock,
    OverviewBlock,
    SectionBlock,
    TextBlock,
)
from workers.domain.deliveries import EVERYTHING, Choice, Content, Delivery, Layout, PictureName, View
from workers.domain.models import (
    SYNTHESIS_FIELDS,
    Category,
    Claim,
    Digest,
    DigestPaper,
    Section,
    SourceReport,
    Synthesis,
    Text,
)
from workers.domain.questions import Question
from workers.i18n import digest_catalog_for
from workers.i18n.lines import model_line, reasons_line, short_name, source_line
from workers.store import Store

MAIN_SOURCE = "arxiv"
"""The source whose absence readers would notice."""


def blocks(digest: Digest, categories: Sequence[Category], whole: Digest | None = None) -> list[Block]:
    """The opening, a block per category of two papers and more, the one-paper block, the closing lines.

    A quiet day is one line. `whole` is the edition whose sections are counted where `digest` is a part of it.
    """
    if not digest.papers:
        return [TextBlock((digest_catalog_for(digest.language).quiet.format(date=digest.date),))]
    known, papers = {category.name: category for category in categories}, {paper.n: paper for paper in digest.papers}
    several = [section for section in digest.sections if len(section.papers) > 1]
    shown: list[Block] = [_opening(digest, categories)]
    place = places(whole or digest)
    shown += [_section(each, papers, known, digest.language, place[each.category]) for each in several]
    ones = [section for section in digest.sections if len(section.papers) == 1]
    if ones:
        rows = tuple((one.emoji, _named(one, known, digest.language), papers[one.papers[0]]) for one in ones)
        shown.append(OnesBlock(digest_catalog_for(digest.language).one_each, rows))
    shown.append(TextBlock(_closing_lines(digest)))
    return shown


def content_blocks(content: Content, delivery: Delivery, categories: Sequence[Category], store: Store) -> list[Block]:
    """What a delivery shows: an edition as its chat sees it, a notice, or a question with its answer."""
    match content:
        case Text():
            view, day = delivery.view, date.fromisoformat(content.digest.date)
            languages = store.texts.languages(day)
            return chat_blocks(content.digest, categories, view, load_day_papers(store, day, view), languages)
        case Question():
            return question_blocks(content)
        case _:
            return [TextBlock(tuple(content.splitlines()))]


def question_blocks(question: Question) -> list[Block]:
    """The answer; until there is one the line that says so; a choice for each paper that may be meant."""
    given, said = question.answer, catalog_for(question.asked.language)
    if given is None:
        return [TextBlock((said.reading,))]
    if not given.heads:
        asks = [
            Choice(f"{label} {title}"[:60], f"/again {question.question_id} {label}") for label, title in given.choices
        ]
        return [TextBlock((given.line,)), *([ChoiceBlock(tuple(asks))] if asks else [])]
    return [AnswerBlock(given)]


def chart_of(content: Content, delivery: Delivery) -> str:
    """The name of the edition's picture; "" where there is none."""
    if not isinstance(content, Text) or not content.chart_png or not delivery.day:
        return ""
    return str(PictureName(delivery.day, content.digest.language, delivery.revision))


def chat_blocks(
    digest: Digest,
    categories: Sequence[Category],
    view: View = EVERYTHING,
    day_papers: DayPapers | None = None,
    languages: Sequence[str] = (),
) -> list[Block]:
    """What a chat is posted: counts in the opening, no bookkeeping, and trouble only where arXiv itself is missing.

    `day_papers` is needed where the view has words; `languages` are those that the edition is there in.
    """
    if not digest.papers:
        return blocks(digest, categories)
    said, seen = catalog_for(view.language), narrowed(digest, view, day_papers)
    found = hits(view, day_papers, seen.papers) if view.include and day_papers else []
    if not seen.papers and not found:
        return [TextBlock((said.nothing_for_you.format(date=digest.date),))]
    shown: list[Block] = [_opening(seen, categories)]
    if seen.papers:
        shown = blocks(seen, categories, digest)[:-1]
    opening = shown[0]
    if isinstance(opening, OverviewBlock):
        chosen = digest_catalog_for(digest.language).chart_title.format(
            listed=f"{digest.listed:,}", new=f"{digest.new:,}"
        )
        part = said.shown_of.format(shown=len(seen.papers), listed=digest.listed)
        shown[0] = replace(opening, tally=chosen if len(seen.papers) == digest.listed else part)
    if found:
        shown.insert(1, keyword_block(found, view.language))
    compact = view.layout == Layout.COMPACT
    rest = [each for block in shown for each in _with_choices(block, digest, view.language, compact)]
    missing = [source_line(report, digest.language) for report in digest.sources if _is_main_and_failed(report)]
    toc = [replace(choice, private=True) for choice in contents(seen, categories, digest)] if compact else []
    last = [*toc, *other_languages(digest, languages)]
    below = [*missing, *([said.more_below] if toc else [])]
    return [*rest, *([TextBlock(tuple(below))] if below else []), *([ChoiceBlock(tuple(last))] if last else [])]


def narrowed(digest: Digest, view: View, day_papers: DayPapers | None = None) -> Digest:
    """The papers that a chat sees, under their numbers; a claim goes when all its papers are hidden.

    Of too many the best of each category stay, category by category in turn.
    """
    hidden = KeywordMatcher(view.exclude)
    allowed = {
        paper.n
        for paper in digest.papers
        if (not view.categories or paper.category in view.categories)
        and not (day_papers and paper.n in day_papers.listed and hidden(day_papers.listed[paper.n]))
    }
    if view.limit and len(allowed) > view.limit:
        ranks = [[n for n in section.papers if n in allowed] for section in digest.sections]
        turns = [n for rank in zip_longest(*ranks) for n in rank if n is not None]
        allowed = set(turns[: view.limit])
    if len(allowed) == len(digest.papers):
        return digest
    sections = [
        replace(
            section,
            papers=tuple(n for n in section.papers if n in allowed),
            synthesis=_visible(section.synthesis, allowed) if section.synthesis else None,
        )
        for section in digest.sections
    ]
    return replace(
        digest,
        papers=tuple(paper for paper in digest.papers if paper.n in allowed),
        sections=tuple(section for section in sections if section.papers),
        highlights=_claims(digest.highlights, allowed),
    )


def _visible(synthesis: Synthesis, allowed: set[int]) -> Synthesis:
    return Synthesis(**{part: _claims(getattr(synthesis, part), allowed) for part in SYNTHESIS_FIELDS})


def _claims(claims: Sequence[Claim], allowed: set[int]) -> tuple[Claim, ...]:
    return tuple(claim for claim in claims if allowed & set(claim.papers))


def keyword_block(found: Sequence[Hit], language: str) -> KeywordBlock:
    said = catalog_for(language)
    left = len(found) - MOST
    more = said.more_hits.format(count=left) if left > 0 else ""
    return KeywordBlock(said.keywords, tuple(found[:MOST]), more)


def _with_choices(block: Block, digest: Digest, language: str, compact: bool) -> list[Block]:
    """Under each section the way to ask about it; compact sections have no synthesis."""
    if not isinstance(block, SectionBlock):
        return [block]
    if compact:
        return [replace(block, synthesis=None)]
    ask = Choice(catalog_for(language).ask_here, f"/ask {digest.date} {block.place}")
    return [block, ChoiceBlock((ask,))] if block.place else [block]


def contents(digest: Digest, categories: Sequence[Category], whole: Digest | None = None) -> list[Choice]:
    """A choice for each section, which shows it."""
    known, place = {category.name: category for category in categories}, places(whole or digest)
    return [
        Choice(
            f"{section.emoji} {_named(section, known, digest.language)}",
            f"/digest {digest.date} {place[section.category]} {digest.language}",
        )
        for section in digest.sections
    ]


def other_languages(digest: Digest, languages: Sequence[str]) -> list[Choice]:
    """The same edition in the other languages that it is there in."""
    return [
        Choice(language_name(language), f"/digest {digest.date} {language}", private=True)
        for language in languages
        if language != digest.language
    ]


def _is_main_and_failed(report: SourceReport) -> bool:
    return report.status == "failed" and report.name == MAIN_SOURCE


def first_screen(shown: Sequence[Block], rest: str) -> list[Block]:
    """What fits one screen: the opening, the first category, and how to see the rest (`rest` takes a count)."""
    kept, left = list(shown[:2]), [block for block in shown[2:] if not isinstance(block, TextBlock)]
    return [*kept, TextBlock((rest.format(count=len(left)),))] if left else list(shown)


def category_blocks(digest: Digest, categories: Sequence[Category], include: str) -> list[Block]:
    """The one block whose category is called `include`, in any language and case, or has that place; else empty."""
    known, papers = {category.name: category for category in categories}, {paper.n: paper for paper in digest.papers}
    place = places(digest)

    def names(section: Section) -> set[str]:
        others = known[section.category].all_names if section.category in known else ()
        return {str(place[section.category]), *(name.casefold() for name in (section.category, *others))}

    return [
        _section(section, papers, known, digest.language, place[section.category])
        for section in digest.sections
        if include.strip().casefold() in names(section)
    ]


def places(digest: Digest) -> dict[str, int]:
    """Category → which section of the edition it is, from 1."""
    return {section.category: place for place, section in enumerate(digest.sections, start=1)}


def tally(digest: Digest) -> str:
    """How many lines of the sources became how many papers, and which were merged: `12건 → 11편 (…)`."""
    words = digest_catalog_for(digest.language)
    line = words.tally.format(entries=f"{digest.entries:,}", papers=f"{digest.collected:,}")
    several = [paper for paper in digest.papers if len(paper.sources) > 1]
    if len(several) == 1:
        count = len(several[0].sources)
        places = words.places[count] if count < len(words.places) else words.places_many.format(count=count)
        return f"{line} ({words.merged_one.format(name=short_name(several[0].title), places=places)})"
    return f"{line} ({words.merged_many.format(count=len(several))})" if several else line


def _opening(digest: Digest, categories: Sequence[Category]) -> OverviewBlock:
    counts = Counter({section.category: len(section.papers) for section in digest.sections})
    bars = sorted(
        (Bar(each.named(digest.language), counts[each.name], each.colour) for each in categories if counts[each.name]),
        key=lambda bar: -bar.count,
    )
    return OverviewBlock(digest.title, tally(digest), tuple(bars), digest.highlights)


def _section(
    section: Section, papers: dict[int, DigestPaper], known: dict[str, Category], language: str, place: int
) -> SectionBlock:
    return SectionBlock(
        emoji=section.emoji,
        name=_named(section, known, language),
        papers=tuple(papers[n] for n in section.papers),
        synthesis=_shown(section, language),
        extractive=section.extractive,
        place=place,
    )


def _shown(section: Section, language: str) -> Synthesis | None:
    """What of the five parts a message shows: English quotations under Korean headings are left to the report."""
    if section.synthesis is None or not section.extractive or language == "en":
        return section.synthesis
    return Synthesis(keywords=section.synthesis.keywords)


def _named(section: Section, known: dict[str, Category], language: str) -> str:
    return known[section.category].named(language) if section.category in known else section.category


def _closing_lines(digest: Digest) -> tuple[str, ...]:
    words = digest_catalog_for(digest.language)
    chosen = words.footer.format(collected=f"{digest.collected:,}", new=f"{digest.new:,}", listed=f"{digest.listed:,}")
    troubles = [source_line(report, digest.language) for report in digest.sources]
    note = words.excerpt_note if any(section.extractive for section in digest.sections) else ""
    books = reasons_line(digest.skipped, digest.language)
    return tuple(filter(None, [chosen, books, *troubles, note, model_line(digest)]))
