"""Small PDFs written by hand: visible lines and lines hidden in several ways."""

from collections.abc import Sequence

Line = tuple[str, str]
"""(PDF operators that set how the text is shown, the text)."""
SEEN = "0 0 0 rg 0 Tr /F1 11 Tf"
WHITE = "1 1 1 rg 0 Tr /F1 11 Tf"
INVISIBLE = "0 0 0 rg 3 Tr /F1 11 Tf"
TINY = "0 0 0 rg 0 Tr /F1 1 Tf"
OFF_PAGE = "off"


def pdf(lines: Sequence[Line]) -> bytes:
    """Returns a PDF of one page with one line below the other."""
    shown, y = [], 760
    for how, text in lines:
        x, state = (-900, SEEN) if how == OFF_PAGE else (60, how)
        escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        shown.append(f"BT {state} {x} {y} Td ({escaped}) Tj ET")
        y -= 14
    stream = "\n".join(shown).encode("latin-1")
    font = b"/Resources << /Font << /F1 5 0 R >> >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R %s >>" % font,
        b"<< /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, places = bytearray(b"%PDF-1.4\n"), []
    for number, each in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n" % number + each + b"\nendobj\n"
    table = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(body + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table))
