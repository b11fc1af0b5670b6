"""Converts the TeX in titles, abstracts and names to readable text: accents, Greek letters, inline formulas."""

import re
from functools import lru_cache

from pylatexenc.latex2text import LatexNodes2Text
from pylatexenc.latexwalker import LatexWalkerError

_SPACES = re.compile(r"[\s\0]+")
_FORMULA = re.compile(r"(?<!\\)\$(?=\S)([^$\n]{1,200}?)(?<=\S)(?<!\\)\$(?!\d)")
_LONGEST = 20_000
"""Characters; a longer text is not converted."""
_TEX_FAULTS = (LatexWalkerError, LookupError, AttributeError, TypeError, ValueError, RecursionError)
"""What pylatexenc raises on broken TeX, such as `\\href` without its braces; the text then stays as it is."""
_COMMAND = re.compile(r"\\[a-zA-Z]+|\\[^a-zA-Z\s]|[{}]")


def fold(text: str) -> str:
    """`text` with every run of white space, line breaks included, as one space, and none at its ends.

    What JSON can contain and a database cannot is replaced: an unpaired surrogate by a question mark, NUL by a space.
    """
    plain = text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
    return _SPACES.sub(" ", plain).strip()


def readable(text: str) -> str:
    """`text` without TeX: `$\\mu$LO` → `μLO`, `Casta\\~neda` → `Castañeda`, `50\\%` → `50%`.

    Text without TeX is folded and otherwise unchanged; a single dollar sign stays.
    """
    if "$" in text:
        text = _FORMULA.sub(lambda found: _plain(found[1]), text)
    if "\\" in text:
        text = _plain(text)
    return fold(text)


def authors(names: str | list[str]) -> tuple[str, ...]:
    """Names in the given order, from a list or from arXiv's single string; affiliations in brackets are dropped."""
    parts = _split(fold(names)) if isinstance(names, str) else map(fold, names)
    return tuple(cleaned for name in parts if (cleaned := _name(name)))


@lru_cache(maxsize=4096)
def _plain(tex: str) -> str:
    if not _COMMAND.search(tex) or len(tex) > _LONGEST:
        return tex
    # In TeX a bare % starts a comment and $ a formula, and & and ~ vanish; in titles and abstracts they are text.
    guarded = re.sub(r"(?<!\\)([%&$])", r"\\\1", tex)
    guarded = re.sub(r"(?<=\d)~(?=\d)|(?<=\s)~(?=\s)", r"\\textasciitilde{}", guarded)
    try:
        converted: str = LatexNodes2Text(math_mode="text", strict_latex_spaces=True).latex_to_text(guarded)
    except _TEX_FAULTS:
        return tex
    # A command without its braces leaves its template (%s); \today would give the date of this run.
    return tex if "%s" in converted or "\\today" in tex else converted


def _name(name: str) -> str:
    """A folded name without its affiliation. Most names take the fast path, because a day has ten thousand."""
    if "(" in name:
        name = re.sub(r" ?\([^()]*\)", "", name)
    return readable(name) if "\\" in name or "$" in name else name.strip()


def _split(names: str) -> list[str]:
    """Split at the commas outside brackets: `A (X, Y), B` has two names."""
    if "(" not in names and "{" not in names and "[" not in names:
        return names.split(",")
    depth = 0
    parts: list[str] = []
    current: list[str] = []
    for character in names:
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth = max(0, depth - 1)
        if character == "," and depth == 0:
            parts.append("".join(current))
            current = []
        else:
            current.append(character)
    return [*parts, "".join(current)]
