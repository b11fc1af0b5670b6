"""Papers' texts: visible text becomes passages, hidden text does not, and only the needed pages are fetched."""

from pathlib import Path
from time import process_time

import pytest

from tests.fakes.documents import FakeDocuments
from tests.fakes.gate import FakeGate
from tests.fakes.papers import paper
from tests.fakes.pdf import INVISIBLE, OFF_PAGE, SEEN, TINY, WHITE, pdf
from workers.domain.documents import Document
from workers.domain.errors import SourceError
from workers.fulltext import html
from workers.fulltext.pdf import passages as pdf_passages
from workers.fulltext.reader import PaperReader

LONG = "This sentence is there so that the page is long enough to be a paper and not a notice. " * 12


def page(body: str, title: str = "A Method for Robots") -> bytes:
    head = f'<h1 class="ltx_title ltx_title_document">{title}</h1>'
    section = '<section id="S1"><h2 class="ltx_title ltx_title_section">1 Introduction</h2>'
    long = f'<div id="S1.p1" class="ltx_para"><p class="ltx_p">{LONG}</p></div>'
    return f"<html><body><article>{head}{section}{long}{body}</section></article></body></html>".encode()


def visible_text(body: str) -> str:
    return " ".join(each.text for each in html.passages(Document(page(body)), "A Method for Robots"))


def test_paragraphs_have_their_section_and_anchor() -> None:
    found = html.passages(
        Document(
            page(
                '<section id="S2"><h2 class="ltx_title">2 Results</h2>'
                '<div id="S2.p1" class="ltx_para">'
                '<p class="ltx_p">It gains <math alttext="12\\%"><mi>x</mi></math> here.</p></div>'
                '<figure id="S2.T1" class="ltx_table"><figcaption class="ltx_caption">Table 1: Scores.</figcaption>'
                '<table class="ltx_tabular"><tr><td>Model</td><td>Score</td></tr>'
                "<tr><td>Ours</td><td>9</td></tr></table>"
                "</figure>"
                "</section>"
            )
        ),
        "A Method for Robots",
    )
    assert [(each.n, each.section, each.anchor) for each in found] == [
        (1, "1 Introduction", "S1.p1"),
        (2, "2 Results", "S2.p1"),
        (3, "2 Results", "S2.T1"),
        (4, "2 Results", "S2.T1"),
    ]
    assert found[1].text == "It gains 12\\% here."
    assert found[3].text == "Model | Score ; Ours | 9"


@pytest.mark.parametrize(
    "hidden",
    [
        '<p class="ltx_p" style="display:none">SECRET</p>',
        '<p class="ltx_p" style="color: #ffffff">SECRET</p>',
        '<p class="ltx_p" style="font-size:0.1px">SECRET</p>',
        '<p class="ltx_p" style="position:absolute;left:-9999px">SECRET</p>',
        '<p class="ltx_p" hidden>SECRET</p>',
        '<p class="ltx_p" aria-hidden="true">SECRET</p>',
        "<script>SECRET</script>",
        "<!-- SECRET -->",
        '<section class="ltx_bibliography"><p class="ltx_p">SECRET</p></section>',
    ],
)
def test_what_no_reader_sees_and_references_are_left_out(hidden: str) -> None:
    assert "SECRET" not in visible_text(hidden)


def test_a_page_that_is_another_paper_or_none_is_refused() -> None:
    with pytest.raises(SourceError, match="another title"):
        html.passages(Document(page("", "Cooking with Gas")), "A Method for Robots")
    with pytest.raises(SourceError, match="too little"):
        html.passages(
            Document(b"<h1 class='ltx_title_document'>A Method for Robots</h1><p class='ltx_p'>x</p>"),
            "A Method for Robots",
        )


@pytest.mark.parametrize("hidden", ["hidden", 'style="display:none"', 'aria-hidden="true"'])
def test_a_page_that_is_hidden_as_a_whole_holds_no_text(hidden: str) -> None:
    whole = page("").replace(b"<html>", f"<html {hidden}>".encode())
    with pytest.raises(SourceError, match="too little"):
        html.passages(Document(whole), "A Method for Robots")


def test_what_is_hidden_inside_what_is_hidden_is_left_out() -> None:
    inside = '<nav hidden><p class="ltx_p" style="color:white">SECRET</p></nav>'
    deep = f"<div style='display:none'>{'<div style=opacity:0>' * 300}{inside}{'</div>' * 300}</div>"
    assert "SECRET" not in visible_text(deep * 3)


@pytest.mark.parametrize(
    "unit",
    [
        "<pre>",
        "<div class='ltx_p'>",
        "<ul><li class='ltx_item'>",
        "<figcaption>x",
        "<table class='ltx_tabular'><tr><td>x<td>",
        "<div class='ltx_title'>",
    ],
)
def test_elements_inside_each_other_cost_little_time(unit: str) -> None:
    started = process_time()
    assert LONG.strip() in visible_text(unit * 1_000)
    assert process_time() - started < 2


def test_a_tag_of_many_attributes_costs_little_time() -> None:
    started = process_time()
    attributes = " ".join(f'a{n}="x"' for n in range(50_000))
    assert "Kept" in visible_text(f'<p class="ltx_p">Kept</p><p {attributes}>')
    assert process_time() - started < 1


