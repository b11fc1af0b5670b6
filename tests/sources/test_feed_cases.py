"""Feed files: a comment in each file says why it exists and which result is expected."""

import lzma
import re
import tracemalloc
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from workers.digest.merge import merge
from workers.domain.documents import Document
from workers.domain.errors import SourceError
from workers.domain.models import Entry, Paper
from workers.sources import arxiv, feed

CASES = sorted((Path(__file__).parents[1] / "feeds").glob("*.xml"))
DAY = date(2025, 6, 3)


ADDRESS = "https://feeds.example/rss/all.xml"
"""Where the cases are read from."""


def lines(case: Path, kind: str) -> list[str]:
    """Returns what the comment says of a kind: Why, Header (the Content-Type, if there is one) or Expect."""
    text = case.read_bytes().decode("cp949" if "euc_kr" in case.name else "utf-8", "replace")
    comment = re.search(r"<!--(.*?)-->", text, re.DOTALL)
    assert comment, f"{case.name}: no comment says why it is here"
    return re.findall(rf"^{kind}: (.+)$", comment[1], re.MULTILINE)


def outcome(
    parser: str, body: bytes, today: date = DAY, content_type: str = ""
) -> tuple[str, Sequence[Entry], date | None]:
    """Returns (the result as an Expect line writes it, entries, the feed's day or None)."""
    document = Document(body, content_type, ADDRESS)
    try:
        if parser == "arxiv":
            day_feed = arxiv.parse_rss(document, "arxiv")
            return f"entries {len(day_feed.entries)} dropped {day_feed.dropped}", day_feed.entries, day_feed.day
        parsed = feed.parse(document, "lab", today)
    except SourceError as error:
        return f"failed {error}", (), None
    return f"entries {len(parsed.entries)} dropped {parsed.dropped}", parsed.entries, None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_case_leads_to_what_it_expects(case: Path) -> None:
    assert lines(case, "Why"), f"{case.name}: no Why"
    expected, header, body = lines(case, "Expect"), "".join(lines(case, "Header")), case.read_bytes()
    parsers = [line.split()[0] for line in expected if line.split()[0] in {"arxiv", "feed"}]
    assert parsers, f"{case.name}: no Expect says what a parser makes of it"
    for line in expected:
        kind, _, rest = line.partition(" ")
        result, entries, day = outcome(kind if kind in parsers else parsers[0], body, content_type=header)
        match kind:
            case "arxiv" | "feed":
                assert result.startswith(rest), line
            case "title":
                assert rest in [entry.title for entry in entries]
            case "abstract":
                assert rest in [entry.abstract for entry in entries]
            case "links":
                assert [entry.url for entry in entries] == rest.split()
            case "ids":
                assert [entry.arxiv_id or "-" for entry in entries] == rest.split()
            case "types":
                assert [entry.announce_type for entry in entries] == rest.split()
            case "day":
                assert str(day) == rest
            case _:
                pytest.fail(f"{case.name}: unknown expectation {kind!r}")


