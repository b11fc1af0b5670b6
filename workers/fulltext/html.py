"""arXiv's HTML (made by LaTeXML) as passages, without invisible text and without the references."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

from workers.domain.documents import Document
from workers.domain.errors import SourceError
from workers.domain.passages import Passage
from workers.text.clean import fold
from workers.text.markup import html_tree
from workers.text.matching import matching_key

MIN_CHARS = 800
"""Of a whole document; a shorter page is incomplete or empty (observed: 135 bytes that say "No content")."""
_PASSAGE_LIMIT = 6_000
"""Characters of one passage; the rest of a longer text is cut off."""
_LONGEST_TEXT = 10 * _PASSAGE_LIMIT
"""Characters, spaces included, that are read of one element."""
_DEEPEST = 100
"""Elements inside each other that are looked at; LaTeXML's pages have about 20 below a paragraph."""
_MOST_ROWS = 500
"""Rows that are read of a table; more do not fit into a passage."""
_DROPPED_ELEMENTS = (
    "script, style, noscript, template, nav, header, footer, iframe, object, form, button, input, select, textarea, "
    ".ltx_bibliography, .ltx_page_navbar, .ltx_page_header, .ltx_page_footer, .ltx_note_outer, .ltx_role_newpage, "
    ".ltx_rdf, .ltx_ERROR, [hidden], [aria-hidden=true], .ltx_authors, .ltx_pagination, .ltx_TOC"
)
_INVISIBLE_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0+)?\s*(?:;|$)|font-size\s*:\s*(?:0|[0-3](?:\.\d+)?px)"
    r"|(?<![-\w])color\s*:\s*(?:white|#fff(?:fff)?\b|rgba?\(\s*255\s*,\s*255\s*,\s*255)"
    r"|text-indent\s*:\s*-\d{3,}|(?:left|top)\s*:\s*-\d{3,}",
    re.IGNORECASE,
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_PASSAGE_ELEMENTS = ".ltx_title, .ltx_p, figcaption, .ltx_caption, table.ltx_tabular, pre, li.ltx_item"


def passages(document: Document, title: str) -> tuple[Passage, ...]:
    """The paragraphs, captions and tables in the order of the page, numbered from 1.

    Raises SourceError if the page has another title than `title`, or fewer than MIN_CHARS characters of text.
    """
    tree = html_tree(document.body.decode("utf-8", "replace"))
    heading = tree.css_first("h1.ltx_title_document") or tree.css_first("h1")
    if heading is None or not same_title(_text(heading), title):
        raise SourceError("the page has another title")
    _remove(tree.css(_DROPPED_ELEMENTS))
    _remove([node for node in tree.css("[style]") if _INVISIBLE_STYLE.search(node.attributes.get("style") or "")])
    found = tuple(_numbered(tree))
    if sum(len(passage.text) for passage in found) < MIN_CHARS:
        raise SourceError("the page holds too little text")
    return found


def _remove(nodes: Sequence[LexborNode]) -> None:
    """Take elements out of their page. Raises SourceError if the page as a whole is one of them."""
    if any(node.tag == "html" for node in nodes):
        raise SourceError("the page holds too little text")
    for node in reversed(nodes):  # the inner ones first, because removing an element frees what is inside it
        node.decompose()


def same_title(shown: str, wanted: str) -> bool:
    """True if `shown` contains at least 60% of the words of `wanted`.

    Not all of them, because formulas and accents can be written differently.
    """
    wanted_words, shown_words = (set(re.findall(r"\w+", matching_key(title))) for title in (wanted, shown))
    return bool(wanted_words) and len(wanted_words & shown_words) >= 0.6 * len(wanted_words)


def _numbered(tree: LexborHTMLParser) -> Iterator[Passage]:
    """The passages in order. LaTeXML splits a paragraph at displayed formulas; its parts become one passage again."""
    section, n, seen = "", 0, set[str]()
    open_passage: Passage | None = None
    for node in tree.css(_PASSAGE_ELEMENTS):
        kind = node.attributes.get("class") or ""
        if node.tag in _HEADINGS or "ltx_title" in kind:
            section = section if "ltx_title_document" in kind else _text(node)[:200].rstrip()
            continue
        text = _table(node) if node.tag == "table" else _text(node)
        if len(text) < 2 or text in seen:
            continue
        seen.add(text)
        anchor, is_text = _anchor(node), "ltx_p" in kind.split()
        continues = open_passage and is_text and anchor and anchor == open_passage.anchor
        if open_passage and continues and len(open_passage.text) + len(text) < _PASSAGE_LIMIT:
            open_passage = Passage(open_passage.n, section, f"{open_passage.text} {text}", anchor)
            continue
        if open_passage:
            yield open_passage
        n += 1
        open_passage = Passage(n, section, text[:_PASSAGE_LIMIT].rstrip(), anchor)
    if open_passage:
        yield open_passage


def _anchor(node: LexborNode) -> str:
    """The id of the element or of the nearest one around it that has one; "" without one.

    arXiv's paragraphs, figures and tables have ids.
    """
    element: LexborNode | None = node
    for _ in range(_DEEPEST):
        if element is None:
            break
        name = element.attributes.get("id") if element.tag != "-text" else None
        if name and re.fullmatch(r"[\w.:-]{1,80}", name):
            return name
        element = element.parent
    return ""


def _text(node: LexborNode) -> str:
    """The text of an element; each formula as its TeX. What is too long or nested too deeply for a passage is cut."""
    pieces: list[str] = []
    waiting, left = [(node.child, 0)], _LONGEST_TEXT  # no recursion, because elements may be nested to any depth
    while waiting and left > 0:
        child, depth = waiting.pop()
        if child is None:
            continue
        waiting.append((child.next, depth))
        if child.tag == "-text":
            pieces.append(child.text(deep=False) or "")
        elif child.tag == "math":
            pieces.append(f" {child.attributes.get('alttext') or ''} ")
        else:
            if depth < _DEEPEST:
                waiting.append((child.child, depth + 1))
            continue
        left -= len(pieces[-1])
    return fold("".join(pieces))


def _table(node: LexborNode) -> str:
    """A table as text: cells separated by ` | `, rows by ` ; `."""
    rows = (" | ".join(map(_text, _children(row, "td", "th"))) for row in islice(_rows(node), _MOST_ROWS))
    return fold(" ; ".join(row for row in rows if row.strip(" |")))


def _rows(table: LexborNode) -> Iterator[LexborNode]:
    """Its own rows; those of a table in one of its cells are text of that cell."""
    for child in _children(table, "tr", "thead", "tbody", "tfoot"):
        yield from [child] if child.tag == "tr" else _children(child, "tr")


def _children(node: LexborNode, *tags: str) -> Iterator[LexborNode]:
    return (child for child in node.iter() if child.tag in tags)