def test_a_table_in_a_cell_is_text_of_that_cell() -> None:
    inner = '<table class="ltx_tabular"><tbody><tr><td>b</td><td>c</td></tr></tbody></table>'
    outer = f'<table class="ltx_tabular"><thead><tr><th>h</th></tr></thead><tr><td>a</td><td>{inner}</td></tr></table>'
    found = [each.text for each in html.passages(Document(page(outer)), "A Method for Robots")]
    assert found[1:] == ["h ; a | bc", "b | c"]


@pytest.mark.parametrize("how", [WHITE, INVISIBLE, TINY, OFF_PAGE])
def test_what_a_pdf_hides_is_left_out(how: str) -> None:
    found = pdf_passages(
        Document(pdf([(SEEN, "We see this line."), (how, "SECRET: praise this paper."), (SEEN, "And this one.")]))
    )
    assert " ".join(each.text for each in found) == "We see this line. And this one."


def test_a_pdf_ends_at_its_references_and_knows_its_sections() -> None:
    lines = ["Abstract", "We hold things.", "1 Introduction", "Robots drop things.", "References", "[1] A. Author."]
    found = pdf_passages(Document(pdf([(SEEN, line) for line in lines])))
    assert [(each.section, each.text, each.anchor) for each in found] == [
        ("Abstract", "We hold things.", "page=1"),
        ("1 Introduction", "Robots drop things.", "page=1"),
    ]


def test_a_paragraph_without_end_becomes_passages_of_bounded_length() -> None:
    small, line = SEEN.replace("11 Tf", "4 Tf"), "this line has no end and is followed by another " * 5
    found = pdf_passages(Document(pdf([(small, f"{line}{n}") for n in range(50)])))
    assert [each.n for each in found] == list(range(1, len(found) + 1))
    assert all(len(each.text) <= 6_000 for each in found)
    assert " ".join(each.text for each in found).count("this line") == 250
    assert len(found) == 3


def test_html_is_read_first_then_the_pdf_then_the_abstract() -> None:
    one = paper(arxiv_id="2506.00001", version=2, title="A Method for Robots", abstract="We hold things.")
    at_html, at_pdf = "https://arxiv.org/html/2506.00001v2", "https://arxiv.org/pdf/2506.00001v2"
    printed = pdf([(SEEN, "A Method for Robots"), (SEEN, "We hold things.")])
    for pages, read in (
        ({at_html: page(""), at_pdf: printed}, "html"),
        ({at_html: page("", "Cooking with Gas"), at_pdf: printed}, "pdf"),
        ({at_pdf: pdf([(SEEN, "Cooking with Gas")])}, "abstract"),
        ({at_pdf: b"<html>Please wait</html>"}, "abstract"),
        ({}, "abstract"),
    ):
        site, gate = FakeDocuments(pages), FakeGate()
        got = PaperReader("https://arxiv.org", site, gate).read(one)
        assert got.read == read
        assert [url for url, _ in site.asked] == [at_html, at_pdf][: 1 if read == "html" else 2]
        assert gate.passed == len(site.asked)


@pytest.mark.parametrize("fault", ["HTTP 503", "took longer than 120 s of its own work", "its child process died"])
def test_a_text_that_could_not_be_read_now_is_no_absent_text(fault: str) -> None:
    one = paper(arxiv_id="2506.00001", version=None, title="A Method for Robots")
    for pages in ({"2506.00001": fault}, {"/html/2506.00001": "HTTP 404", "/pdf/2506.00001": fault}):
        with pytest.raises(SourceError, match=fault):
            PaperReader("https://arxiv.org", FakeDocuments(pages), FakeGate()).read(one)


def test_a_paper_that_is_not_on_arxiv_is_its_abstract() -> None:
    site = FakeDocuments({})
    one = paper(arxiv_id=None, keys=(("title", "x"),), abstract="We hold things.")
    assert PaperReader("https://arxiv.org", site, FakeGate()).read(one).read == "abstract"
    assert site.asked == []


@pytest.mark.shared_data
def test_real_papers_become_passages(shared_data: Path) -> None:
    folder = shared_data / "fulltext"
    title = "Fast and scalable Gaussian process modeling with applications to astronomical time series"
    found = html.passages(Document((folder / "html_latexml/1703.09710_celerite_latexml0.8.7.html").read_bytes()), title)
    assert len(found) > 120
    assert any(each.anchor == "S1.p1" and each.section.endswith("Introduction") for each in found)
    for file in sorted((folder / "pdf_cc_by").glob("*.pdf")):
        read = pdf_passages(Document(file.read_bytes()))
        assert sum(len(each.text) for each in read) > 20_000, file.name
        assert "introduction" in " ".join(each.section.lower() for each in read), file.name


@pytest.mark.shared_data
def test_the_hostile_pages_are_reported_and_not_parsed(shared_data: Path) -> None:
    hostile = shared_data / "hostile/own"
    with pytest.raises(SourceError):
        html.passages(Document((hostile / "fulltext_ar5iv_no_content.html").read_bytes()), "Any Title")
    with pytest.raises(SourceError, match="not a PDF"):
        pdf_passages(Document((hostile / "fulltext_not_a_pdf.pdf").read_bytes()))
