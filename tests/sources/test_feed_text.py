"""The items of a feed are found, counted and bounded before the feed is parsed, in little time."""

from contextlib import suppress
from time import process_time

import pytest

from workers.domain.documents import Document
from workers.domain.errors import SourceError
from workers.sources.feed_entries import parse_archive
from workers.sources.feed_text import newest, split
from workers.sources.xml_guard import guard


def rss(items: str) -> str:
    return f"<rss><channel><title>x</title>{items}</channel></rss>"


def attributes(count: int) -> str:
    return " ".join(f'a{n}="x"' for n in range(count))


@pytest.mark.parametrize(
    ("items", "found"),
    [
        ("<item>a</item><item>b</item>", ["<item>a</item>", "<item>b</item>"]),
        ("<item/><item ></item >", ["<item/>", "<item ></item >"]),
        ("<item>a<item>b</item>", ["<item>a", "<item>b</item>"]),
        ("<!-- <item>no</item> --><item>a</item>", ["<item>a</item>"]),
        ("<![CDATA[<item>]]><item>a</item>", ["<item>a</item>"]),
        ("<item><![CDATA[</item>]]></item>", ["<item><![CDATA[</item>]]></item>"]),
        ("<atom:entry>a</atom:entry><items/>", ["<atom:entry>a</atom:entry>"]),
        ("<item><entry>x</entry></item>", ["<item><entry>x</entry></item>"]),
    ],
)
def test_items_are_found_where_they_are(items: str, found: list[str]) -> None:
    feed = split(rss(items), 100, "")
    assert feed.items == found
    assert feed.joined().count("<item") == rss(items).count("<item")


def test_the_newest_keep_the_order_of_the_feed() -> None:
    feed = split(rss("".join(f"<item>{age}</item>" for age in (3, 9, 1, 2))), 100, "")
    kept = newest(feed, 2, lambda item: float(item[6]))
    assert kept.items == ["<item>1</item>", "<item>2</item>"]
    assert kept.joined() == rss("<item>1</item><item>2</item>")


def test_an_item_that_is_too_long_is_left_out_and_counted() -> None:
    feed = split(rss(f"<item><title>{'a' * 28_000_000}</title></item><item>b</item>"), 100, "")
    assert (feed.items, feed.left_out) == (["<item>b</item>"], 1)
    with pytest.raises(SourceError, match="outside its items"):
        split(rss("a" * 28_000_000), 100, "")


def test_thousands_of_categories_are_left_out_and_the_item_stays() -> None:
    categories = "<category>c</category><dc:subject term='x'/><category><![CDATA[c]]></category><category>" * 4_000
    feed = split(rss(f"<item><title>Kept</title>{categories}</item><item><category>c</category></item>"), 100, "")
    assert feed.items[0].startswith("<item><title>Kept</title>")
    assert not any(name in feed.items[0] for name in ("<category", "<dc:subject"))
    assert feed.items[1] == "<item><category>c</category></item>"
    keywords = split(rss(f"<item><media:keywords>{'a,' * 9_000}</media:keywords></item>"), 100, "")
    assert keywords.items == ["<item><media:keywords></media:keywords></item>"]


@pytest.mark.parametrize(
    ("item", "bounded"),
    [
        (f"<item><a {attributes(2_000)}/>Kept</item>", "<item><a/>Kept</item>"),
        (f"<item><a b='{'>' * 5_000}'>Kept</a></item>", "<item><a>Kept</a></item>"),
        (f"<item><a b='short'>{'Kept ' * 1_000}</a></item>", f"<item><a b='short'>{'Kept ' * 1_000}</a></item>"),
        ("<item>" + '<a xmlns:b="c"/>' * 101 + "Kept</item>", f"<item>{'<a/>' * 101}Kept</item>"),
        ("<item>" + '<a xml:base="c/">' * 101 + "Kept</item>", f"<item>{'<a>' * 101}Kept</item>"),
        (f"<item>{'a' * 5_000} Kept</item>", f"<item>{'a' * 2_048} Kept</item>"),
        (f"<item>{'&#97;' * 5_000} Kept</item>", f"<item>{'&#97;' * 409} Kept</item>"),
        (f"<item>https://x.example/{'a' * 2_000} Kept</item>", f"<item>https://x.example/{'a' * 2_000} Kept</item>"),
    ],
    ids=lambda text: text[:20],
)
def test_what_would_take_much_time_is_left_out_of_an_item_and_the_rest_stays(item: str, bounded: str) -> None:
    assert split(rss(item), 100, "").items == [bounded]


@pytest.mark.parametrize(
    "body",
    [
        "\n" * 200_000 + rss("<item><title>x</title></item>"),
        rss("<item>" + "\n" * 200_000 + "</item>"),
        rss("<item>" + "<category>c</category>" * 5_000 + "</item>"),
        rss("<item>" + "<category>" * 5_000 + "</item>"),
        rss("<item>" + "<keywords " * 5_000 + "</item>"),
        rss("<item>" * 9_999),
        rss(f"<item><title {attributes(20_000)}>x</title></item>"),
        rss(f"<item><author>{'3' * 100_000}</author></item>"),
        rss(f"<item><dc:creator>a@{'a.' * 50_000}</dc:creator></item>"),
        rss(f"<item><managingEditor>{'&#97;' * 20_000}</managingEditor></item>"),
        rss("<item>" + f'<b xml:base="{"a/" * 50}">' * 1_000 + "</item>"),
        rss(f"<item xml:base='https://x.example/{'a/' * 50_000}'>{'<b/>' * 5_000}</item>"),
        rss("<item>" + "".join(f'<b xmlns:b{n}="x{n}">' for n in range(5_000)) + "</item>"),
        rss("<item><![CDATA[" * 20_000),
        rss("<!--" * 100_000),
        "<?xml" + " encoding" * 10_000,
        "<!DOCTYPE " * 10_000,
        '<!DOCTYPE rss PUBLIC "' + " " * 200_000,
        rss("<item><title>" + "<script>" * 10_000 + "</title></item>"),
        rss("<item><title>" + "&amp;" * 10_000 + "</title></item>"),
        rss("<item><description>" + "&lt;a =" * 10_000 + "</description></item>"),
    ],
    ids=lambda body: f"{len(body)} {body[:20].strip()}",
)
def test_hostile_text_costs_little_time(body: str) -> None:
    started = process_time()
    with suppress(SourceError):
        parse_archive(Document(body.encode()))
    assert process_time() - started < 1


def test_forbidden_characters_do_not_stop_the_strict_parser() -> None:
    text = guard(Document(rss("<item><title>a\x0bb\x00c\x1f&#233;</title></item>").encode()))
    assert text == rss("<item><title>abc&#233;</title></item>")
