"""Discord's Markdown: one line of an outline as text, with every untrusted text escaped and of limited length."""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

from bot.presentation.outline import Kind, Line, Role, Run
from bot.presentation.sanitize import sanitize, utf16

_LONGEST = 1500
"""Characters of one untrusted text."""
_SHORTER = (_LONGEST, 500, 150)
"""Limits of the texts in a line, tried one after the other until the line fits."""
_LONGEST_TITLE = 300
"""Characters of a paper's title."""
_LONGEST_QUOTE = 500
"""Characters of a quoted sentence."""
_LONGEST_URL = 600
"""Characters of an address. A title whose address is longer has no link, because a cut address leads elsewhere."""
_IN_ADDRESS = re.compile(r"""[\x00-\x20()<>\\"`\x7f\ud800-\udfff]""")
"""Characters that are encoded in an address, because they would end it."""
_MARKDOWN = re.compile(r"([\\*_~`|<>\[\]()#:@])")
_LIST = re.compile(r"^(\d*)([-+.)])")


def fitted(line: Line, limit: int) -> str:
    """The line in at most `limit` UTF-16 units.

    If it is longer, an answer's sentence and a list first lose their last runs, because later places and keywords
    matter least; then all texts are shortened; then any line loses its last runs.
    """
    if line.kind in {Kind.SENTENCE, Kind.LIST}:
        line = _fewer_runs(line, limit, _LONGEST, at_least=2)
    for longest in _SHORTER:
        text = _text(line, longest)
        if utf16(text) <= limit:
            return text
    return _text(_fewer_runs(line, limit, _SHORTER[-1], at_least=0), _SHORTER[-1])


def escaped(text: str, longest: int = _LONGEST) -> str:
    """Untrusted text that Discord shows as it is: it makes no formatting, mention, link or list."""
    return _LIST.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", sanitize(text, longest)))


def _fewer_runs(line: Line, limit: int, longest: int, at_least: int) -> Line:
    """The line with as many of its first runs as fit, but at least that many, and "…" in place of the others."""
    count, shorter = sum(map(len, line.rows)), line
    while count > at_least and utf16(_text(shorter, longest)) > limit:
        count = max(at_least, count * 4 // 5)
        shorter = replace(line, rows=(*_first_runs(line, count), (Run("…"),)))
    return shorter


def _first_runs(line: Line, count: int) -> Iterator[tuple[Run, ...]]:
    for row in line.rows:
        yield row[:count]
        count -= min(count, len(row))


def _text(line: Line, longest: int) -> str:
    match line.kind:
        case Kind.TITLE:
            return f"## {_heading(line, longest)}"
        case Kind.HEADING:
            return f"### {_heading(line, longest)}"
        case Kind.BULLET:
            return f"- {_rows(line, longest)}"
        case Kind.SMALL:
            return f"-# {_rows(line, longest)}"
        case _:
            return _rows(line, longest)


def _heading(line: Line, longest: int) -> str:
    """A heading is bold as it is; an aside in it is our own text, which needs no escaping."""
    return " ".join(f"*{run.text}*" if run.role == Role.ASIDE else escaped(run.text, longest) for run in line.rows[0])


def _rows(line: Line, longest: int) -> str:
    return "\n".join(" ".join(_run(run, longest) for run in row) for row in line.rows)


def _run(run: Run, longest: int) -> str:
    match run.role:
        case Role.BOLD | Role.LABEL:
            return f"**{escaped(run.text, longest)}**"
        case Role.NUMBER:
            return f"**{escaped(run.text, longest)}.**"
        case Role.TITLE:
            return _linked(run.text, run.url, longest)
        case Role.PLACE:
            return _linked(f"[{run.text}]", run.url, longest)
        case Role.QUOTE:
            return f"> {escaped(run.text, min(longest, _LONGEST_QUOTE))}"
        case Role.EXCERPT:
            return f"**“{escaped(run.text, longest)}”**"
        case Role.ASIDE | Role.PLAIN | Role.CITED | Role.DOT:
            return escaped(run.text, longest)


def _linked(title: str, url: str, longest: int) -> str:
    shown = escaped(title, min(longest, _LONGEST_TITLE))
    address = _IN_ADDRESS.sub(lambda found: quote(found[0], errors="replace"), url)
    is_link = shown and len(address) <= _LONGEST_URL and address.startswith(("http://", "https://"))
    return f"[{shown}]({address})" if is_link else shown