def test_what_an_entry_holds() -> None:
    _, (first, second, _), _ = outcome("arxiv", (CASES[0].parent / "arxiv_day.xml").read_bytes())
    assert first.abstract == "We present a thing."
    assert first.authors == ("Ada Example", "Bo Sample")
    assert (first.url, first.version, first.categories) == ("https://arxiv.org/abs/2506.00001", 1, ("cs.CL",))
    assert second.categories == ("cs.CV",)
    _, (rain, _), _ = outcome("feed", (CASES[0].parent / "atom_html.xml").read_bytes())
    assert (rain.abstract, rain.arxiv_id, rain.version) == ("We present rain.", "2506.00009", None)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_other_encodings_are_seen_through(encoding: str) -> None:
    text = (
        (CASES[0].parent / "arxiv_day.xml")
        .read_text("utf-8")
        .replace("UTF-8", "UTF-16" if "16" in encoding else "UTF-8")
    )
    result, entries, _ = outcome("arxiv", text.encode(encoding))
    assert (result, entries[0].title) == ("entries 3 dropped 0", "First Things")
    torn = text[: len(text) // 2].encode(encoding)
    assert outcome("arxiv", torn)[0] == "failed torn: <rss> never closes"


def test_a_flood_is_counted_before_it_is_parsed() -> None:
    body = b"<rss><channel>" + b"<item><title>x</title></item>" * 2000 + b"</channel></rss>"
    assert outcome("arxiv", body)[0].startswith("failed truncated: 2,000 entries")
    body = b"<rss><channel>" + b"<item><title>x</title></item>" * 10_000 + b"</channel></rss>"
    assert outcome("feed", body)[0].startswith("failed truncated: 10,000 entries")


@pytest.mark.shared_data
def test_every_hostile_file_leads_to_what_its_manifest_says(shared_data: Path) -> None:
    def led_to(name: str, parser: str = "arxiv") -> tuple[str, list[str]]:
        result, entries, _ = outcome(parser, (shared_data / "hostile/own" / name).read_bytes(), date(2025, 1, 6))
        return result, [entry.title for entry in entries]

    assert led_to("entity_billion_laughs.xml")[0].startswith("failed declares a document type")
    assert led_to("entity_external_file.xml")[0].startswith("failed declares a document type")
    assert led_to("truncated_mid_item.xml")[0] == "failed torn: <rss> never closes"
    assert led_to("mismatched_tags.xml")[0] == "entries 2 dropped 0"
    assert led_to("empty_body.xml")[0] == "failed empty answer"
    assert led_to("plain_text_rate_exceeded.xml")[0] == "failed not a feed"
    assert led_to("latin1_mislabelled_utf8.xml")[1] == ["Schrödinger and Poincaré"]
    assert led_to("cp1252_smart_quotes.xml")[1] == ["It’s “quoted” – dash"]
    assert led_to("old_style_ids.xml")[0] == "entries 3 dropped 0"
    assert led_to("missing_fields.xml")[0] == "entries 3 dropped 3"
    assert "Let's <think> about LLM Reasoning" in led_to("html_and_script_in_title.xml")[1]
    assert led_to("dangerous_links.xml", "feed")[0] == "entries 1 dropped 4"
    assert led_to("deep_nesting.xml")[0] == "entries 1 dropped 0"
    assert led_to("cdata_and_comments.xml", "feed")[0] == "entries 1 dropped 0"
    assert led_to("weekend_empty_but_stale_date.xml")[0] == "entries 0 dropped 0"


@pytest.mark.shared_data
def test_what_a_hostile_feed_repeats_is_one_paper_and_what_is_withdrawn_is_not_news(shared_data: Path) -> None:
    def merged(name: str) -> list[Paper]:
        _, entries, _ = outcome("arxiv", (shared_data / "hostile/own" / name).read_bytes())
        return list(merge(entries, (2025, 1)))

    assert len(merged("duplicate_guid_same_item.xml")) == 1
    assert [paper.version for paper in merged("v1_and_v2_same_feed.xml")] == [2]
    assert [paper.withdrawn for paper in merged("withdrawn.xml")] == [True]
    (latex,) = merged("latex_in_title_and_abstract.xml")
    assert not re.search(r"[\\$]", latex.title)


@pytest.mark.shared_data
def test_twenty_thousand_items_are_refused_before_they_take_memory(shared_data: Path) -> None:
    with lzma.open(shared_data / "hostile/own/huge_20000_items.rss.xml.xz") as packed:
        body = packed.read()
    tracemalloc.start()
    try:
        assert outcome("arxiv", body)[0].startswith("failed truncated: 20,000 entries")
        assert tracemalloc.get_traced_memory()[1] < 3 * len(body)
    finally:
        tracemalloc.stop()


@pytest.mark.shared_data
def test_feedparsers_own_cases_never_crash_an_adapter(shared_data: Path) -> None:
    cases = [file for file in (shared_data / "hostile/feedparser_suite").rglob("*") if file.is_file()]
    assert len(cases) > 200
    for case in cases:
        for parser in ("arxiv", "feed"):
            assert outcome(parser, case.read_bytes())[0].startswith(("entries", "failed")), case.name
