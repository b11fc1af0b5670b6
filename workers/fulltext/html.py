"""arXiv's HTML (LaTeXML's) as passages; what no reader sees and the references are left out."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from workers.domain.errors import SourceError
from workers.domain.passages import Passage
from workers.text.latex import fold

SHORTEST = 800
"""Characters of a document; one with less is a torn or an empty page (seen: 135 bytes that say "No content")."""
_LONGEST = 6_000
_DROPPED = (
    "script, style, noscript, template, nav, header, footer, iframe, object, form, button, input, select, textarea, "
    ".ltx_bibliography, .ltx_page_navbar, .ltx_page_header, .ltx_page_footer, .ltx_note_outer, .ltx_role_newpage, "
    ".ltx_rdf, .ltx_ERROR, [hidden], [aria-hidden=true], .ltx_authors, .ltx_pagination, .ltx_TOC"
)
_UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0+)?\s*(?:;|$)|font-size\s*:\s*(?:0|[0-3](?:\.\d+)?px)"
    r"|(?<![-\w])color\s*:\s*(?:white|#fff(?:fff)?\b|rgba?\(\s*255\s*,\s*255\s*,\s*255)"
    r"|text-indent\s*:\s*-\d{3,}|(?:left|top)\s*:\s*-\d{3,}",
    re.IGNORECASE,
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_PIECES = ".ltx_title, .ltx_p, figcaption, .ltx_caption, table.ltx_tabular, pre, li.ltx_item"


def passages(body: bytes, title: str) -> tuple[Passage, ...]:
    """The paragraphs, captions and tables in order.

    Raises SourceError where this is not that paper: another title, no content, or too little of it.
    """
    tree = LexborHTMLParser(body.decode("utf-8", "replace"))
    heading = tree.css_first("h1.ltx_title_document") or tree.css_first("h1")
    if heading is None or not same_title(_text(heading), title):
        raise SourceError("the page has another title")
    for node in tree.css(_DROPPED):
        node.decompose()
    for node in tree.css("[style]"):
        if _UNSEEN.search(node.attributes.get("style") or ""):
            node.decompose()
    found = tuple(_numbered(tree))
    if sum(len(each.text) for each in found) < SHORTEST:
        raise SourceError("the page holds too little text")
    return found


def same_title(shown: str, wanted: str) -> bool:
    """Most words of the one are words of the other: formulas and accents are written differently."""
    ours, theirs = set(re.findall(r"\w+", wanted.casefold())), set(re.findall(r"\w+", shown.casefold()))
    return bool(ours) and len(ours & theirs) >= 0.6 * len(ours)


def _numbered(tree: LexborHTMLParser) -> Iterator[Passage]:
    """The pieces in order; those of one paragraph, which formulas part, are one passage."""
    section, n, seen = "", 0, set[str]()
    held: Passage | None = None
    for node in tree.css(_PIECES):
        kind = node.attributes.get("class") or ""
        if node.tag in _HEADINGS or "ltx_title" in kind:
            section = section if "ltx_title_document" in kind else _text(node)[:200]
            continue
        text = _table(node) if node.tag == "table" else _text(node)
        if len(text) < 2 or text in seen:
            continue
        seen.add(text)
        anchor, plain = _anchor(node), "ltx_p" in kind.split()
        if held and plain and anchor and anchor == held.anchor and len(held.text) + len(text) < _LONGEST:
            held = Passage(held.n, section, f"{held.text} {text}", anchor)
            continue
        if held:
            yield held
        n += 1
        held = Passage(n, section, text[:_LONGEST], anchor)
    if held:
        yield held


def _anchor(node: LexborNode) -> str:
    """The id of the nearest element around it: arXiv's paragraphs, figures and tables have one."""
    at: LexborNode | None = node
    while at is not None:
        name = at.attributes.get("id") if at.tag != "-text" else None
        if name and re.fullmatch(r"[\w.:-]{1,80}", name):
            return name
        at = at.parent
    return ""


def _text(node: LexborNode) -> str:
    """The words, each formula as its TeX."""
    pieces: list[str] = []
    _collect(node, pieces)
    return fold("".join(pieces))


def _collect(node: LexborNode, pieces: list[str]) -> None:
    child = node.child
    while child is not None:
        if child.tag == "-text":
            pieces.append(child.text(deep=False) or "")
        elif child.tag == "math":
            pieces.append(f" {child.attributes.get('alttext') or ''} ")
        else:
            _collect(child, pieces)
        child = child.next


def _table(node: LexborNode) -> str:
    rows = [" | ".join(_text(cell) for cell in row.css("td, th")) for row in node.css("tr")]
    return fold(" ; ".join(row for row in rows if row.strip(" |")))
