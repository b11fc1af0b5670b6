"""Reads the JSON in what a language model wrote, also where it is cut off, wrapped in prose or not quite JSON."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import json_repair
from pydantic_core import from_json

from workers.text.clean import fold
from workers.text.latex import readable

_TAG = "think|thinking|thought|reasoning"
_REASONING_FIRST = re.compile(rf"\s*<({_TAG})>.*?(?:</\1>|\Z)", re.IGNORECASE | re.DOTALL)
_STRING_OR_TAG = re.compile(rf'"(?:[^"\\\n]|\\.)*"|<(?P<end>/?)(?P<name>{_TAG})>', re.IGNORECASE)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:(u[0-9a-fA-F]{4})|(.[a-zA-Z]*))", re.DOTALL)
_NEWLINE_COMMANDS = frozenset(
    (
        "nabla",
        "ne",
        "nearrow",
        "neg",
        "neq",
        "newline",
        "nexists",
        "ngeq",
        "ni",
        "nleq",
        "nmid",
        "nolimits",
        "nonumber",
        "norm",
        "not",
        "notin",
        "nsim",
        "nu",
        "num",
        "nwarrow",
    )
)
"""TeX's commands that begin with n; any other word after `\\n` begins a new line."""
_CONTROL = re.compile(r"[\x00-\x1f]")
_COMMAND_AND_SPACE = re.compile(r"(\\[a-zA-Z]+) (?=[^{\[])")
_DECODER = json.JSONDecoder()
_START = re.compile(r"[{\[](?=\s*(?:[\"'{\[]|/[/*]))")
"""The beginning of a value; brackets in prose have a word in them."""
_LAST_NUMBER = re.compile(r"[-+.\deE]+\Z")
_LONGEST = 80_000
"""Characters of an answer that are read; one of 4,000 tokens has at most 20,000."""


def without_reasoning(text: str) -> str:
    """`text` without what a model thought before its answer; thought without an end goes on to the end of the text.

    A tag in a string of the answer is text: papers write about these tags.
    """
    while first := _REASONING_FIRST.match(text):
        text = text[first.end() :]
    kept, at = "", 0
    while found := _STRING_OR_TAG.search(text, at):
        name = found["name"]
        if not name:
            kept, at = kept + text[at : found.end()], found.end()
        elif found["end"]:  # the tag with which it began was a part of the prompt
            kept, at = "", found.end()
        else:
            kept += text[at : found.start()] + " "
            end = text.find(f"</{name}>", found.end())
            at = end + len(name) + 3 if end >= 0 else len(text)
    return kept + text[at:]


def json_values(text: str) -> list[Any]:
    """The JSON objects and arrays in an answer, in their order; empty if there are none.

    Reasoning, prose and code fences around them, comments and trailing commas are left out. TeX in strings keeps its
    backslashes: `\\%`, which JSON does not know, and `\\times`, which JSON takes for a tab. The last value may be cut
    off: of its innermost lists and strings what is whole is kept. A value that is broken in the middle is repaired, and
    is the last one.
    """
    text = text[:_LONGEST].encode("utf-8", "replace").decode()  # a lone surrogate becomes a question mark
    values = _values(_STRING.sub(_mended, without_reasoning(text)))
    return [value for value in values if isinstance(value, dict | list)]


def items(text: str, key: str, number: str = "") -> list[Any]:
    """The entries of the list `key` in an answer that should be `{key: [entry, …]}`, as they are.

    A bare list, an entry alone and a mapping instead of the list are taken too; a mapping's keys become the field
    `number` of its entries where that is missing.
    """
    found: list[Any] = []
    for value in json_values(text):
        if isinstance(value, Mapping) and key in value:
            value = value[key]
            if isinstance(value, Mapping) and all(isinstance(each, Mapping) for each in value.values()):
                value = [{number: name, **each} if number else each for name, each in value.items()]
        found += value if isinstance(value, list) else [value]
    return found


def readable_text(value: Any) -> str:
    """A string of an answer as readers are shown it, on one line and without TeX; "" for any other value."""
    # TeX drops the space after a command, but in a sentence it separates two words.
    return fold(readable(_COMMAND_AND_SPACE.sub(r"\1{} ", value))) if isinstance(value, str) else ""


def _values(text: str) -> Iterator[Any]:
    at, end = 0, len(text.rstrip())
    while found := _START.search(text, at):
        try:
            value, at = _DECODER.raw_decode(text, found.start())
        except (ValueError, RecursionError) as error:  # also a number of thousands of digits
            rest, at = text[found.start() : end], end
            yield from _cut_off(rest) if _is_cut(error, end) else _repaired(rest)
        else:
            yield value


def _is_cut(error: Exception, end: int) -> bool:
    """Whether reading failed at the end of the text, and not before."""
    return isinstance(error, json.JSONDecodeError) and (error.pos >= end or error.msg.startswith("Unterminated string"))


def _cut_off(text: str) -> Iterator[Any]:
    """The value that `text` is the beginning of, without the number or string that it ends with."""
    with suppress(ValueError):
        yield from_json(_LAST_NUMBER.sub("", text), allow_partial=True)


def _repaired(text: str) -> Iterator[Any]:
    """The values that `text` most likely stands for."""
    with suppress(ValueError, RecursionError):
        value = json_repair.loads(text)
        yield from value if isinstance(value, list) and text.startswith("{") else [value]


def _mended(string: re.Match[str]) -> str:
    return _CONTROL.sub(" ", _ESCAPE.sub(_escape, string[0]))


def _escape(found: re.Match[str]) -> str:
    """An escape of a string as JSON knows it; what can only be TeX gets its backslash doubled."""
    word = found[2]
    if not word:
        return found[0]
    first, rest = word[0], word[1:]
    if first in '"\\/':
        return found[0]
    if first == "n" and word not in _NEWLINE_COMMANDS:
        return found[0]
    if first in "bfrt" and not rest[:1].islower():
        return found[0]
    return found[0][1:] if first == "'" else "\\" + found[0]
