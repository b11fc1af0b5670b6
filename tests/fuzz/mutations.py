"""Mutations of documents, as old software, servers, proxies and attackers make them."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from tests.fuzz import odd
from tests.fuzz.seeds import Format, Seed
from workers.domain.documents import Document

_TAG = re.compile(rb"<[^<>]*>")
_TEXT = re.compile(rb"(?<=>)\s*[^<>\s][^<>]*(?=<)")
_ATTRIBUTE = re.compile(rb"\s[\w:.-]+\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_NAME = re.compile(rb"(?<=<)[\w:.-]+")
_ENCODING = re.compile(rb"(?<=encoding=[\"'])[\w-]*|(?<=charset=[\"'])[\w-]*")
_MOST_MUTATIONS = 5
_FORMATS = [
    *[Format.FEED] * 9,
    Format.LIST,
    Format.LIST,
    Format.FRONT,
    Format.PAGE,
    Format.PAPER,
    Format.PAPER,
    Format.PDF,
]
_URLS = ("", "https://lab.example/feed.xml", "http://[::1", "https://lab.example/" + "a/" * 2_000)


@dataclass(frozen=True, slots=True)
class Sample:
    """A mutated document; `number` names it."""

    number: int
    seed: Seed
    document: Document


@dataclass(frozen=True, slots=True)
class _Draft:
    """A document between two mutations. `others` are documents of its format; a piece grows by at most `largest`."""

    random: Random
    body: bytes
    others: Sequence[bytes]
    largest: int

    def place(self) -> int:
        """Returns a place in the body, mostly one where a tag begins or ends."""
        tags = [found.span() for found in _TAG.finditer(self.body)]
        if tags and self.random.random() < 0.7:
            return self.random.choice(self.random.choice(tags))
        return self.random.randint(0, len(self.body))

    def span(self) -> slice:
        """Returns a short part of the body, or one that is as long as an item."""
        start = self.place()
        return slice(start, start + self.random.choice([1, 4, 20, 200, 2_000]))

    def match(self, pattern: re.Pattern[bytes]) -> slice:
        """Returns a match of `pattern`, else an empty part."""
        found = [each.span() for each in pattern.finditer(self.body)] or [(0, 0)]
        return slice(*self.random.choice(found))

    def times(self, piece: bytes) -> int:
        """Returns how often `piece` may be repeated; mostly not often."""
        return max(1, int(self.largest ** self.random.random()) // max(1, len(piece)))

    def put(self, part: slice, piece: bytes) -> bytes:
        return self.body[: part.start] + piece + self.body[part.stop :]

    def insert(self, piece: bytes) -> bytes:
        start = self.place()
        return self.put(slice(start, start), piece)

    def text(self, choices: Sequence[str]) -> bytes:
        return self.random.choice(choices).encode("utf-8", "surrogatepass")


def mutated(number: int, seeds: Sequence[Seed], largest: int) -> Sample:
    """Returns sample `number`, which depends on the arguments alone; a piece grows by at most `largest` bytes."""
    random = Random(number)  # noqa: S311 - the same samples in every run
    present = {seed.format for seed in seeds}
    format_ = random.choice([each for each in _FORMATS if each in present])
    seed = random.choice([seed for seed in seeds if seed.format == format_])
    others = [other.body for other in seeds if other.format == format_]
    body = _json(random, seed.body) if format_ == Format.LIST else seed.body
    for _ in range(random.randint(1, _MOST_MUTATIONS) if format_ != Format.LIST or random.random() < _ROUGHLY else 0):
        mutation = random.choice(_ROUGH if random.random() < _ROUGHLY else _GENTLE)
        body = mutation(_Draft(random, body, others, largest))
    header = random.choice(odd.CONTENT_TYPES).replace("{}", random.choice(odd.ENCODINGS))
    return Sample(number, seed, Document(body, header if random.random() < 0.3 else "", random.choice(_URLS)))


def _flip(draft: _Draft) -> bytes:
    body = bytearray(draft.body or b" ")
    for _ in range(draft.random.choice([1, 1, 3, 20])):
        body[draft.random.randrange(len(body))] = draft.random.randrange(256)
    return bytes(body)


def _cut(draft: _Draft) -> bytes:
    return draft.body[: draft.place()]


def _delete(draft: _Draft) -> bytes:
    return draft.put(draft.span(), b"")


def _repeat(draft: _Draft) -> bytes:
    part = draft.match(_TAG) if draft.random.random() < 0.5 else draft.span()
    piece = draft.body[part]
    return draft.put(part, piece * draft.times(piece))


def _splice(draft: _Draft) -> bytes:
    """Join the beginning of the document and the end of another, or put a part of another into it."""
    other = replace(draft, body=draft.random.choice(draft.others))
    if draft.random.random() < 0.5:
        return draft.body[: draft.place()] + other.body[other.place() :]
    return draft.insert(other.body[other.span()])


def _swap(draft: _Draft) -> bytes:
    one, other = sorted([draft.match(_TAG), draft.match(_TAG)], key=lambda part: (part.start, part.stop))
    between = draft.body[one.stop : other.start]
    return draft.body[: one.start] + draft.body[other] + between + draft.body[one] + draft.body[other.stop :]


def _rename(draft: _Draft) -> bytes:
    """Rename an element, at its start tag alone or everywhere."""
    part, name = draft.match(_NAME), draft.text(odd.ELEMENTS)
    if draft.random.random() < 0.5:
        return draft.put(part, name)
    old = draft.body[part]
    return draft.body.replace(b"<" + old, b"<" + name).replace(b"</" + old, b"</" + name) if old else draft.body


def _attribute(draft: _Draft) -> bytes:
    """Add an attribute, change one, or add very many."""
    attribute = b" " + draft.text(odd.ATTRIBUTES)
    match draft.random.randrange(3):
        case 0:
            end = draft.match(_NAME).stop
            return draft.put(slice(end, end), attribute)
        case 1:
            return draft.put(draft.match(_ATTRIBUTE), attribute)
        case _:
            end = draft.match(_NAME).stop
            many = b"".join(b' a%d="x"' % n for n in range(draft.times(attribute)))
            return draft.put(slice(end, end), many)


def _value(draft: _Draft) -> bytes:
    """Replace the text of an element, or add to it."""
    part, value = draft.match(_TEXT), draft.text(odd.VALUES)
    escaped = value.replace(b"&", b"&amp;").replace(b"<", b"&lt;") if draft.random.random() < 0.5 else value
    return draft.put(part, draft.random.choice([escaped, draft.body[part] + escaped, escaped * draft.times(escaped)]))


def _reference(draft: _Draft) -> bytes:
    part, reference = draft.match(_TEXT), draft.text(odd.REFERENCES)
    start = draft.random.randint(part.start, part.stop)
    many = draft.times(reference) if draft.random.random() < 0.2 else 1
    return draft.put(slice(start, start), reference * many)


def _character(draft: _Draft) -> bytes:
    part, character = draft.match(_TEXT), draft.random.choice(odd.CHARACTERS)
    start = draft.random.randint(part.start, part.stop)
    many = draft.times(character) if draft.random.random() < 0.2 else 1
    return draft.put(slice(start, start), character * many)


def _insertion(draft: _Draft) -> bytes:
    piece = draft.text(odd.INSERTIONS)
    return draft.insert(piece * draft.times(piece) if draft.random.random() < 0.2 else piece)


def _element(draft: _Draft) -> bytes:
    """Put in an element, deeply nested, without its end, or many of it side by side."""
    name, value = draft.text(odd.ELEMENTS), draft.text(odd.VALUES)
    attribute = b" " + draft.text(odd.ATTRIBUTES) if draft.random.random() < 0.5 else b""
    start, end = b"<" + name + attribute + b">", b"</" + name + b">"
    one = start + value + end
    match draft.random.randrange(4):
        case 0:
            return draft.insert(one)
        case 1:
            return draft.insert(one * draft.times(one))
        case 2:
            depth = draft.times(start + end)
            return draft.insert(start * depth + value + end * depth)
        case _:
            return draft.insert(start * draft.times(start))


def _declaration(draft: _Draft) -> bytes:
    return draft.put(draft.match(_ENCODING), draft.text(odd.ENCODINGS))


def _rewrite(draft: _Draft) -> bytes:
    """Write the document in another encoding."""
    encoding = draft.random.choice(odd.WRITTEN_IN)
    written = draft.body.decode("utf-8", "replace").encode(encoding, "replace")
    return written if draft.random.random() < 0.7 else written[draft.random.randrange(4) :]


def _surround(draft: _Draft) -> bytes:
    piece = draft.random.choice(odd.AROUND)
    return piece + draft.body if draft.random.random() < 0.5 else draft.body + piece


_GENTLE: Sequence[Callable[[_Draft], bytes]] = (
    *(_attribute, _attribute, _value, _value, _value, _value, _reference, _character, _element, _element),
    *(_repeat, _rename, _swap, _declaration),
)
_ROUGH: Sequence[Callable[[_Draft], bytes]] = (_flip, _cut, _delete, _splice, _insertion, _rewrite, _surround)
_ROUGHLY = 0.25
"""Share of the mutations after which a document is often refused as a whole."""


def _json(random: Random, body: bytes) -> bytes:
    """A JSON document with some of its values changed, added or nested."""
    try:
        rows = json.loads(body)
    except ValueError:
        return body
    for _ in range(random.randint(1, _MOST_MUTATIONS)):
        rows = _changed(random, rows, depth=random.randint(0, 5))
    return json.dumps(rows, ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")


def _changed(random: Random, value: Any, depth: int) -> Any:
    if depth and isinstance(value, dict) and value:
        key = random.choice(list(value))
        return value | {key: _changed(random, value[key], depth - 1)}
    if depth and isinstance(value, list) and value:
        place = random.randrange(len(value))
        return [*value[:place], _changed(random, value[place], depth - 1), *value[place + 1 :]]
    if random.random() < 0.3:
        return random.choice(odd.VALUES)
    return random.choice([random.choice(odd.JSON_VALUES), [value] * random.choice([2, 10]), {"paper": value}])
