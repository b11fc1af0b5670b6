"""The blocks that a chat sees of an edition, top to bottom, before any platform's markup."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from bot.i18n import catalog_for, language_name
from bot.presentation.keywords import MOST, DayPapers, hits, load_day_papers
from bot.presentation.narrow import narrowed
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
    Category,
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
"""The source whose failure readers are informed of."""


def blocks(digest: Digest, categories: Sequence[Category], whole: Digest | None = None) -> list[Block]:
    """The overview, a block for each category of two or more papers, one for all others, the closing lines.

    A day without papers is one line. If `digest` is a part of an edition, `whole` is that edition, by which sections
    are numbered.
    """
    if not digest.papers:
        hidden = whole is not None and whole.papers
        line = catalog_for(digest.language).nothing_for_you if hidden else digest_catalog_for(digest.language).quiet
        return [TextBlock((line.format(date=digest.date),))]
    known, papers = {category.name: category for category in categories}, {paper.n: paper for paper in digest.papers}
    several = [section for section in digest.sections if len(section.papers) > 1]
    shown: list[Block] = [_overview(digest, categories)]
    place = places(whole or digest)
    shown += [_section(section, papers, known, digest.language, place[section.category]) for section in several]
    ones = [section for section in digest.sections if len(section.papers) == 1]
    if ones:
        rows = tuple((one.emoji, _named(one, known, digest.language), papers[one.papers[0]]) for one in ones)
        shown.append(OnesBlock(digest_catalog_for(digest.language).one_each, rows))
    shown.append(TextBlock(_closing_lines(digest)))
    return shown


def content_blocks(content: Content, delivery: Delivery, categories: Sequence[Category], store: Store) -> list[Block]:
    """The blocks of a delivery: an edition as its chat sees it, a notice, or an answer."""
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
    """The answer, or a line that says it is being written, or a choice for each paper that may be meant."""
    answer = question.answer
    if answer is None:
        return [TextBlock((catalog_for(question.asked.language).reading,))]
    if not answer.heads:
        choices = [
            Choice(f"{label} {title}"[:60], f"/again {question.question_id} {label}") for label, title in answer.choices
        ]
        return [TextBlock((answer.line,)), *([ChoiceBlock(tuple(choices))] if choices else [])]
    return [AnswerBlock(answer)]


def chart_of(content: Content, delivery: Delivery) -> str:
    """The name of the edition's chart; "" if there is none."""
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
    """The blocks of an edition for a chat: no closing lines, but a line if the main source is incomplete.

    `day_papers` is needed if the view has keywords; `languages` are all languages of the edition.
    """
    if not digest.papers:
        return blocks(digest, categories)
    catalog, visible = catalog_for(view.language), narrowed(digest, view, day_papers)
    found = hits(view, day_papers, visible.papers) if view.include and day_papers else []
    if not visible.papers and not found:
        return [TextBlock((catalog.nothing_for_you.format(date=digest.date),))]
    shown: list[Block] = [_overview(visible, categories)]
    if visible.papers:
        shown = blocks(visible, categories, digest)[:-1]
    first = shown[0]
    if isinstance(first, OverviewBlock):
        chosen = digest_catalog_for(digest.language).chart_title.format(
            listed=f"{digest.listed:,}", new=f"{digest.new:,}"
        )
        part = catalog.shown_of.format(shown=len(visible.papers), listed=digest.listed)
        shown[0] = replace(first, tally=chosen if len(visible.papers) == digest.listed else part)
    if found:
        shown.insert(1, keyword_block(found, view.language))
    compact = view.layout == Layout.COMPACT
    shown = [part for block in shown for part in _with_choices(block, digest, view.language, compact)]
    missing = [source_line(report, digest.language) for report in digest.sources if _is_main_and_incomplete(report)]
    sections = [replace(choice, private=True) for choice in contents(visible, categories, digest)] if compact else []
    choices = [*sections, *other_languages(digest, languages)]
    below = [*missing, *([catalog.more_below] if sections else [])]
    return [*shown, *([TextBlock(tuple(below))] if below else []), *([ChoiceBlock(tuple(choices))] if choices else [])]


def keyword_block(found: Sequence[Hit], language: str) -> KeywordBlock:
    catalog = catalog_for(language)
    left = len(found) - MOST
    more = catalog.more_hits.format(count=left) if left > 0 else ""
    return KeywordBlock(catalog.keywords, tuple(found[:MOST]), more)


