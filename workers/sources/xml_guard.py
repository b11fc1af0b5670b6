"""Checks of a document before feedparser reads it: it is a feed, it is complete, and it declares no entities."""

import re

from workers.domain.documents import Document
from workers.domain.errors import SourceError
from workers.sources.decode import decode

_SKIPPED = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_OUTSIDE_DOCTYPE = re.compile(
    r"<!DOCTYPE\s+[\w.:-]+\s+(?:PUBLIC\s+\"[^\"<>\[]*\"\s*|SYSTEM\s+(?=\"))(?:\"https?://[^\"<>\[\s]*\"\s*)?>"
)
"""A document type without declarations of its own, which RSS 0.91 has. It is cut off, so its address is not asked."""
_ROOT = re.compile(r"<((?:\w+:)?(?:rss|feed|RDF))(?=[\s/>])", re.IGNORECASE)
_FORBIDDEN = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that XML has not (w3.org/TR/xml/#charsets) and that a strict parser stops at."""


def guard(document: Document) -> str:
    """The root element of a feed as text, without what is before and after it.

    Raises SourceError if the document is not a complete feed or declares entities. feedparser reports no error for
    such documents: it reads an empty one, an HTML page and plain text as a feed without entries, and half a feed as a
    short one. What follows the root element is cut off, because proxies append scripts there.
    """
    text = decode(document)
    start = _root_start(text)
    root = _ROOT.match(text, start)
    if root is None:
        raise SourceError("not a feed")
    return _FORBIDDEN.sub("", text[start : _root_end(text, start, root[1])])


def _root_start(text: str) -> int:
    """Where the first element begins. Raises SourceError for an empty document, an HTML page and a document type."""
    position, has_doctype = 0, False
    while True:
        if skipped := _SKIPPED.match(text, position):
            position = skipped.end()
        elif not has_doctype and (doctype := _OUTSIDE_DOCTYPE.match(text, position)):
            position, has_doctype = doctype.end(), True
        else:
            break
    start = text[position : position + 200]
    if not start:
        raise SourceError("empty answer")
    if re.match(r"<!doctype\s+html|<html", start, re.IGNORECASE):
        raise SourceError("an HTML page, not a feed")
    if re.match(r"<!doctype|<!entity", start, re.IGNORECASE):
        raise SourceError("declares a document type: refused")
    return position


def _root_end(text: str, start: int, root: str) -> int:
    """Where the root element ends; end tags in comments and CDATA sections are none. Raises SourceError without one."""
    mark = re.compile(rf"<!--|<!\[CDATA\[|</{re.escape(root)}\s*>")
    while found := mark.search(text, start):
        if found[0].startswith("</"):
            return found.end()
        closing = "-->" if found[0] == "<!--" else "]]>"
        start = text.find(closing, found.end())
        if start < 0:
            break
    raise SourceError(f"torn: <{root}> never closes")
