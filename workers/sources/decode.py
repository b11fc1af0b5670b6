"""Turns the bytes of a document into text: the only place that decides on an encoding."""

import codecs
import re

import webencodings

from workers.domain.documents import Document

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ZEROS = (
    (re.compile(rb"[^\0]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0[^\0]"), "utf-32-be"),
    (re.compile(rb"[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\0[^\0]"), "utf-16-be"),
)
"""How the first character, which is ASCII, is written in the encodings that are no supersets of ASCII."""
_DECLARED_WITHIN = 1_024
"""Bytes in which a declaration is looked for (html.spec.whatwg.org, "prescan a byte stream")."""
_XML_DECLARATION = re.compile(rb"\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([\w.:-]+)[\"']", re.ASCII)
_META = re.compile(rb"<meta[^>]+?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE | re.ASCII)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE | re.ASCII)
_REFUSED = frozenset({"replacement", "x-user-defined", "iso-2022-jp", "utf-16le", "utf-16be"})
"""Encodings of the WHATWG's list in which ASCII bytes can mean something else, so that they could hide markup. UTF-16
is recognised by its bytes, whatever is declared."""
_MULTI_BYTE = frozenset({"gb18030", "big5", "euc-jp", "shift_jis", "euc-kr"})
_UNDECLARED = ("utf-8", "euc-kr", "windows-1252")
"""Tried in this order where no declared encoding fits; the last fits everything."""


def decode(document: Document) -> str:
    """The text of a document; bytes that its encoding does not know become U+FFFD, and nothing is raised.

    A byte order mark decides, then the charset of the HTTP header, then the declaration in the document, then UTF-8.
    A declared encoding that most of the non-ASCII bytes contradict is passed over. A single-byte encoding can decode
    anything, so it counts only where the bytes are not UTF-8.
    """
    body = document.body
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    for first, name in _ZEROS:
        if first.match(body):
            return body.decode(name, "replace")
    declared = _declared(document)
    if not _MULTI_BYTE.intersection(declared[:1]):
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError:
            pass
    for name in (*declared, *_UNDECLARED):
        text: str = webencodings.lookup(name).codec_info.decode(body, "replace")[0]
        if _fits(text):
            break
    return text


def _declared(document: Document) -> list[str]:
    """The known encodings that the header and the document declare, by the WHATWG's names, the header's first."""
    head = document.body[:_DECLARED_WITHIN]
    in_body = _XML_DECLARATION.match(head) or _META.search(head)
    in_header = _CHARSET.search(document.content_type)
    labels = [*([in_header[1]] if in_header else []), *([in_body[1].decode("ascii")] if in_body else [])]
    names = ["gb18030" if found.name == "gbk" else found.name for found in map(webencodings.lookup, labels) if found]
    return [name for name in names if name not in _REFUSED]


def _fits(text: str) -> bool:
    """Whether at most half of the characters outside ASCII could not be decoded."""
    outside_ascii = len(text) - len(text.encode("ascii", "ignore"))
    return 2 * text.count("\N{REPLACEMENT CHARACTER}") <= outside_ascii
