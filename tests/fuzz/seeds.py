"""The documents that fuzzing begins with: recorded, hostile and made-up ones of every format that is read."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from tests.fakes.pdf import SEEN, pdf
from workers.sources.dates import moment

DAY = date(2025, 6, 3)
_DATE = re.compile(rb"20[0-9]{2}-[01][0-9]-[0-3][0-9]|[0-3]?[0-9] [A-Z][a-z]{2} 20[0-9]{2}")
_ROOT = Path(__file__).parents[2]
_TITLE = "A Method for Robots"
_SENTENCE = "This sentence is there so that the page is long enough to be a paper and not a notice. "
_WHY = re.compile(rb"<!--\s*Why: .*?-->", re.DOTALL)
"""The comment of a feed file; a mutation of it would change nothing."""
_LARGEST = 200_000
"""Bytes of a file that is used; a larger one would make each try slow."""


class Format(StrEnum):
    FEED = "feed"
    LIST = "list"
    """Hugging Face's JSON."""
    FRONT = "front"
    """deeplearn.org's front page."""
    PAGE = "page"
    """deeplearn.org's page of a paper."""
    PAPER = "paper"
    """arXiv's HTML."""
    PDF = "pdf"


@dataclass(frozen=True, slots=True)
class Seed:
    """A document; `title` is that of the paper it contains, for the formats PAPER and PDF."""

    name: str
    format: Format
    body: bytes
    title: str = ""

    @property
    def day(self) -> date:
        """The latest date that the document contains, so that its items are news of the day; DAY without one."""
        named = (moment(found.decode()) for found in _DATE.findall(self.body))
        return max((found.date() for found in named if found), default=DAY)


def own_seeds() -> list[Seed]:
    """Returns the documents that the project holds, in the same order everywhere."""
    sample = _ROOT / "bot" / "runtime" / "sample"
    return [
        *_files(_ROOT / "tests" / "feeds", Format.FEED, "*.xml"),
        Seed("huggingface.json", Format.LIST, _first_papers(sample / "huggingface.json")),
        *_files(sample / "deeplearn", Format.FRONT, "index.html"),
        *_files(sample / "deeplearn" / "arxiv", Format.PAGE, "*.html"),
        Seed("paper.html", Format.PAPER, _paper(), _TITLE),
        Seed("paper.pdf", Format.PDF, pdf([(SEEN, line) for line in (_TITLE, "Abstract", _SENTENCE)]), _TITLE),
    ]


def recorded_seeds(shared_data: Path) -> list[Seed]:
    """Returns the recorded and the hostile documents beside the checkout, in the same order everywhere."""
    own = shared_data / "hostile" / "own"
    small_paper = shared_data / "fulltext" / "html_latexml" / "own_small_paper_latexml0.8.7.html"
    return [
        *_files(shared_data / "feeds" / "captured", Format.FEED, "*.xml"),
        *_files(own, Format.FEED, "*.xml"),
        *_files(own, Format.LIST, "*.json"),
        *_files(shared_data / "hostile" / "feedparser_suite", Format.FEED, "**/*.xml"),
        Seed(small_paper.name, Format.PAPER, small_paper.read_bytes(), "Small Test Paper: Attention with Sparse Keys"),
    ]


def _files(folder: Path, format_: Format, pattern: str) -> Iterator[Seed]:
    for file in sorted(folder.glob(pattern)):
        if file.stat().st_size <= _LARGEST and file.name != "MANIFEST.json":
            body = _WHY.sub(b"", file.read_bytes(), count=1)
            yield Seed(str(file.relative_to(folder)), format_, body)


def _first_papers(file: Path) -> bytes:
    rows: Sequence[object] = json.loads(file.read_text("utf-8"))
    return json.dumps(rows[:3], ensure_ascii=False).encode()


def _paper() -> bytes:
    """Returns a page as LaTeXML makes it, with everything that is read specially."""
    parts = (
        f'<h1 class="ltx_title ltx_title_document">{_TITLE}</h1>',
        '<section id="S1"><h2 class="ltx_title ltx_title_section">1 Introduction</h2>',
        f'<div id="S1.p1" class="ltx_para"><p class="ltx_p">{_SENTENCE * 10}</p></div>',
        '<div id="S1.p2" class="ltx_para"><p class="ltx_p">It gains <math alttext="12\\%"><mi>x</mi></math>.</p></div>',
        '<figure id="S1.T1" class="ltx_table"><figcaption class="ltx_caption">Table 1: Scores.</figcaption>',
        '<table class="ltx_tabular"><tr><td>Model</td><td>Score</td></tr><tr><td>Ours</td><td>9</td></tr></table>',
        '</figure><p class="ltx_p" style="display:none">Nobody sees this.</p>',
        '<ul><li class="ltx_item">An item.</li></ul><pre>code</pre></section>',
        '<section class="ltx_bibliography"><p class="ltx_p">[1] A. Author.</p></section>',
    )
    return f"<!DOCTYPE html><html><body><article>{''.join(parts)}</article></body></html>".encode()
