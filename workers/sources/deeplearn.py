"""deeplearn.org's hot papers, read from its HTML pages because it has no feed; off by default."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import quote, unquote, urljoin, urlsplit

from selectolax.lexbor import LexborNode

from workers.domain.documents import Document
from workers.domain.errors import SourceError
from workers.domain.models import Entry, SourceAnswer
from workers.domain.ports import DocumentReader
from workers.domain.source_answers import answered
from workers.sources.decode import decode
from workers.sources.entries import LONGEST_TITLE, InvalidEntry, source_errors, validated
from workers.sources.identifiers import web_link
from workers.text.clean import fold
from workers.text.latex import readable
from workers.text.markup import html_tree

SITE = "https://deeplearn.org"
PAPER_LIMIT = 30
"""Largest number of paper pages read per day; the panel had 6 to 20 links so far."""
_UNREADABLE = 5
"""Pages that cannot be read before the rest is given up: a site that is away or throttles costs a wait for each."""
_MOST_PANELS = 50
"""Panels whose headings are read; the front page has three."""


@dataclass(frozen=True, slots=True)
class PaperLink:
    """A paper on the front page and the address of its own page."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class FrontPage:
    """The papers of the panel in its order, at most PAPER_LIMIT; `dropped` counts its other links."""

    papers: list[PaperLink]
    dropped: int


class DeepLearn:
    """Reads titles from the front page and one abstract from each paper's page. The site shows only today."""

    dated = False

    def __init__(self, name: str, url: str, documents: DocumentReader) -> None:
        self.name = name
        self._url, self._documents = url, documents

    def collect(self, day: date) -> SourceAnswer:  # noqa: ARG002 - the site shows only today
        """Today's hot papers. A paper is dropped if its page cannot be read, and so are those after _UNREADABLE pages.

        Raises SourceError if the front page cannot be read, or if none of the paper pages can.
        """
        documents = self._documents.for_one_answer()
        front = documents.read(self._url, parse_front, self._url)
        entries, unreadable = [], 0
        for link in front.papers:
            if unreadable == _UNREADABLE:
                break
            try:
                abstract = documents.read(link.url, parse_paper)
                entries.append(validated(Entry(self.name, link.title, public_link(link.url), abstract)))
            except (SourceError, InvalidEntry):
                unreadable += 1
        if front.papers and not entries:
            raise SourceError("no paper page could be read")
        return answered(self.name, entries, front.dropped + len(front.papers) - len(entries))


@source_errors()
def parse_front(document: Document, base: str) -> FrontPage:
    """The papers that the panel links to on the host of `base`. Raises SourceError if there is no panel or no paper."""
    panels = html_tree(decode(document)).css("div.panel")[:_MOST_PANELS]
    panel = next((node for node in panels if _heading(node) == "hot papers"), None)
    if panel is None:
        raise SourceError('the page has no "Hot Papers" panel: has its layout changed?')
    links = panel.css("div.title a[href]")
    host = urlsplit(base).netloc
    found = [
        PaperLink(readable(fold(link.text()))[:LONGEST_TITLE].rstrip(), _absolute(base, link.attributes["href"] or ""))
        for link in links
    ]
    papers = [link for link in found if link.title and _is_paper(link.url, host)][:PAPER_LIMIT]
    if not papers:
        raise SourceError("its Hot Papers panel names no paper: has its layout changed?")
    return FrontPage(papers, len(found) - len(papers))


@source_errors()
def parse_paper(document: Document) -> str:
    """The abstract on a paper's page. Raises SourceError if there is none."""
    paragraph = html_tree(decode(document)).css_first("div.article-content p")
    abstract = fold(paragraph.text()) if paragraph else ""
    if not abstract:
        raise SourceError("the paper's page has no abstract")
    return abstract


def _absolute(base: str, href: str) -> str:
    """`href` resolved against `base`; "" if it is not an address that can be shown."""
    try:
        return web_link(urlsplit(urljoin(base + "/", href)).geturl()) or ""
    except ValueError:
        return ""


def public_link(address: str) -> str:
    """The address of a page on SITE, whatever host it was read from, escaped because slugs contain `:`, `,` and `?`."""
    parts = urlsplit(address)
    return SITE + quote(unquote(parts.path + ("?" + parts.query if parts.query else "")).rstrip("?"))


def _heading(panel: LexborNode) -> str:
    title = panel.css_first(".panel-title")
    return fold(title.text()).lower() if title else ""


def _is_paper(address: str, host: str) -> bool:
    """True for a paper page on `host`, so that no page can make us fetch from another host."""
    parts = urlsplit(address)
    return parts.scheme in {"http", "https"} and parts.netloc == host and parts.path.startswith("/arxiv/")
