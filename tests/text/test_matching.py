"""Keys for comparing: what is equal for a reader is equal, and other numbers stay other numbers."""

import pytest

from bot.presentation.keywords import KeywordMatcher
from workers.factcheck.evidence import evidence_in, name_faults, number_faults
from workers.text.links import canonical_link
from workers.text.matching import matching_key, written_out
from workers.text.tokenize import bigrams, terms


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("10⁶", "10^6"),
        ("10⁻³ and 84.3²", "10^-3 and 84.3^2"),
        ("2½ and ½ and 10⅔", "2 1/2 and 1/2 and 10 2/3"),
        ("x₁ and CO₂ and xₙ", "x_1 and co_2 and x_n"),
        ("ＧＰＴ－４ ﬁne ㎏ Straße", "gpt-4 fine kg strasse"),
        ("Foo™ ends …5%", "foo ends …5%"),
        ("5 − 3 ∕ 1⁄2", "5 - 3 ∕ 1/2"),
        ("한국어", "한국어"),
        ("Cafe\u0301", "café"),
    ],
)
def test_a_key_writes_out_what_nfkc_would_join(text: str, key: str) -> None:
    assert matching_key(text) == key
    assert matching_key(matching_key(text)) == key


def test_written_out_keeps_the_case() -> None:
    assert written_out("Ｇrip 10⁶") == "Grip 10^6"


def test_terms_and_syllables_are_found_in_every_way_of_writing() -> None:
    assert terms("ＧＰＴ models ﬁnd") == terms("gpt models find")
    assert bigrams("로봇팔") == bigrams("로봇팔") != []


def test_keywords_match_whatever_their_form() -> None:
    assert KeywordMatcher(["Straße"]).in_text("DIE STRASSE DER ROBOTER")
    assert KeywordMatcher(["로봇*"]).in_text("로봇팔")
    assert KeywordMatcher(["10^6"]).in_text("over 10⁶ tokens")
    assert not KeywordMatcher(["106"]).in_text("over 10⁶ tokens")


def test_a_raised_digit_is_no_other_number_for_the_check() -> None:
    evidence = evidence_in(("We train on 10^6 tokens with ＧｒｉｐＮｅｔ.",))
    assert list(number_faults("It trains on 10⁶ tokens.", evidence)) == []
    assert list(number_faults("It trains on 106 tokens.", evidence)) != []
    assert list(name_faults("The method GripNet trains.", evidence, frozenset(), "en")) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://blog.example/1", "HTTP://www.BLOG.example:80/1/?utm_source=rss&utm_medium=x#top"),
        ("https://blog.example/?b=1&a=2", "https://blog.example?a=2&b=1&fbclid=abc"),
        ("https://blog.example/한글", "https://blog.example/%ed%95%9c%EA%B8%80/"),
        ("https://medium.example/p/1", "https://medium.example/p/1?source=rss----abc---4"),
        ("https://app.example/#!/post/1", "http://app.example/#!/post/1"),
    ],
)
def test_links_to_one_page_are_one(one: str, other: str) -> None:
    assert canonical_link(one) == canonical_link(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://blog.example/?p=1", "https://blog.example/?p=2"),
        ("https://blog.example/a", "https://blog.example/A"),
        ("https://blog.example/1", "https://press.example/1"),
        ("https://blog.example:8080/1", "https://blog.example/1"),
        ("https://app.example/#/post/1", "https://app.example/#/post/2"),
    ],
)
def test_links_to_two_pages_are_two(one: str, other: str) -> None:
    assert canonical_link(one) != canonical_link(other)


@pytest.mark.parametrize("address", ["", "mailto:a@b.example", "/relative", "http://[", "https://", "http://h:x/"])
def test_what_is_no_link_has_no_key(address: str) -> None:
    assert canonical_link(address) == ""
