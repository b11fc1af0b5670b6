"""TeX becomes readable text, and text without TeX is unchanged."""

import json
from pathlib import Path

import pytest

from workers.text.latex import authors, readable


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Casta\\~neda", "Castañeda"),
        ('M\\"uller and {\\L}ukasz', "Müller and Łukasz"),
        ("$\\mu$LO: Optimizers", "μLO: Optimizers"),
        ("gains of $1.3\\times$", "gains of 1.3×"),
        ("50\\% of $k$-NN \\& more", "50% of k-NN & more"),
        ("costs $5 and $10", "costs $5 and $10"),
        ("Let's <think> about LLM Reasoning", "Let's <think> about LLM Reasoning"),
        ("Why 1 + 1 < 1", "Why 1 + 1 < 1"),
        ("two\n  lines", "two lines"),
        ("100% x_y & a", "100% x_y & a"),
    ],
)
def test_what_a_reader_sees(written: str, shown: str) -> None:
    assert readable(written) == shown


@pytest.mark.parametrize("broken", ["see \\href", "\\frac{", "{{{" * 500 + "\\", "$\\begin{$"])
def test_broken_tex_is_shown_and_never_raises(broken: str) -> None:
    assert isinstance(readable(broken), str)


def test_tex_reads_no_files() -> None:
    assert "root:" not in readable("\\input{/etc/passwd} and \\include{/etc/passwd}")


def test_affiliations_are_not_authors() -> None:
    names = 'Ada Example (Bank, Philippines), Konrad Schindler (ETH Z\\"urich, Switzerland), B. Sch\\"olkopf'
    assert authors(names) == ("Ada Example", "Konrad Schindler", "B. Schölkopf")
    assert authors(["Ada\n Example", ""]) == ("Ada Example",)


@pytest.mark.shared_data
def test_names_from_a_feed_equal_those_from_a_list(shared_data: Path) -> None:
    rows = [json.loads(line) for line in (shared_data / "merge/author_surface_pairs.jsonl").read_text().splitlines()]
    assert len(rows) == 300
    assert [row["id"] for row in rows if authors(row["rss_creator"]) != authors(row["listing_authors"])] == []
