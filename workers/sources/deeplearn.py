"""deeplearn.org's hot papers, read off its pages: it has no feed, so a new layout breaks this; off by default."""

from datetime import date
from urllib.parse import quote, unquote, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from workers.domain.errors import SourceError
from workers.domain.models import Entry, SourceAnswer, answered
from workers.domain.ports import Fetch
from workers.text.latex import fold, readable

SITE = "https://deeplearn.org"
PAPER_LIMIT = 30
"""Paper pages read a day; the panel has held 6 to 20."""


class DeepLearn:
    """The front page names the papers, each page holds one abstract. It shows today only."""

    dated = False

    def __init__(self, name: str, url: str, fetcher: Fetch) -> None:
        self.name = name
        self._url, self._fetcher = url, fetcher

    def collect(self, day: date) -> SourceAnswer:  # noqa: ARG002 - the site knows no other day
        """Today's hot papers. A paper page that fails is dropped and counted. Raises SourceError for the front page."""
        found, dropped = parse_front(self._fetcher.get(self._url), self._url)
        entries = []
        for title, address in found:
            try:
                abstract = parse_paper(self._fetcher.get(address))
            except SourceError:
                dropped += 1
                continue
            entries.append(Entry(source=self.name, title=title, url=public_link(address), abstract=abstract))
        if found and not entries:
            raise SourceError("no paper page could be read")
        return answered(self.name, entries, dropped)


def parse_front(body: bytes, base: str) -> tuple[list[tuple[str, str]], int]:
    """([(title, absolute URL on the same host)], links dropped). Raises SourceError when the panel is not there."""
    panel = next((node for node in LexborHTMLParser(body).css("div.panel") if _heading(node) == "hot papers"), None)
    if panel is None:
        raise SourceError('the page has no "Hot Papers" panel: has its layout changed?')
    links = panel.css("div.title a[href]")
    host = urlsplit(base).netloc
    pairs = [(readable(fold(link.text())), _absolute(base, link.attributes["href"] or "")) for link in links]
    kept = [(title, address) for title, address in pairs if title and _is_paper(address, host)]
    if not kept:
        raise SourceError("its Hot Papers panel names no paper: has its layout changed?")
    return kept[:PAPER_LIMIT], len(pairs) - len(kept[:PAPER_LIMIT])


def parse_paper(body: bytes) -> str:
    """The abstract. Raises SourceError when the page has none."""
    paragraph = LexborHTMLParser(body).css_first("div.article-content p")
    abstract = fold(paragraph.text()) if paragraph else ""
    if not abstract:
        raise SourceError("the paper's page has no abstract")
    return abstract


def _absolute(base: str, href: str) -> str:
    """`href` as seen from `base`; "" where it is no address at all."""
    try:
        return urlsplit(urljoin(base + "/", href)).geturl()
    except ValueError:
        return ""


def public_link(address: str) -> str:
    """The page as readers reach it, wherever it was read; slugs hold `:`, `,` and `?` unescaped."""
    parts = urlsplit(address)
    return SITE + quote(unquote(parts.path + ("?" + parts.query if parts.query else "")).rstrip("?"))


def _heading(panel: LexborNode) -> str:
    title = panel.css_first(".panel-title")
    return fold(title.text()).lower() if title else ""


def _is_paper(address: str, host: str) -> bool:
    """Text from a page never names another host to fetch from."""
    parts = urlsplit(address)
    return parts.scheme in {"http", "https"} and parts.netloc == host and parts.path.startswith("/arxiv/")
