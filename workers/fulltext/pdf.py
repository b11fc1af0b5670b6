"""A PDF as passages: only what a reader sees on the page, the references left out."""

import ctypes
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium

from workers.domain.errors import SourceError
from workers.domain.passages import Passage
from workers.text.latex import fold

MOST_PAGES = 60
_SMALLEST_PT, _INVISIBLE = 3.0, 3
_WHITE = 245
"""Red, green and blue from which on nothing is seen on paper."""
_GAP = 1.6
"""Lines further apart than this many line heights begin a paragraph."""
_REFERENCES = re.compile(r"^\s*(?:\d+\.?\s*)?(?:references|bibliography)\s*$", re.IGNORECASE)
_HEADING = re.compile(r"^(?:(?:\d+(?:\.\d+)*\.?|[A-Z]\.?)\s+)?[A-Z][A-Za-z].{1,70}$")
_NAMED = re.compile(
    r"^(?:abstract|introduction|related work|background|methods?|experiments?|results|discussion|conclusions?"
    r"|limitations)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    top: float
    height: float
    page: int


def passages(body: bytes) -> tuple[Passage, ...]:
    """Paragraphs in reading order; `anchor` is the page. Raises SourceError for what is no PDF or has no text."""
    if not body.startswith(b"%PDF-"):
        raise SourceError("not a PDF")
    try:
        document = pypdfium2.PdfDocument(body)
    except pypdfium2.PdfiumError:
        raise SourceError("a PDF that cannot be opened") from None
    try:
        lines = [line for n in range(min(len(document), MOST_PAGES)) for line in _lines(document[n], n + 1)]
    except pypdfium2.PdfiumError:
        raise SourceError("a PDF that cannot be read") from None
    finally:
        document.close()
    found = tuple(_paragraphs(lines))
    if not found:
        raise SourceError("a PDF without text")
    return found


def _lines(page: "pypdfium2.PdfPage", number: int) -> list[_Line]:
    """Lines of the characters that are seen: none tiny, white, invisible or off the page."""
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
        if not letter.isspace() and not _seen(raw, at, width, height):
            continue
        if not letters:
            top = _box(raw, at)[3]
        letters.append(letter)
        size = max(size, pdfium.FPDFText_GetFontSize(raw, at))
    if letters:
        lines.append(_Line(fold("".join(letters)), top, size or 10.0, number))
    text.close()
    return [line for line in lines if line.text]


def _seen(raw: object, at: int, width: float, height: float) -> bool:
    if pdfium.FPDFText_GetFontSize(raw, at) < _SMALLEST_PT:
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
    red, green, blue, alpha = (each.value for each in colour)
    return alpha > 10 and not (red >= _WHITE and green >= _WHITE and blue >= _WHITE)


def _box(raw: object, at: int) -> tuple[float, float, float, float]:
    """(left, right, bottom, top) in points from the page's lower left corner."""
    box = [ctypes.c_double() for _ in range(4)]
    pdfium.FPDFText_GetCharBox(raw, at, *map(ctypes.byref, box))
    left, right, bottom, top = (each.value for each in box)
    return left, right, bottom, top


def _paragraphs(lines: Sequence[_Line]) -> Iterator[Passage]:
    section, n = "", 0
    held: list[_Line] = []

    def passage() -> Passage:
        return Passage(n, section, _joined(held), f"page={held[0].page}")

    for line in lines:
        if _REFERENCES.match(line.text):
            break
        heading = _is_heading(line.text)
        begins = bool(held) and (
            line.page != held[-1].page or abs(held[-1].top - line.top) > _GAP * max(line.height, held[-1].height)
        )
        if held and (heading or (begins and held[-1].text.endswith((".", ":", "?", "!")))):
            n += 1
            yield passage()
            held = []
        if heading:
            section = line.text[:200]
        else:
            held.append(line)
    if held:
        n += 1
        yield passage()


def _is_heading(text: str) -> bool:
    return bool(_NAMED.match(text.lstrip("0123456789. "))) or (
        text[:1].isdigit() and bool(_HEADING.match(text)) and not text.endswith((".", ",", ";"))
    )


def _joined(lines: Sequence[_Line]) -> str:
    """One paragraph: a word parted at a line's end is put together again."""
    text = ""
    for line in lines:
        text = text[:-1] + line.text if text.endswith("-") and line.text[:1].islower() else f"{text} {line.text}"
    return fold(text)
