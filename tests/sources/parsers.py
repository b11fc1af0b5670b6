"""Parsers for the tests of document readers; a child process finds them by their names."""

import os
import signal

from workers.domain.documents import Document
from workers.domain.errors import SourceError


def body(document: Document) -> str:
    """Returns the body, one character per byte."""
    return document.body.decode("latin-1")


def feed(document: Document) -> str:
    """Returns the body of a document that ends as a feed does, and its Content-Type. Raises SourceError for others."""
    if not document.body.endswith(b"</rss>"):
        raise SourceError("torn")
    return f"{body(document)} {document.content_type}"


def dies_of_the_old(document: Document) -> str:
    """Returns the body; the process dies if it contains `old`."""
    if b"old" in document.body:
        os.kill(os.getpid(), signal.SIGKILL)
    return body(document)


def address(document: Document) -> str:
    return document.url


def fails(document: Document) -> str:
    raise KeyError(document.body)
