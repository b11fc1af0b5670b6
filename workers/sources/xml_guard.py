"""Checks of a body before feedparser reads it: it is a feed, it is complete, and it declares no entities."""

import codecs
import re

from workers.domain.errors import SourceError

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SKIPPED = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ROOT = re.compile(r"<((?:\w+:)?(?:rss|feed|RDF))(?=[\s/>])", re.IGNORECASE)
_TAIL_CHARS = 8_192
"""The root element must close within this many characters of the end; comments may follow it."""


def guard(body: bytes) -> None:
    """Raise SourceError if `body` is not a complete feed or declares a document type.

    feedparser reports no error for such bodies: it reads an empty body, an HTML page and plain text as a feed without
    entries, and half a feed as a short one. A document type is refused because it can declare entities.
    """
    text = _decoded(body)
    position = 0
    while skipped := _SKIPPED.match(text, position):
        position = skipped.end()
    start = text[position : position + 200]
    if not start:
        raise SourceError("empty answer")
    if re.match(r"<!doctype\s+html|<html", start, re.IGNORECASE):
        raise SourceError("an HTML page, not a feed")
    if re.match(r"<!doctype|<!entity", start, re.IGNORECASE):
        raise SourceError("declares a document type: refused")
    root = _ROOT.match(start)
    if root is None:
        raise SourceError("not a feed")
    tail = _COMMENT.sub("", text[-_TAIL_CHARS:]).rstrip()
    if not re.search(rf"</{re.escape(root[1])}\s*>$", tail):
        raise SourceError(f"torn: <{root[1]}> never closes")


def _decoded(body: bytes) -> str:
    """The body as text in which the markup can be found.

    UTF-8 or UTF-16 by its byte order mark, UTF-16 by its zero bytes, else one character per byte.
    """
    encoding = next((name for bom, name in _BOMS if body.startswith(bom)), None)
    if encoding is None:
        encoding = {(False, True): "utf-16-le", (True, False): "utf-16-be"}.get(
            (body[:1] == b"\0", body[1:2] == b"\0"), "latin-1"
        )
    return body.decode(encoding, "replace").lstrip("\ufeff")
