"""Checks that a body must pass before the feed parser reads it."""

import codecs

import pytest

from workers.domain.documents import Document
from workers.domain.errors import SourceError
from workers.sources.xml_guard import guard

WHOLE = '<rss version="2.0"><channel><title>Wörter</title></channel></rss>'


@pytest.mark.parametrize(
    "feed",
    [
        WHOLE,
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title></feed>',
        '<atom:feed xmlns:atom="http://www.w3.org/2005/Atom"></atom:feed>',
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></rdf:RDF>',
        '<?xml version="1.0"?>\n<?xml-stylesheet href="x"?><!-- one --><!-- two -->\n' + WHOLE,
        WHOLE + "\n<!-- served from cache -->\n",
        WHOLE.replace("</rss>", "</rss\n>"),
    ],
)
def test_a_whole_feed_passes(feed: str) -> None:
    guard(Document(feed.encode()))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_feed_passes_in_the_encodings_of_xml(encoding: str) -> None:
    guard(Document(WHOLE.encode(encoding)))


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
def test_a_document_type_is_seen_in_utf_16_too(mark: bytes) -> None:
    encoding = "utf-16-le" if mark == codecs.BOM_UTF16_LE else "utf-16-be"
    with pytest.raises(SourceError, match="document type"):
        guard(Document(mark + ("<!DOCTYPE rss []>" + WHOLE).encode(encoding)))


@pytest.mark.parametrize("body", ["", " \n", "\ufeff", "<?xml version='1.0'?>", "<!-- nothing here -->"])
def test_an_empty_body_is_not_a_quiet_day(body: str) -> None:
    with pytest.raises(SourceError, match="empty answer"):
        guard(Document(body.encode()))


@pytest.mark.parametrize("body", ["<!DOCTYPE html><html></html>", "\n<HTML lang='en'></HTML>", "<!-- x --><html>"])
def test_an_html_page_is_not_a_quiet_day(body: str) -> None:
    with pytest.raises(SourceError, match="an HTML page"):
        guard(Document(body.encode()))


@pytest.mark.parametrize(
    "body", ["Rate exceeded.", '{"error": "x"}', "<rssx></rssx>", "<opml></opml>", "\x1f\x8b\x08", "<!--"]
)
def test_anything_else_is_not_a_quiet_day(body: str) -> None:
    with pytest.raises(SourceError, match="not a feed"):
        guard(Document(body.encode("latin-1")))


@pytest.mark.parametrize("before", ["", "<?xml version='1.0'?>", "<!-- harmless -->\n<?pi?>"])
def test_a_document_type_is_refused_wherever_it_may_stand(before: str) -> None:
    with pytest.raises(SourceError, match="document type"):
        guard(Document((before + '<!DOCTYPE x [<!ENTITY a "lol">]>' + WHOLE).encode()))


@pytest.mark.parametrize("kept", range(1, len(WHOLE) - 4, 7))
def test_a_feed_cut_anywhere_is_refused(kept: int) -> None:
    with pytest.raises(SourceError):
        guard(Document(WHOLE.encode()[:kept]))


@pytest.mark.parametrize("end", ["<!-- </rss> -->", "<![CDATA[</rss>", "</feed>", "&lt;/rss>"])
def test_what_only_looks_like_the_end_is_torn(end: str) -> None:
    with pytest.raises(SourceError, match="torn: <rss> never closes"):
        guard(Document(('<rss version="2.0"><channel>' + end).encode()))


def test_bytes_that_are_no_utf_8_do_not_stop_the_guard() -> None:
    guard(Document(WHOLE.encode("latin-1")))
