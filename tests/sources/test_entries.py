"""The border: what a valid entry is, and how records that are none are counted."""

from dataclasses import replace
from typing import Any, cast

import pytest

from tests.fakes.papers import entry
from workers.domain.errors import SourceError
from workers.domain.models import Authority, Entry
from workers.sources.entries import (
    LONGEST_ABSTRACT,
    LONGEST_TITLE,
    MOST_AUTHORS,
    InvalidEntry,
    read_all,
    source_errors,
    validated,
)


def test_a_valid_entry_stays_as_it_is() -> None:
    assert validated(entry()) == entry()


@pytest.mark.parametrize(
    ("field", "wrong", "valid"),
    [
        ("title", " A\0\tTitle\u202e of\u200b Cafe\u0301 \ud83d\ude00\ud800", "A Title of Café 😀?"),
        ("title", "x" * 28_000_000, "x" * (LONGEST_TITLE - 1) + "…"),
        ("abstract", "x" * 28_000_000, "x" * LONGEST_ABSTRACT),
        ("abstract", None, ""),
        ("abstract", 3, ""),
        ("version", 99_999_999_999_999_999_999, None),
        ("version", 0, None),
        ("version", -1, None),
        ("version", True, None),
        ("version", "2", None),
        ("upvotes", 3_000_000_000, None),
        ("upvotes", -1, None),
        ("upvotes", 1.5, None),
        ("upvotes", 2**31 - 1, 2**31 - 1),
        ("doi", "10.1000/" + "x" * 300, None),
        ("doi", "10.1000/a\0b", None),
        ("doi", "no doi", None),
        ("doi", "10.1000/ABC", "10.1000/abc"),
        ("authors", ("Ada\0 Example", "", "x" * 300, 7, "Bo"), ("Ada Example", "Bo")),
        ("authors", "Ada Example", ()),
        ("authors", tuple(map(str, range(9_000))), tuple(map(str, range(MOST_AUTHORS)))),
        ("categories", ["cs.CL", "cs.CL", None, "x" * 99], ("cs.CL",)),
        ("announce_type", "newer", None),
        ("comment", "8 pages\x1b[31m", "8 pages [31m"),
        ("guid", None, ""),
    ],
)
def test_a_field_is_cleaned_cut_or_left_out(field: str, wrong: object, valid: object) -> None:
    changed: Any = {field: wrong}
    assert getattr(validated(replace(entry(), **changed)), field) == valid


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"title": ""}, "without a title"),
        ({"title": None}, "without a title"),
        ({"title": "\0\u202e \u200b"}, "without a title"),
        ({"url": "https://blog.example/" + "x" * 4_000}, "without a link"),
        ({"url": "javascript:alert(1)"}, "without a link"),
        ({"url": "https://arxiv.org@evil.example/abs/1"}, "without a link"),
        ({"url": "https://blog.example/\u202egpj.exe"}, "without a link"),
        ({"url": "https://blog.example/a\0b"}, "without a link"),
        ({"url": "https://[::1/x"}, "without a link"),
        ({"url": "https://blog.example:99999/"}, "without a link"),
        ({"url": None}, "without a link"),
        ({"arxiv_id": "a" * 300 + "/0101001"}, "without an arXiv id"),
        ({"arxiv_id": "２506.00019"}, "without an arXiv id"),
        ({"arxiv_id": None, "authority": Authority.HUGGINGFACE}, "without an arXiv id"),
    ],
)
def test_an_entry_that_cannot_be_shown_or_known_is_none(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidEntry, match=reason):
        validated(replace(entry(), **changed))


def test_a_feeds_item_does_without_an_arxiv_id_that_is_none() -> None:
    assert validated(entry(arxiv_id="x", authority=Authority.OTHER)).arxiv_id is None


def test_a_record_that_cannot_be_read_costs_itself() -> None:
    def read(record: object) -> Entry:
        return entry(title=cast("dict[str, str]", record)["title"])

    found = read_all([{"title": "Kept"}, {"title": ""}, {}, None, {"title": "Kept Too"}], read, left_out=2)
    assert ([each.title for each in found.entries], found.dropped) == (["Kept", "Kept Too"], 5)
    with pytest.raises(SourceError) as failure:
        read_all([None, {}, {"title": ""}, {"title": " "}], read, left_out=1)
    assert str(failure.value).startswith("none of 5 records is a paper or post: 2 without a title; 1 ")
    assert read_all([], read).entries == []


def test_whatever_a_library_raises_names_its_place_and_quotes_nothing() -> None:
    with pytest.raises(SourceError) as failure, source_errors():
        raise RecursionError("secret words of the feed")
    assert str(failure.value).startswith("cannot be read: RecursionError in entries.py:")
    with pytest.raises(SourceError, match="as it is"), source_errors():
        raise SourceError("as it is")
