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

_NAMES = (
    r"(?:seed:|mm:)?think(?:ing)?|thoughts?|reason(?:ing)?|reflect(?:ion)?|analysis|scratchpad|ant_?thinking"
    r"|inner_monologue|rationale"
)
_OPEN = (
    rf"<\s*(?:{_NAMES})(?:\s[^<>]*)?>|\[think(?:ing)?\]|◁think▷|<details\s[^<>]*reasoning[^<>]*>"
    r"|<\|(?:start_thinking|begin_of_thought|start_of_thought|thinking_start)\|>"
    r"|<\|channel\|>\s*(?:analysis|commentary)[^<{\[]*<\|message\|>"
)
_CLOSE = (
    rf"<\s*/\s*(?:{_NAMES})\s*>|\[/think(?:ing)?\]|◁/think▷|</details>"
    r"|<\|(?:end_thinking|end_of_thought|thinking_end)\|>|<\|channel\|>\s*final\s*(?:<\|constrain\|>\s*\w*\s*)?<\|message\|>"
)
"""The marks between which models think: those of DeepSeek, Qwen, Magistral, Kimi, Cohere, gpt-oss and others."""
_OPENING = re.compile(rf"\s*(?:{_OPEN})", re.IGNORECASE)
_CLOSING = re.compile(_CLOSE, re.IGNORECASE)
_STRING_OR_MARK = re.compile(rf'[{{\[,:]\s*"(?:[^"\\\n]|\\.)*"|(?P<open>{_OPEN})|(?P<close>{_CLOSE})', re.IGNORECASE)
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
_DEPTH = 3
"""Objects around an answer, at most, and values that are looked into for one."""
_DECODER = json.JSONDecoder()
_START = re.compile(r"[{\[](?=\s*(?:[\"'{\[]|/[/*]))")
"""The beginning of a value; brackets in prose have a word in them."""
_LAST_NUMBER = re.compile(r"[-+.\deE]+\Z")
_LONGEST = 80_000
"""Characters of an answer that are read, without its reasoning; one of 4,000 tokens has at most 20,000."""
_MOST_STARTS = 500
"""Places at which a value is looked for; a broken answer has about a hundred."""
_REPAIRED = 12_000
"""Characters of a value that is repaired; of a longer one what stands whole is taken."""
_BRACKET = re.compile(r"[{\[]")


def without_reasoning(text: str) -> str:
    """`text` without what a model thought before its answer; thought without an end goes on to the end of the text.

    A mark in a string of the answer is text: papers write about these marks.
    """
    kept, at = "", 0
    while opening := _OPENING.match(text, at):
        closing = _CLOSING.search(text, opening.end())
        at = closing.end() if closing else len(text)
    while found := _STRING_OR_MARK.search(text, at):
        if found["close"]:  # the mark with which it began was a part of the prompt
            kept, at = "", found.end()
        elif found["open"]:
            kept += text[at : found.start()] + " "
            closing = _CLOSING.search(text, found.end())
            at = closing.end() if closing else len(text)
        else:
            kept, at = kept + text[at : found.end()], found.end()
    return kept + text[at:]


def json_values(text: str, *, is_whole: bool = True) -> list[Any]:
    """The JSON objects and arrays in an answer, in their order; empty if there are none.

    Reasoning, prose and code fences around them, comments and trailing commas are left out. TeX in strings keeps its
    backslashes: `\\%`, which JSON does not know, and `\\times`, which JSON takes for a tab. The last value may be cut
    off: of its innermost lists and strings what is whole is kept. A value that is broken in the middle is repaired if
    the answer `is_whole`; that takes up to a second, so it is not done for the beginnings of one that is streamed.
    """
    text = (
        without_reasoning(text)[:_LONGEST].encode("utf-8", "replace").decode()
    )  # lone surrogates become question marks
    values = _values(_STRING.sub(_mended, text), is_whole)
    return [value for value in values if isinstance(value, dict | list)]


def items(text: str, key: str, number: str = "") -> list[Any]:
    """The entries of the list `key` in an answer that should be `{key: [entry, …]}`, as they are.

    A bare list, an entry alone, a wrapper around the object, the list as a string and a mapping instead of the list are
    taken too; a mapping's keys become the field `number` of its entries where that is missing. If an answer is said
    more than once, with the list under `key`, the last one is taken.
    """
    values = json_values(text)
    named = [found for value in values for found in _named(value, key, _DEPTH)]
    found: list[Any] = []
    for value in named[-1:] or values:
        if isinstance(value, Mapping) and all(isinstance(each, Mapping) for each in value.values()):
            value = [{number: name, **each} if number else each for name, each in value.items()]
        found += value if isinstance(value, list) else [value]
    return found


def _named(value: Any, key: str, depth: int) -> Iterator[Any]:
    """The values under `key`, in capitals or not, in a value or in the objects that wrap them."""
    if isinstance(value, list):
        for each in value[:_DEPTH]:
            yield from _named(each, key, depth)
    if not isinstance(value, Mapping) or not depth:
        return
    known = next((name for name in value if name.casefold() == key), None)
    if known is None:
        for each in value.values():
            yield from _named(each, key, depth - 1)
        return
    inner = value[known]
    if isinstance(inner, str):
        inner = next(iter(json_values(inner)), [])
    yield inner


def readable_text(value: Any) -> str:
    """A string of an answer as readers are shown it, on one line and without TeX; "" for any other value."""
    # TeX drops the space after a command, but in a sentence it separates two words.
    return fold(readable(_COMMAND_AND_SPACE.sub(r"\1{} ", value))) if isinstance(value, str) else ""


def _values(text: str, is_whole: bool) -> Iterator[Any]:
    at, end = 0, len(text.rstrip())
    for _ in range(_MOST_STARTS):
        found = _START.search(text, at)
        if found is None:
            return
        try:
            value, at = _DECODER.raw_decode(text, found.start())
        except (ValueError, RecursionError) as error:  # also a number of thousands of digits
            rest, broken = text[found.start() : end], getattr(error, "pos", found.start())
            if _is_cut(error, end):
                yield from _cut_off(rest)
                return
            if is_whole and _can_be_repaired(rest):
                yield from _repaired(rest)
                return
            yield from _cut_off(text[found.start() : broken])
            at = max(broken, found.end())
        else:
            yield value


def _can_be_repaired(text: str) -> bool:
    """Whether the repair of a text ends soon: it may take the square of the brackets' number."""
    return len(text) <= _REPAIRED and len(_BRACKET.findall(text)) <= 40 + len(text) // 8


def _is_cut(error: Exception, end: int) -> bool:
    """Whether reading failed at the end of the text, and not before."""
    return isinstance(error, json.JSONDecodeError) and (error.pos >= end or error.msg.startswith("Unterminated string"))


def _cut_off(text: str) -> Iterator[Any]:
    """The value that `text` is the beginning of, without the number or string that it ends with."""
    with suppress(ValueError, RecursionError):
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
