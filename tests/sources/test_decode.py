"""Which encoding a document is read in, and what becomes of bytes that it does not know."""

import codecs

import pytest

from workers.domain.documents import Document
from workers.sources.decode import decode

KOREAN, JAPANESE, CHINESE, FRENCH = (
    "새로운 모델 똠방",
    "新しいモデルを公開",
    "发布新一代大语言模型",
    "Étude des réseaux",
)


def xml(text: str, encoding: str) -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?><rss>{text}</rss>'


@pytest.mark.parametrize(
    ("text", "label", "codec"),
    [
        (KOREAN, "EUC-KR", "cp949"),
        (KOREAN, "ks_c_5601-1987", "cp949"),
        (KOREAN, "windows-949", "cp949"),
        (KOREAN, "utf8", "utf-8"),
        (JAPANESE, "Shift_JIS", "cp932"),
        (JAPANESE, "x-sjis", "cp932"),
        (JAPANESE, "EUC-JP", "euc_jp"),
        (CHINESE, "gb2312", "gb18030"),
        (CHINESE, "GBK", "gb18030"),
        (CHINESE, "GB18030", "gb18030"),
        ("發佈新一代語言模型", "Big5", "big5hkscs"),
        (FRENCH, "ISO-8859-1", "cp1252"),
        (FRENCH, "latin1", "cp1252"),
        ("“Quoted” – dash", "windows-1252", "cp1252"),
        ("Żółć", "ISO-8859-2", "iso8859-2"),
        ("Роботы складывают", "windows-1251", "cp1251"),
        ("Роботы складывают", "KOI8-R", "koi8-r"),
    ],
)
def test_the_header_or_the_declaration_names_the_encoding(text: str, label: str, codec: str) -> None:
    plain, declared = f"<rss>{text}</rss>", xml(text, label)
    assert decode(Document(plain.encode(codec), f'text/xml; charset="{label}"')) == plain
    assert decode(Document(declared.encode(codec))) == declared
    page = f'<html><head><meta charset="{label}"></head>{text}</html>'
    assert decode(Document(page.encode(codec))) == page


def test_a_mark_comes_before_the_header_and_the_header_before_the_declaration() -> None:
    text = xml(KOREAN, "windows-1252")
    assert decode(Document(codecs.BOM_UTF8 + text.encode(), "text/xml; charset=euc-kr")) == text
    assert decode(Document(text.encode("cp949"), "text/xml; charset=euc-kr")) == text


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
def test_unicode_is_known_by_its_first_bytes_whatever_is_declared(encoding: str) -> None:
    text = xml(KOREAN, "utf-8")
    assert decode(Document(text.encode(encoding), "text/xml; charset=euc-kr")) == text


@pytest.mark.parametrize("label", ["iso-8859-1", "windows-1252", "us-ascii", "macintosh"])
def test_utf_8_is_not_read_as_a_single_byte_encoding(label: str) -> None:
    text = xml(FRENCH, label)
    assert decode(Document(text.encode(), f"text/xml; charset={label}")) == text


def test_a_cut_character_costs_itself_alone() -> None:
    whole = f"<rss>{KOREAN} 끝".encode()
    assert decode(Document(whole[:-1] + b"</rss>")) == f"<rss>{KOREAN} �</rss>"
    assert decode(Document(whole[:-1] + b"</rss>", "text/xml; charset=utf-8")) == f"<rss>{KOREAN} �</rss>"
    korean = f"<rss>{KOREAN} 끝".encode("cp949")
    assert decode(Document(korean[:-1] + b"</rss>", "text/xml; charset=euc-kr")).startswith(f"<rss>{KOREAN} ")


def test_what_was_declared_wrongly_is_found() -> None:
    assert decode(Document(xml(KOREAN[:6], "utf-8").encode("euc-kr"))) == xml(KOREAN[:6], "utf-8")
    assert decode(Document(xml(FRENCH, "utf-8").encode("latin-1"))) == xml(FRENCH, "utf-8")


@pytest.mark.parametrize(
    "label",
    ["utf-7", "µ", "x-none", "", "unicode_escape", "idna", "zlib", "rot13", "iso-2022-jp", "hz-gb-2312", "utf-16"],
)
def test_an_encoding_that_is_unknown_or_could_hide_markup_is_passed_over(label: str) -> None:
    text = xml("+ADw-x+AD4- ~{<:Ky~} \\u003c Café", label)
    assert decode(Document(text.encode(), f"text/xml; charset={label}")) == text


def test_nothing_is_raised_for_bytes_that_are_no_text() -> None:
    assert decode(Document(b"")) == ""
    for body in (bytes(range(256)), b"\0" * 7, b"\xff\xfe\xfd", b"\xef\xbb", b"\x80" * 99):
        assert isinstance(decode(Document(body, "text/xml; charset=\ud800")), str)
