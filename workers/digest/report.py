"""The digest as a Markdown file, with every text escaped."""

import re
from collections.abc import Iterator, Mapping, Sequence

from workers.domain.models import SYNTHESIS_FIELDS, Category, Claim, Digest, DigestPaper, Section
from workers.i18n import DigestCatalog, digest_catalog_for
from workers.i18n.lines import model_line, reasons_line, source_line

_MARKUP = re.compile(r"([\\`*_{}\[\]<>|~#$&])")
_UNSAFE_IN_LINK = str.maketrans({"(": "%28", ")": "%29", "<": "%3C", ">": "%3E", " ": "%20", '"': "%22", "\\": "%5C"})


def report(digest: Digest, categories: Sequence[Category]) -> str:
    """The content of `Papers_DATE_report.md`. On a quiet day it says that there are no papers, and why."""
    catalog, known = digest_catalog_for(digest.language), {category.name: category for category in categories}
    papers = {paper.n: paper for paper in digest.papers}
    lines = [f"# {escape(digest.title)}", ""]
    if digest.chart:
        lines += [f"![{escape(digest.title)}]({digest.chart})", ""]
    if not digest.papers:
        lines += [catalog.quiet.format(date=digest.date), ""]
    if digest.highlights:
        lines += [f"**{catalog.highlights}**", ""]
        lines += [f"- {_claim(claim)}" for claim in digest.highlights]
        lines.append("")
    with_synthesis = [section for section in digest.sections if len(section.papers) > 1]
    for section in with_synthesis:
        lines += _section(section, papers, known, catalog, digest.language)
    lines += _ones(
        [section for section in digest.sections if len(section.papers) == 1], papers, known, catalog, digest.language
    )
    lines += ["---", "", *_footer(digest, catalog)]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """Markdown that shows `text` unchanged: no markup, no HTML and no link, not even from a bare address."""
    return _MARKUP.sub(r"\\\1", text).replace("://", ":\\/\\/").replace("www.", "www\\.")


def _section(
    section: Section,
    papers: Mapping[int, DigestPaper],
    known: Mapping[str, Category],
    catalog: DigestCatalog,
    language: str,
) -> Iterator[str]:
    yield f"## {section.emoji} {_name(section.category, known, language)}"
    yield ""
    yield f"**{catalog.summary}:**" + (f" ({catalog.excerpts})" if section.extractive else "")
    yield ""
    for part, heading in zip(SYNTHESIS_FIELDS, catalog.parts, strict=True):
        claims: tuple[Claim, ...] = getattr(section.synthesis, part, ())
        if claims:
            yield f"**{heading}**"
            yield ""
            yield from (f"- {_claim(claim)}" for claim in claims)
            yield ""
    yield f"**{catalog.sources}:**"
    yield ""
    for n in section.papers:
        yield from _paper(papers[n], catalog)
    yield ""


def _ones(
    ones: Sequence[Section],
    papers: Mapping[int, DigestPaper],
    known: Mapping[str, Category],
    catalog: DigestCatalog,
    language: str,
) -> Iterator[str]:
    if not ones:
        return
    yield f"## {catalog.one_each}"
    yield ""
    for section in ones:
        yield f"**{section.emoji} {_name(section.category, known, language)}**"
        yield ""
        yield from _paper(papers[section.papers[0]], catalog)
        yield ""


def _paper(paper: DigestPaper, catalog: DigestCatalog) -> Iterator[str]:
    title = escape(paper.title)
    named = f"[{title}]({_address(paper.links[0].url)})" if paper.links else title
    other_links = "".join(f" · [{escape(link.source)}]({_address(link.url)})" for link in paper.links[1:])
    votes = f" · {catalog.votes.format(count=paper.upvotes)}" if paper.upvotes else ""
    yield f"- [{paper.n}] {named}{other_links}{votes}"
    if paper.tldr:
        yield f"  - {escape(paper.tldr)}"


def _footer(digest: Digest, catalog: DigestCatalog) -> Iterator[str]:
    yield catalog.footer.format(collected=f"{digest.collected:,}", new=f"{digest.new:,}", listed=f"{digest.listed:,}")
    if reasons := reasons_line(digest.skipped, digest.language):
        yield ""
        yield reasons
    for source in digest.sources:
        if line := source_line(source, digest.language):
            yield ""
            yield escape(line)
    if any(section.extractive for section in digest.sections):
        yield ""
        yield catalog.excerpt_note
    if line := model_line(digest):
        yield ""
        yield line


def _claim(claim: Claim) -> str:
    return f"{escape(claim.text)} " + "".join(f"[{n}]" for n in claim.papers)


def _address(url: str) -> str:
    return url.translate(_UNSAFE_IN_LINK)


def _name(category: str, known: Mapping[str, Category], language: str) -> str:
    return known[category].named(language) if category in known else category
