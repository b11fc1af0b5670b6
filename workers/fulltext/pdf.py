"""A PDF as passages, without invisible text and without the references."""

import ctypes
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium

from workers.domain.documents import Document
from workers.domain.errors import SourceError
from workers.domain.passages import Passage
from workers.text.clean import fold

PAGE_LIMIT = 60
"""Pages read; the rest of a longer document is ignored."""
_MIN_FONT_PT = 3.0
"""Smaller characters are ignored, because a reader does not see them."""
_INVISIBLE = 3
"""Text rendering mode of text that is neither filled nor stroked (PDF 32000-1, table 106)."""
_WHITE = 245
"""A colour whose red, green and blue are all at least this is invisible on white paper."""
_PARAGRAPH_GAP = 1.6
"""In line heights; a larger distance between two lines separates paragraphs."""
_PASSAGE_LIMIT = 6_000
"""Characters of one passage; a paragraph that goes on ends there, and one line is cut there."""
_REFERENCES = re.compile(r"^\s*(?:\d+\.?\s*)?(?:references|bibliography)\s*$", re.IGNORECASE)
_HEADING = re.compile(r"^(?:(?:\d+(?:\.\d+)*\.?|[A-Z]\.?)\s+)?[A-Z][A-Za-z].{1,70}$")
_USUAL_HEADING = re.compile(
    r"^(?:abstract|introduction|related work|background|methods?|experiments?|results|discussion|conclusions?"
    r"|limitations)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of text; `top` and `height` in points, `top` from the lower edge of the page."""

    text: str
    top: float
    height: float
    page: int


def passages(document: Document) -> tuple[Passage, ...]:
    """The paragraphs in reading order, numbered from 1; `anchor` is `page=N`, counted from 1.

    Raises SourceError if the document is not a PDF, cannot be read, or has no text.
    """
    body = document.body
    if not body.startswith(b"%PDF-"):
        raise SourceError("not a PDF")
    try:
        opened = pypdfium2.PdfDocument(body)
    except pypdfium2.PdfiumError:
        raise SourceError("a PDF that cannot be opened") from None
    try:
        lines = [line for n in range(min(len(opened), PAGE_LIMIT)) for line in _lines(opened[n], n + 1)]
    except pypdfium2.PdfiumError:
        raise SourceError("a PDF that cannot be read") from None
    finally:
        opened.close()
    found = tuple(_paragraphs(lines))
    if not found:
        raise SourceError("a PDF without text")
    return found


def _lines(page: "pypdfium2.PdfPage", number: int) -> list[_Line]:
    """The lines of a page, in its order, made of visible characters only (see `_is_visible`)."""
    text = page.get_textpage()
    raw = text.raw
    width, height = page.get_size()
    lines: list[_Line] = []
    letters: list[str] = []
    top, size = 0.0, 0.0
    for at in range(text.count_chars()):
        letter = chr(pdfium.FPDFText_GetUnicode(raw, at))
        if letter in "\r\n":
            if letters:
                lines.append(_Line(fold("".join(letters)), top, size or 10.0, number))
            letters, size = [], 0.0
            continue
        if letter == "\ufffe" or letter == "\x02":  # a hyphen at a line's end
            continue
        if not letter.isspace() and not _is_visible(raw, at, width, height):
            continue
        if not letters:
            top = _box(raw, at)[3]
        letters.append(letter)
        size = max(size, pdfium.FPDFText_GetFontSize(raw, at))
    if letters:
        lines.append(_Line(fold("".join(letters)), top, size or 10.0, number))
    text.close()
    return [line for line in lines if line.text]


def _is_visible(raw: object, at: int, width: float, height: float) -> bool:
    """False for a character that is tiny, white, transparent, off the page or in the invisible rendering mode."""
    if pdfium.FPDFText_GetFontSize(raw, at) < _MIN_FONT_PT:
        return False
    left, right, bottom, top = _box(raw, at)
    if right < 0 or left > width or top < 0 or bottom > height or top - bottom < 0.5:
        return False
    shown = pdfium.FPDFText_GetTextObject(raw, at)
    if shown and pdfium.FPDFTextObj_GetTextRenderMode(shown) == _INVISIBLE:
        return False
    colour = [ctypes.c_uint() for _ in range(4)]
    if not pdfium.FPDFText_GetFillColor(raw, at, *map(ctypes.byref, colour)):
        return True
    red, green, blue, alpha = (channel.value for channel in colour)
    return alpha > 10 and not (red >= _WHITE and green >= _WHITE and blue >= _WHITE)


def _box(raw: object, at: int) -> tuple[float, float, float, float]:
    """(left, right, bottom, top) of a character, in points from the lower left corner of the page."""
    box = [ctypes.c_double() for _ in range(4)]
    pdfium.FPDFText_GetCharBox(raw, at, *map(ctypes.byref, box))
    left, right, bottom, top = (side.value for side in box)
    return left, right, bottom, top


def _paragraphs(lines: Sequence[_Line]) -> Iterator[Passage]:
    section, n = "", 0
    paragraph: list[_Line] = []

    def passage() -> Passage:
        return Passage(n, section, _joined(paragraph)[:_PASSAGE_LIMIT].rstrip(), f"page={paragraph[0].page}")

    for line in lines:
        if _REFERENCES.match(line.text):
            break
        heading = _is_heading(line.text)
        is_full = sum(len(each.text) + 1 for each in paragraph) + len(line.text) > _PASSAGE_LIMIT
        if paragraph and (heading or is_full or _is_paragraph_end(paragraph[-1], line)):
            n += 1
            yield passage()
            paragraph = []
        if heading:
            section = line.text[:200].rstrip()
        else:
            paragraph.append(line)
    if paragraph:
        n += 1
        yield passage()


def _is_paragraph_end(last: _Line, following: _Line) -> bool:
    """True if `last` ends a sentence, and `following` is on another page or further away than the next line."""
    gap = _PARAGRAPH_GAP * max(following.height, last.height)
    is_apart = following.page != last.page or abs(last.top - following.top) > gap
    return is_apart and last.text.endswith((".", ":", "?", "!"))


def _is_heading(text: str) -> bool:
    return bool(_USUAL_HEADING.match(text.lstrip("0123456789. "))) or (
        text[:1].isdigit() and bool(_HEADING.match(text)) and not text.endswith((".", ",", ";"))
    )


def _joined(lines: Sequence[_Line]) -> str:
    """The text of a paragraph; a word hyphenated at the end of a line is joined again."""
    text = ""
    for line in lines:
        text = text[:-1] + line.text if text.endswith("-") and line.text[:1].islower() else f"{text} {line.text}"
    return fold(text)
