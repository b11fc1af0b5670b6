"""The form of a text in which titles, questions, search terms and keywords are compared; it is never shown."""

import re
import unicodedata

_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ"
_LOWERED = "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ"
_FRACTIONS = "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
_RUN = re.compile(f"[{_RAISED}]+|[{_LOWERED}]+|(?<=[0-9])[{_FRACTIONS}]")
_SIGNS = str.maketrans({"\N{MINUS SIGN}": "-", "\N{FRACTION SLASH}": "/"})
_MARKS = str.maketrans("", "", "™℠")
"""Signs that NFKC would join to the word before them as letters."""
_ELLIPSIS = "…"
"""It ends a word, and the three points that NFKC makes of it do not."""


def matching_key(text: str) -> str:
    """`text` in NFKC and without case, its raised and lowered digits and fractions written out.

    NFKC alone would make 106 of 10⁶ and 21⁄2 of 2½; here they become `10^6` and `2 1/2`, and x₁ becomes `x_1`.
    """
    return written_out(text).casefold()


def written_out(text: str) -> str:
    """`matching_key` with the case kept, for comparisons that depend on it."""
    if text.isascii():
        return text
    pieces = _RUN.sub(_marked, text.translate(_MARKS)).split(_ELLIPSIS)
    return _ELLIPSIS.join(unicodedata.normalize("NFKC", piece) for piece in pieces).translate(_SIGNS)


def _marked(run: re.Match[str]) -> str:
    first = run[0][0]
    return ("^" if first in _RAISED else "_" if first in _LOWERED else " ") + run[0]
