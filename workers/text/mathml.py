"""Writes MathML formulas as plain text, with their raised and lowered parts marked."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

_START = re.compile(r"<((?:\w+:)?)math(?=[\s>])", re.IGNORECASE)
_PREFIX = re.compile(r"(</?)\w+:(?=\w)")
_LONGEST = 5_000
"""Characters of a formula with its markup; a longer one is only freed of its tags."""
_DEEPEST = 100
"""Elements inside each other; of what is nested more deeply the text alone is kept."""
_HIDDEN = {"annotation", "annotation-xml", "mphantom"}
_SIGNS = {"msup": "^", "mover": "^", "msub": "_", "munder": "_", "mfrac": "/"}
"""Elements with two parts → the sign between them."""


def without_mathml(markup: str) -> str:
    """`markup` with each formula as text: 10<msup> becomes `10^6`, a fraction `1/2`, a root `√(x)`."""
    pieces: list[str] = []
    position = 0
    while found := _START.search(markup, position):
        closing = f"</{found[1]}math>"
        end = markup.find(closing, found.end())
        if end < 0:
            break
        end += len(closing)
        formula = markup[found.start() : end]
        pieces += [markup[position : found.start()], _text_of(formula) if len(formula) <= _LONGEST else formula]
        position = end
    return "".join([*pieces, markup[position:]])


def _text_of(formula: str) -> str:
    root = LexborHTMLParser(_PREFIX.sub(r"\1", formula)).css_first("math")
    text = _written(root) if root else ""
    return text.replace("<", "&lt;")


def _written(node: LexborNode, depth: int = 0) -> str:
    if node.tag in _HIDDEN:
        return ""
    if node.tag == "-text" or depth > _DEEPEST:
        return (node.text(deep=node.tag != "-text") or "").strip()
    parts = [written for child in node.iter(include_text=True) if (written := _written(child, depth + 1))]
    match node.tag:
        case "msup" | "mover" | "msub" | "munder" | "mfrac" if len(parts) == 2:
            return parts[0] + _SIGNS[node.tag] + _grouped(parts[1])
        case "msubsup" | "munderover" if len(parts) == 3:
            return f"{parts[0]}_{_grouped(parts[1])}^{_grouped(parts[2])}"
        case "msqrt":
            return f"√({''.join(parts)})"
        case "mspace":
            return " "
        case _:
            return "".join(parts)


def _grouped(text: str) -> str:
    return text if re.fullmatch(r"[-−+]?\w*", text) else f"({text})"
