"""Converts the TeX in titles, abstracts and names to readable text: accents, Greek letters, inline formulas."""

import re
from functools import lru_cache

from pylatexenc.latex2text import LatexNodes2Text
from pylatexenc.latexwalker import LatexWalkerError

from workers.text.clean import fold

_LONGEST = 20_000
"""Characters; in a longer text commands are left out instead of converted."""
_LONGEST_FORMULA = 300
"""Characters between two dollar signs."""
_TEX_FAULTS = (LatexWalkerError, LookupError, AttributeError, TypeError, ValueError, RecursionError)
"""What pylatexenc raises on broken TeX, such as `\\href` without its braces."""
_DEEPEST = 4
"""Brackets inside each other in TeX that is broken. pylatexenc tries what is in a bracket without an end again and
again, so that its time doubles with each of them: `\\frac{` fifteen times took minutes."""
_COMMAND = re.compile(r"\\[a-zA-Z]+|\\[^a-zA-Z\s]|[{}]")
_TEX = re.compile(r"\\[a-zA-Z]|[\^_{}]")
"""What only a formula has."""
_OPERATOR = re.compile(r"[=<>≤≥≠≈∼∈×±+|]|(?<=\s)[-/](?=\s)")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[A-Za-z]{4,}")
_LINK = re.compile(r"\\href\s*\{[^{}]*\}\s*(?=\{)|\\(?:href|url)\s*(?=\{)|\\today\b")
"""Commands that pylatexenc writes with an address, with a gap where an argument is missing, or with today's date."""
_DOCUMENT = re.compile(
    r"\\begin\s*\{(?:array|tabular)\*?\}\s*(?:\[[^\[\]]*\]\s*)?\{[^{}]*\}|\\(?:begin|end)(?![a-zA-Z])\s*(?:\{[^{}]*\})?"
    r"|\\(?:title|author|date|maketitle|input|include)(?![a-zA-Z])"
)
"""Commands of a document, not of a text. pylatexenc writes the title wherever `\\maketitle` is, and pads a table's
cells, so that a few of them inside each other become gigabytes."""
_COMMAND_NAME = re.compile(r"\\[a-zA-Z]+\*? ?|\\(?=[^a-zA-Z\s])")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\\])")


def readable(text: str) -> str:
    """`text` without TeX: `$\\mu$LO` → `μLO`, `Casta\\~neda` → `Castañeda`, `50\\%` → `50%`.

    Text without TeX is folded and otherwise unchanged; a dollar sign of an amount stays. What cannot be converted loses
    its commands and keeps its words, each sentence for itself.
    """
    if "$" in text:
        text = _without_dollars(text)
    if "\\" in text:
        text = _plain(text)
    return fold(text)


def _without_dollars(text: str) -> str:
    """`text` with its formulas converted, each alone; dollar signs that enclose none stay."""
    pieces: list[str] = []
    position = 0
    while (opening := _dollar(text, position)) >= 0:
        width = 2 if text.startswith("$$", opening) else 1
        start = opening + width
        end = _dollar(text, start)
        pieces.append(text[position:opening])
        following = text[end + width : end + width + 1]
        if end > 0 and text.startswith("$" * width, end) and _is_formula(text[start:end], following):
            pieces.append(_plain(text[start:end].strip()))
            position = end + width
        else:
            pieces.append(text[opening:start])
            position = start
    return "".join([*pieces, text[position:]])


def _dollar(text: str, start: int) -> int:
    """The place of the next dollar sign that is not escaped; -1 without one."""
    place = text.find("$", start)
    while place > 0 and text[place - 1] == "\\":
        place = text.find("$", place + 1)
    return place


def _is_formula(content: str, following: str) -> bool:
    """Whether `content`, which is between two dollar signs, is a formula and not text between two amounts of money.

    `following` is the character behind the second sign.
    """
    stripped = content.strip()
    if not stripped or len(content) > _LONGEST_FORMULA or "\n" in content:
        return False
    if content[-1] in "-/,;:" and following.isalnum():
        return False
    if _TEX.search(content):
        is_amount = following.isdigit() and content[0].isdigit() and content[-1].isspace()
        return not (is_amount and re.search(r"[A-Za-z]{2}", re.sub(r"\\[a-zA-Z]+", "", content)))
    if following.isdigit():
        return not content[0].isdigit() and not _LETTER.search(content)
    if not _LETTER.search(content) or not re.search(r"\s", stripped):
        return True
    is_close = not content[0].isspace() and not content[-1].isspace() and not content[0].isdigit()
    return not _WORD.search(content) and (is_close or bool(_OPERATOR.search(content)))


def authors(names: str | list[str]) -> tuple[str, ...]:
    """Names in the given order, from a list or from arXiv's single string; affiliations in brackets are dropped."""
    parts = _split(fold(names)) if isinstance(names, str) else map(fold, names)
    return tuple(cleaned for name in parts if (cleaned := _name(name)))


@lru_cache(maxsize=4096)
def _plain(tex: str) -> str:
    """`tex` converted as a whole, else sentence by sentence, so that a broken command costs its sentence alone."""
    if not _COMMAND.search(tex):
        return tex
    if len(tex) > _LONGEST:
        return _without_commands(tex)
    converted = _converted(tex)
    if converted is None:
        sentences = _SENTENCE_END.split(tex)
        pieces = [_converted(sentence) if len(sentences) > 1 else None for sentence in sentences]
        converted = " ".join(piece or _without_commands(tex) for piece, tex in zip(pieces, sentences, strict=True))
    return _without_commands(converted) if re.search(r"\\[a-zA-Z]", converted) else converted


def _converted(tex: str) -> str | None:
    """`tex` as pylatexenc reads it; None if it cannot."""
    # In TeX a bare % starts a comment and $ a formula, and & and ~ vanish; in titles and abstracts they are text.
    guarded = re.sub(r"(?<!\\)([%&$])", r"\\\1", _DOCUMENT.sub("{}", _LINK.sub("", tex)))
    guarded = re.sub(r"(?<=\d)~(?=\d)|(?<=\s)~(?=\s)", r"\\textasciitilde{}", guarded)
    to_text = LatexNodes2Text(math_mode="text", strict_latex_spaces=True)
    for is_tolerant in (False, True) if _depth(guarded) <= _DEEPEST else (False,):
        try:
            converted: str = to_text.latex_to_text(guarded, tolerant_parsing=is_tolerant)
        except _TEX_FAULTS:
            continue
        break
    else:
        return None
    # A command without its braces leaves its template.
    return None if converted.count("%s") > tex.count("%s") else converted


def _depth(tex: str) -> int:
    """The most brackets of `tex` that are open at one place."""
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", tex):
        depth = depth + 1 if bracket in "[{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest


def _without_commands(tex: str) -> str:
    return _COMMAND_NAME.sub("", _LINK.sub("", tex)).replace("{", "").replace("}", "")


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
