"""Hugging Face daily papers: the list of one day as JSON."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.documents import FakeDocuments
from tests.fakes.papers import DAY
from workers.domain.documents import Document
from workers.domain.errors import SourceError
from workers.sources.entries import ParsedEntries
from workers.sources.huggingface import HuggingFace, parse

URL = "http://hf.example/api/daily_papers"


def row(**overrides: Any) -> dict[str, Any]:
    paper = {
        "id": "2506.00019",
        "title": "A Fine\nTitle",
        "summary": "We do\nthings.",
        "authors": [{"name": "Ada Example", "hidden": False}, {"name": "Bo Sample"}],
        "upvotes": 12,
    }
    return {"paper": paper | overrides, "title": "A Fine Title", "numComments": 3}


def body(*rows: object) -> bytes:
    return json.dumps(rows).encode()


def test_a_record_becomes_an_entry() -> None:
    parsed = parse(Document(body(row())), "huggingface")
    [entry] = parsed.entries
    assert parsed.dropped == 0
    assert (entry.source, entry.title, entry.abstract) == ("huggingface", "A Fine Title", "We do things.")
    assert (entry.url, entry.arxiv_id) == ("https://huggingface.co/papers/2506.00019", "2506.00019")
    assert (entry.authors, entry.upvotes) == (("Ada Example", "Bo Sample"), 12)
    assert (entry.version, entry.announce_type, entry.categories) == (None, None, ())


def test_titles_keep_their_angle_brackets_and_lose_their_tex() -> None:
    titles = ["Let's <think> about LLM Reasoning", "Why 1 + 1 < 1", r"$\mu$LO"]
    entries = parse(Document(body(*(row(title=title) for title in titles))), "huggingface").entries
    assert [entry.title for entry in entries] == ["Let's <think> about LLM Reasoning", "Why 1 + 1 < 1", "μLO"]


@pytest.mark.parametrize("odd", [None, "12", -5, True, 3.5, [], {}])
def test_upvotes_that_are_no_count_are_unknown(odd: object) -> None:
    [entry] = parse(Document(body(row(upvotes=odd))), "huggingface").entries
    assert entry.upvotes is None


def test_no_upvotes_yet_is_a_count() -> None:
    [entry] = parse(Document(body(row(upvotes=0))), "huggingface").entries
    assert entry.upvotes == 0


@pytest.mark.parametrize(
    ("authors", "names"),
    [
        (None, ()),
        ("Ada Example", ()),
        ([{"name": "Ada Example"}, None, "x", {}, {"name": 7}], ("Ada Example",)),
        ([{"name": r"Jos\'e N\'u\~nez"}], ("José Núñez",)),
    ],
)
def test_authors_are_those_with_a_name(authors: object, names: tuple[str, ...]) -> None:
    [entry] = parse(Document(body(row(authors=authors))), "huggingface").entries
    assert entry.authors == names


@pytest.mark.parametrize("odd", [None, 7, ["x"]])
def test_a_summary_that_is_no_text_is_empty(odd: object) -> None:
    [entry] = parse(Document(body(row(summary=odd))), "huggingface").entries
    assert entry.abstract == ""


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "a string",
        7,
        [],
        {},
        {"title": "no paper"},
        {"paper": None},
        row(id=None),
        row(id="../../etc/passwd"),
        row(id="2506.00019v1"),
        row(id="2506.00019\n"),
        row(title=None),
        row(title=""),
        row(title=" \n"),
        row(title=7),
    ],
)
def test_a_record_without_a_usable_id_or_title_is_dropped_and_counted(bad: object) -> None:
    parsed = parse(Document(body(bad, row())), "huggingface")
    assert (len(parsed.entries), parsed.dropped) == (1, 1)


@pytest.mark.parametrize("number", ["hep-th/9901001", "math.CO/0112567", "2506.0001"])
def test_ids_of_every_age_are_known(number: str) -> None:
    [entry] = parse(Document(body(row(id=number))), "huggingface").entries
    assert entry.arxiv_id == number


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "empty answer"),
        (b" \n", "empty answer"),
        (b"<!doctype html><html></html>", "an HTML page, not JSON"),
        (b"Too many requests", "not JSON"),
        (b'[{"paper": {"id": "2506.0', "not JSON"),
        (b"\xff\xfe\xfd", "not JSON"),
        (b'{"error":"Invalid date parameter"}', "answers: Invalid date parameter"),
        (b'{"papers": []}', "not a list of papers"),
        (b"null", "not a list of papers"),
        (b'"text"', "not a list of papers"),
        (b"[null, {}]", "none of 2 records is a paper or post: 2 without a paper"),
    ],
)
def test_an_answer_that_is_no_list_of_papers_is_a_failure(answer: bytes, reason: str) -> None:
    with pytest.raises(SourceError) as failure:
        parse(Document(answer), "huggingface")
    assert str(failure.value) == reason


def test_an_error_of_the_server_is_quoted_in_one_short_line() -> None:
    with pytest.raises(SourceError) as failure:
        parse(Document(json.dumps({"error": "line one\nline two " + "x" * 5_000}).encode()), "huggingface")
    assert str(failure.value).startswith("answers: line one line two x")
    assert len(str(failure.value)) < 140


def test_the_list_is_asked_for_by_date_and_keeps_its_order() -> None:
    rows = [row(id=f"2506.0000{number}", upvotes=number) for number in (3, 1, 2)]
    fetcher = FakeDocuments({URL: body(*rows)})
    collected = HuggingFace("huggingface", URL, fetcher).collect(date(2025, 1, 31))
    assert fetcher.asked == [(URL, {"date": "2025-01-31", "limit": "100"})]
    assert [entry.upvotes for entry in collected.entries] == [3, 1, 2]
    assert (collected.report.status, collected.report.entries) == ("ok", 3)


def test_an_empty_list_is_a_quiet_day() -> None:
    report = HuggingFace("huggingface", URL, FakeDocuments({URL: b"[]"})).collect(DAY).report
    assert (report.status, report.reason) == ("quiet", None)


def test_dropped_records_are_in_the_report() -> None:
    report = HuggingFace("huggingface", URL, FakeDocuments({URL: body(row(), None)})).collect(DAY).report
    assert (report.status, report.entries, report.dropped) == ("ok", 1, 1)


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("hf_error_object.json", "answers: Invalid date parameter"),
        ("hf_python_repr_strings.json", "none of 1 records is a paper"),
    ],
)
def test_a_hostile_answer_is_reported(shared_data: Path, name: str, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        parse(Document((shared_data / "hostile" / "own" / name).read_bytes()), "huggingface")


@pytest.mark.shared_data
def test_of_a_hostile_list_the_good_records_are_kept(shared_data: Path) -> None:
    hostile = shared_data / "hostile" / "own"
    assert parse(Document((hostile / "hf_empty_list.json").read_bytes()), "huggingface") == ParsedEntries([], 0)
    parsed = parse(Document((hostile / "hf_nulls_and_wrong_types.json").read_bytes()), "huggingface")
    assert [entry.arxiv_id for entry in parsed.entries] == ["2501.00001", "2501.00002", "2501.00003", "2501.00001"]
    assert ([entry.upvotes for entry in parsed.entries], parsed.dropped) == ([None, None, None, 3], 4)


@pytest.mark.shared_data
def test_a_recorded_answer_in_full_shape_is_read_whole(shared_data: Path) -> None:
    answer = (shared_data / "hf_daily" / "api_answer_2025-08-05.json").read_bytes()
    parsed = parse(Document(answer), "huggingface")
    assert (len(parsed.entries), parsed.dropped) == (len(json.loads(answer)), 0)
    assert all(entry.abstract and entry.authors and entry.upvotes is not None for entry in parsed.entries)
