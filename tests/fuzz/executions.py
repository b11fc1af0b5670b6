"""One try of fuzzing: a mutated document goes through the parsers of its format, and what they return is checked."""

import re
import sqlite3
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from tests.fuzz.mutations import Sample
from tests.fuzz.seeds import Format
from workers.domain.errors import SourceError
from workers.domain.models import Entry
from workers.fulltext import html, pdf
from workers.sources import arxiv, deeplearn, entries, feed, huggingface
from workers.sources.document_child import result_type

_SITE = "https://deeplearn.org"
_LONGEST_REASON = 1_000
_LONGEST_SECTION = 200
_LARGEST_INTEGER = 2**31 - 1
_LENGTHS = {
    "title": entries.LONGEST_TITLE,
    "abstract": entries.LONGEST_ABSTRACT,
    "comment": entries.LONGEST_COMMENT,
    "guid": entries.LONGEST_GUID,
    "url": 2_048,
    "doi": 200,
    "authors": entries.LONGEST_NAME,
    "categories": entries.LONGEST_CATEGORY,
    "section": _LONGEST_SECTION,
    "anchor": 80,
}
"""Field of an entry, a link or a passage → characters that it may have, each."""
Parser = Callable[..., object]


@dataclass(frozen=True, slots=True)
class Finding:
    """What got past the border."""

    number: int
    parser: str
    fault: str


@dataclass(frozen=True, slots=True)
class Execution:
    """A parser's run on a sample: what was wrong with it, seconds of processor time, and the entries it returned."""

    parser: str
    seconds: float
    findings: Sequence[Finding] = ()
    entries: Sequence[Entry] = ()


def executions(sample: Sample) -> Iterator[Execution]:
    """Yields the runs of every parser of the sample's format."""
    title = sample.seed.title
    parsers: Mapping[Format, Sequence[tuple[Parser, tuple[object, ...]]]] = {
        Format.FEED: (
            (feed.parse, ("lab", sample.seed.day)),
            (arxiv.parse_rss, ("arxiv",)),
            (arxiv.parse_api, ("arxiv", ("cs.CL",))),
        ),
        Format.LIST: ((huggingface.parse, ("huggingface",)),),
        Format.FRONT: ((deeplearn.parse_front, (_SITE,)),),
        Format.PAGE: ((deeplearn.parse_paper, ()),),
        Format.PAPER: ((html.passages, (title,)),),
        Format.PDF: ((pdf.passages, ()),),
    }
    for parser, arguments in parsers[sample.seed.format]:
        yield _executed(sample, parser, arguments)


def _executed(sample: Sample, parser: Parser, arguments: tuple[object, ...]) -> Execution:
    name = f"{parser.__module__.rpartition('.')[2]}.{parser.__qualname__}"
    found: list[str] = []
    result: object = None
    start = time.process_time()
    try:
        result = parser(sample.document, *arguments)
    except SourceError as error:
        found += _reason_faults(str(error))
    except Exception as error:  # noqa: BLE001 - what a finding is
        found.append(f"raised {type(error).__name__}: {error}"[:300])
    seconds = time.process_time() - start
    found += [] if result is None else result_faults(parser, result)
    return Execution(name, seconds, [Finding(sample.number, name, fault) for fault in found], list(_entries(result)))


def _reason_faults(reason: str) -> Iterator[str]:
    if not reason.strip() or not reason.isprintable() or len(reason) > _LONGEST_REASON:
        yield f"a reason that cannot be shown: {reason[:300]!a}"
    if "MemoryError" in reason:
        yield "needs too much memory"


def result_faults(parser: Parser, result: object) -> Iterator[str]:
    """Yields what a later step could not take of a parser's result."""
    type_ = result_type(parser)
    try:
        if type_.validate_json(type_.dump_json(result)) != result:
            yield "is another one after its way through JSON"
    except ValueError as error:
        yield f"cannot be written as JSON: {error}"[:300]
    for record in _records(result):
        yield from _record_faults(record)
    for entry in _entries(result):
        yield from entry_faults(entry)


def entry_faults(entry: Entry) -> Iterator[str]:
    if entry != entries.validated(entry):
        yield f"validated twice is another entry: {entry!a}"[:600]
    values = [value for value in (getattr(entry, each.name) for each in fields(entry)) if isinstance(value, (str, int))]
    try:
        with sqlite3.connect(":memory:") as database:
            kept = database.execute(f"SELECT {', '.join('?' * len(values))}", values).fetchone()
    except (sqlite3.Error, OverflowError, UnicodeError) as error:
        yield f"SQLite: {error}"
    else:
        if list(kept) != values:
            yield "SQLite returns another entry"


def _record_faults(record: Any) -> Iterator[str]:
    for each in fields(record):
        value = getattr(record, each.name)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, str):
                yield from (f"{each.name} {fault}: {one[:200]!a}" for fault in _text_faults(each.name, one))
            elif isinstance(one, int) and abs(one) > _LARGEST_INTEGER:
                yield f"{each.name} is no 32-bit integer: {one}"


def _text_faults(name: str, text: str) -> Iterator[str]:
    if len(text) > _LENGTHS.get(name, 10**6):
        yield f"has {len(text):,} characters"
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in set(text)):
        yield "has control characters or surrogates"
    if text != text.strip():
        yield "begins or ends with a space"
    if name == "url" and not re.fullmatch(r"https?://[^\s/]+.*", text, re.DOTALL | re.IGNORECASE):
        yield "is no web address"


def _records(result: object) -> Iterator[object]:
    """Yields the dataclasses inside a result that contain values, and not those that contain others."""
    if isinstance(result, (list, tuple)):
        for each in result:
            yield from _records(each)
    elif is_dataclass(result):
        inner = [getattr(result, each.name) for each in fields(result)]
        yield result
        for value in inner:
            yield from _records(value)


def _entries(result: object) -> Iterator[Entry]:
    return (record for record in _records(result) if isinstance(record, Entry))
