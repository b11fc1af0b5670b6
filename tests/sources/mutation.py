"""Mutates the bytes of feeds and answers at random places, with what broken software puts there."""

from random import Random

_PIECES = (
    *(b"&#55357;&#56832;", b"&#xD800;", b"&#1114112;", b"&#0;", b"&amp;#8217;", b"&nbsp;", b"&undefined;", b"&"),
    *(b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?pi ?>", b"</item>", b"<item>", b"<entry>", b"</channel>", b"<", b">"),
    *(b'<gml:Point srsName="EPSG:abc">', b"<gml:pos>1 x</gml:pos>", b'<x xml:base="http://[">', b"<georss:point>"),
    *(b"\0", b"\xff", b"\xed\xa0\x80", b"\xc3", b"\xe2\x80\xae", b"\x1b$B", b"+ADw-", b"\xef\xbb\xbf", b"\xf4\x90"),
    *(b"<title/>", b"<link/>", b"<link>//[</link>", b"<guid/>", b"<pubDate>2025/6/3</pubDate>", b"<author/>"),
    *(b"<summary/>", b"<description/>", b"<content/>", b"<enclosure/>", b"<category/>" * 200, b"v" + b"9" * 40),
    *(b"<pubDate>" + b"9" * 50 + b"</pubDate>", b"<doi>10.1/" + b"x" * 300 + b"</doi>", b'encoding="\xb5"', b"[{}]"),
    *(b'"\\ud800"', b'"\\u0000"', b"null", b"1e999", b"-1", b"9" * 30, b"{", b"}", b"[", b"\\", b"$\\frac{", b"$"),
)


def mutated(body: bytes, random: Random) -> bytes:
    """`body` with one to four pieces inserted, copied, cut out or changed."""
    for _ in range(random.randint(1, 4)):
        start = random.randrange(len(body) + 1)
        end = min(len(body), start + random.choice((1, 4, 20, 200)))
        match random.randrange(4):
            case 0:
                body = body[:start] + random.choice(_PIECES) + body[start:]
            case 1:
                body = body[:start] + random.choice(_PIECES) + body[end:]
            case 2:
                body = body[:start] + body[end:]
            case _:
                place = random.randrange(len(body) + 1)
                body = body[:place] + body[start:end] + body[place:]
    return body
