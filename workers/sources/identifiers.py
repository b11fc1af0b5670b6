"""arXiv ids, DOIs and links: which a text names, and which may be shown to readers."""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

ARXIV_ID = r"(?:[0-9]{4}\.[0-9]{4,5}|[a-z-]{2,20}(?:\.[A-Z]{2})?/[0-9]{7})"
"""Regular expression of an arXiv id, new or old style, without version (info.arxiv.org/help/arxiv_identifier)."""
LATEST_VERSION = 9_999
"""A greater number is no version of a paper."""
LONGEST_LINK = 2_048
"""Characters; a longer link is in no source, and Telegram and Discord refuse it."""
LONGEST_DOI = 200
"""Characters; the store's column holds no more."""
_ARXIV_PATH = re.compile(rf"/(?:abs|pdf|html)/({ARXIV_ID})(?:v([0-9]+))?(?:\.pdf)?/?")
_PAPER_PATHS = {"huggingface.co": "/papers/", "alphaxiv.org": "/abs/"}
"""Hosts with a page for each arXiv paper → what stands before its id. They may name a paper, not describe it."""
_DOI = re.compile(r"(?:doi:\s*|https?://(?:dx\.)?doi\.org/)?(10\.[0-9]{4,9}/\S+)", re.IGNORECASE)
_LINK = re.compile(r"https?://[^\s/@<>\"'\\]+(?:[/?#][^\s<>\"\\]*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ArxivVersion:
    """An arXiv paper; `version` is None if the link names none."""

    arxiv_id: str
    version: int | None


def arxiv_version_in(address: str) -> ArxivVersion | None:
    """The paper whose page a link leads to, on arXiv or on a host that has pages for arXiv's papers; else None."""
    try:
        parts = urlsplit(address.strip())
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"}:
        return None
    path = unquote(parts.path)
    if host in _PAPER_PATHS and path.startswith(_PAPER_PATHS[host]):
        path = "/abs/" + path.removeprefix(_PAPER_PATHS[host])
    elif host != "arxiv.org" and not host.endswith(".arxiv.org"):
        return None
    found = _ARXIV_PATH.fullmatch(path)
    return ArxivVersion(found[1], version_number(found[2])) if found else None


def version_number(digits: str | None) -> int | None:
    """The version that digits name; None without digits and for a number that no paper's version has."""
    number = int(digits) if digits and len(digits) <= len(str(LATEST_VERSION)) else 0
    return number if 1 <= number <= LATEST_VERSION else None


def doi_in(*texts: str) -> str | None:
    """The DOI of the first text that is one, in lower case because DOIs are case-insensitive; None without one.

    A DOI is written alone, behind `doi:` or as a link to doi.org.
    """
    for text in texts:
        found = _DOI.fullmatch(text.strip())
        doi = found[1].rstrip(".,;)").lower() if found else ""
        if doi and len(doi) <= LONGEST_DOI and doi.isprintable():
            return doi
    return None


def web_link(address: str) -> str | None:
    """`address` if it can be shown to readers, else None.

    It is http or https, with a host, without a user name, white space, quotes or control characters, and not longer
    than LONGEST_LINK.
    """
    if len(address) > LONGEST_LINK or not _LINK.fullmatch(address) or not address.isprintable():
        return None
    try:
        parts = urlsplit(address)
        return address if parts.hostname and parts.port != 0 else None
    except ValueError:
        return None
