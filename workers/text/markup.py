"""Text of titles and descriptions that are HTML, MathML or JATS, or that only look like it."""

import re

from selectolax.lexbor import LexborHTMLParser

from workers.text.clean import fold, unescape
from workers.text.mathml import without_mathml

_LONGEST_TITLE = 4_000
"""Characters of a title, with its markup, that are read."""
_LONGEST_BODY = 100_000
"""Characters of a description, with its markup, that are read."""
_LONGEST_TAG = 50_000
"""Characters of a tag, whose attributes are compared with each other."""
_BLOCK = (
    "address|article|blockquote|br|center|dd|div|dl|dt|figcaption|figure|h[1-6]|hr|jats:title|li|ol|p|pre|sec|section|"
    "table|tbody|td|th|thead|tr|ul"
)
_INLINE = (
    "a|abbr|b|big|bold|cite|code|del|em|ext-link|font|i|iframe|img|inf|inline-formula|ins|italic|kbd|mark|math|"
    "monospace|named-content|nobr|object|overline|picture|q|roman|s|samp|sc|scp|script|small|span|strike|strong|style|"
    "styled-content|sub|sup|svg|tex-math|tt|u|underline|var|video|wbr|xref|"
    "mfenced|mfrac|mi|mn|mo|mover|mroot|mrow|mspace|msqrt|mstyle|msub|msubsup|msup|mtext|munder|munderover|semantics"
)
_PREFIX = "(?:(?:mml|m|jats|ce|html|xhtml|svg):)"
_TAG = re.compile(
    rf"</?(?:{_PREFIX}?(?P<block>{_BLOCK})|{_PREFIX}[a-z][\w-]*|{_INLINE})(?:\s[^<>=]*=[^<>]*|\s*)/?>", re.IGNORECASE
)
"""A tag of HTML or of publishers; other names in angle brackets, such as `<think>`, are text."""
_CLOSING = re.compile(rf"</(?:{_PREFIX}?(?:{_BLOCK})|{_INLINE})\s*>", re.IGNORECASE)
_BLOCK_START = re.compile(rf"<(?=/?{_PREFIX}?(?:{_BLOCK})[\s/>])", re.IGNORECASE)
_RAISED = re.compile(r"<sup(?:\s[^<>]*)?>\s*([-+−–]?\d[\d.,]*|[-+*])\s*</sup\s*>", re.IGNORECASE)
_TAG_START = re.compile(r"<([a-z][^\s<>/]*)", re.IGNORECASE)
_HIDDEN = re.compile(r"<(script|style)\b[^>]*>.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_NO_TEXT = ["script", "style", "noscript", "template", "annotation", "annotation-xml"]


def title_text(title: str) -> str:
    """A title as plain text: tags are left out and entities decoded; `<think>` and `1 < 1` are kept."""
    text = unescape(_without_tags(title[:_LONGEST_TITLE]))
    if _CLOSING.search(text):  # it was escaped twice
        text = _without_tags(text)
    return fold(unescape(text))


def body_text(markup: str) -> str:
    """The visible text of an HTML description; of a plain one the text with its entities decoded."""
    text = markup[:_LONGEST_BODY]
    if not _TAG.search(text):
        text = unescape(text)
        if not _CLOSING.search(text):
            return fold(unescape(text))
    return fold(unescape(_visible(text)))


def html_tree(markup: str) -> LexborHTMLParser:
    """The elements of HTML; a tag that is longer than _LONGEST_TAG has no attributes."""
    if len(markup) <= _LONGEST_TAG:
        return LexborHTMLParser(markup)
    return LexborHTMLParser(">".join(map(_with_short_tag, markup.split(">"))))


def _with_short_tag(piece: str) -> str:
    """`piece` ends where a tag does."""
    start = _TAG_START.search(piece) if len(piece) > _LONGEST_TAG else None
    return piece[: start.end()] if start and len(piece) - start.end() > _LONGEST_TAG else piece


def _without_tags(text: str) -> str:
    if "<" not in text:
        return text
    text = _RAISED.sub(r"^\1", without_mathml(_HIDDEN.sub("", text)))
    return _TAG.sub(lambda tag: " " if tag["block"] else "", text)


def _visible(text: str) -> str:
    """What a browser shows of HTML; a block element begins and ends with a space."""
    text = _RAISED.sub(r"^\1", without_mathml(text))
    tree = html_tree(_BLOCK_START.sub(" <", text))
    tree.strip_tags(_NO_TEXT)
    return tree.body.text(separator="") if tree.body else ""