def _with_choices(block: Block, digest: Digest, language: str, compact: bool) -> list[Block]:
    """The block, and for a section a choice to ask about it; a compact section has neither choice nor synthesis."""
    if not isinstance(block, SectionBlock):
        return [block]
    if compact:
        return [replace(block, synthesis=None)]
    ask = Choice(catalog_for(language).ask_here, f"/ask {digest.date} {block.place}")
    return [block, ChoiceBlock((ask,))] if block.place else [block]


def contents(digest: Digest, categories: Sequence[Category], whole: Digest | None = None) -> list[Choice]:
    """A choice for each section that shows it."""
    known, place = {category.name: category for category in categories}, places(whole or digest)
    return [
        Choice(
            f"{section.emoji} {_named(section, known, digest.language)}",
            f"/digest {digest.date} {place[section.category]} {digest.language}",
        )
        for section in digest.sections
    ]


def other_languages(digest: Digest, languages: Sequence[str]) -> list[Choice]:
    """A choice for each other language of the edition."""
    return [
        Choice(language_name(language), f"/digest {digest.date} {language}", private=True)
        for language in languages
        if language != digest.language
    ]


def _is_main_and_incomplete(report: SourceReport) -> bool:
    return report.incomplete and report.name == MAIN_SOURCE


def first_screen(shown: Sequence[Block], rest: str) -> list[Block]:
    """The overview, the first category, and a line about the others; `rest` is its template and takes a count."""
    kept, left = list(shown[:2]), [block for block in shown[2:] if not isinstance(block, TextBlock)]
    return [*kept, TextBlock((rest.format(count=len(left)),))] if left else list(shown)


def category_blocks(digest: Digest, categories: Sequence[Category], wanted: str) -> list[Block]:
    """The block of the category whose name, in any language and case, or place is `wanted`; empty if there is none."""
    known, papers = {category.name: category for category in categories}, {paper.n: paper for paper in digest.papers}
    place = places(digest)

    def names(section: Section) -> set[str]:
        others = known[section.category].all_names if section.category in known else ()
        return {str(place[section.category]), *(name.casefold() for name in (section.category, *others))}

    return [
        _section(section, papers, known, digest.language, place[section.category])
        for section in digest.sections
        if wanted.strip().casefold() in names(section)
    ]


def places(digest: Digest) -> dict[str, int]:
    """Category → number of its section in the edition, from 1."""
    return {section.category: place for place, section in enumerate(digest.sections, start=1)}


def tally(digest: Digest) -> str:
    """How many entries of the sources became how many papers, and which were merged: `12건 → 11편 (…)`."""
    catalog = digest_catalog_for(digest.language)
    line = catalog.tally.format(entries=f"{digest.entries:,}", papers=f"{digest.collected:,}")
    several = [paper for paper in digest.papers if len(paper.sources) > 1]
    if len(several) == 1:
        count = len(several[0].sources)
        places = catalog.places[count] if count < len(catalog.places) else catalog.places_many.format(count=count)
        return f"{line} ({catalog.merged_one.format(name=short_name(several[0].title), places=places)})"
    return f"{line} ({catalog.merged_many.format(count=len(several))})" if several else line


def _overview(digest: Digest, categories: Sequence[Category]) -> OverviewBlock:
    counts = Counter({section.category: len(section.papers) for section in digest.sections})
    bars = sorted(
        (
            Bar(category.named(digest.language), counts[category.name], category.colour)
            for category in categories
            if counts[category.name]
        ),
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
    """The synthesis in messages; excerpts under Korean headings are English, so only their keywords are shown."""
    if section.synthesis is None or not section.extractive or language == "en":
        return section.synthesis
    return Synthesis(keywords=section.synthesis.keywords)


def _named(section: Section, known: dict[str, Category], language: str) -> str:
    return known[section.category].named(language) if section.category in known else section.category


def _closing_lines(digest: Digest) -> tuple[str, ...]:
    catalog = digest_catalog_for(digest.language)
    chosen = catalog.footer.format(
        collected=f"{digest.collected:,}", new=f"{digest.new:,}", listed=f"{digest.listed:,}"
    )
    troubles = [source_line(report, digest.language) for report in digest.sources]
    note = catalog.excerpt_note if any(section.extractive for section in digest.sections) else ""
    reasons = reasons_line(digest.skipped, digest.language)
    return tuple(filter(None, [chosen, reasons, *troubles, note, model_line(digest)]))
