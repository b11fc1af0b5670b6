"""Mutated answers: each parser returns valid entries or raises SourceError, and the same bytes give the same result."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from random import Random

import pytest

from tests.sources.mutation import mutated
from workers.domain.documents import Document
from workers.domain.errors import SourceError
from workers.domain.models import Entry
from workers.sources import arxiv, deeplearn, feed, huggingface
from workers.sources.entries import validated

FEEDS = sorted((Path(__file__).parents[1] / "feeds").glob("*.xml"))
HF = [
    {
        "paper": {
            "id": f"2506.0000{n}",
            "title": "Robots & Rain",
            "summary": "We present $\\mu$LO.",
            "authors": [{"name": "Ada Example"}],
            "upvotes": n,
        }
    }
    for n in range(4)
]
PAGE = (
    b'<div class="panel"><h3 class="panel-title">Hot Papers</h3>'
    b'<div class="title"><a href="/arxiv/3/a">A</a></div></div>'
    b'<div class="article-content"><p>We present a thing.</p></div>'
)
DAY = date(2025, 6, 3)


def entries_of(document: Document) -> Iterator[list[Entry]]:
    """Yields what each parser makes of a document, nothing where it raises SourceError."""
    with suppress(SourceError):
        yield arxiv.parse_rss(document, "arxiv").entries
    with suppress(SourceError):
        yield [each.entry for each in arxiv.parse_api(document, "arxiv", ("cs.CL",)).announcements]
    with suppress(SourceError):
        yield feed.parse(document, "lab", DAY).entries
    with suppress(SourceError):
        yield huggingface.parse(document, "huggingface").entries
    with suppress(SourceError):
        papers = deeplearn.parse_front(document, "https://feeds.example").papers
        yield [validated(Entry("deeplearn", paper.title, paper.url)) for paper in papers]
    with suppress(SourceError):
        yield [validated(Entry("deeplearn", "A Title", "https://d.example", deeplearn.parse_paper(document)))]


def check(body: bytes, random: Random) -> int:
    """Returns the number of entries found."""
    content_type = random.choice(
        ["", "text/xml; charset=euc-kr", "application/xml; charset=utf-16", 'x; charset="\ud800']
    )
    document = Document(body, content_type, "https://feeds.example/rss")
    found = [entry for entries in entries_of(document) for entry in entries]
    for entry in found:
        assert validated(entry) == entry
        assert "\0" not in json.dumps([entry.title, entry.abstract, entry.authors, entry.url], ensure_ascii=False)
        "".join([entry.title, entry.abstract, *entry.authors, *entry.categories, entry.guid]).encode()
    return len(found)


def test_a_mutated_answer_gives_valid_entries_or_a_reason() -> None:
    random = Random(20250603)  # noqa: S311 - a seed makes a failure repeatable
    bodies = [*(file.read_bytes() for file in FEEDS), json.dumps(HF).encode(), PAGE]
    assert sum(check(mutated(random.choice(bodies), random), random) for _ in range(120)) > 120


@pytest.mark.shared_data
def test_a_mutated_recorded_answer_gives_valid_entries_or_a_reason(shared_data: Path) -> None:
    random = Random(3)  # noqa: S311 - a seed makes a failure repeatable
    files = [file for file in (shared_data / "hostile").rglob("*") if file.suffix in {".xml", ".json", ".html"}]
    bodies = [body for file in sorted(files) if len(body := file.read_bytes()) < 20_000]
    assert len(bodies) > 200
    for _ in range(120):
        check(mutated(random.choice(bodies), random), random)
