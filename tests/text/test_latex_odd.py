"""TeX in detail: single accents and formulas, text that only looks like TeX, and hostile input."""

import json
from pathlib import Path

import pytest

from workers.text.latex import authors, fold, readable


def test_white_space_of_every_kind_becomes_single_spaces() -> None:
    assert fold("  A Fine\n  Title\t with\u00a0gaps ") == "A Fine Title with gaps"


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"Fran\c{c}ois", "François"),
        (r"Jos\'e N\'u\~nez", "José Núñez"),
        (r"Ho\v{s}ek", "Hošek"),
        (r"{\O}rsted and {\AA}ngstr{\"o}m", "Ørsted and Ångström"),
        (r"G\"okhan O'Neil", "Gökhan O'Neil"),
        (r"$\text{S}^2$Q-VDiT", "S^2Q-VDiT"),
        (r"$\mathcal{O}(n^2)$ bounds", "𝒪(n^2) bounds"),
        ("An $O(n)$ algorithm", "An O(n) algorithm"),
        (r"$\alpha$-$\beta$ Divergence", "α-β Divergence"),
        (r"$\sqrt{2}$ and \textbf{bold} words", "√(2) and bold words"),
        (r"50\% of R\&D costs \$5", "50% of R&D costs $5"),
    ],
)
def test_accents_and_formulas_become_what_a_reader_would_write(tex: str, text: str) -> None:
    assert readable(tex) == text


@pytest.mark.parametrize(
    "title",
    [
        "Profit & Loss at 50% ~ a survey",
        "A lone $ stays",
        "From $5 and $6 to $7",
        "x_i, {braces} and #hashes",
        "한국어 제목 — “quoted”",
    ],
)
def test_text_without_tex_is_left_as_it_is(title: str) -> None:
    assert readable(title) == title


def test_a_bare_percent_sign_beside_tex_swallows_nothing() -> None:
    assert readable(r"95% of Casta\~neda's data & code") == "95% of Castañeda's data & code"


def test_a_formula_does_not_run_over_a_line() -> None:
    assert readable("costs $x\nor y$ more") == "costs $x or y$ more"


@pytest.mark.parametrize("tex", [r"see \href", r"see \href{http://x.example", r"a \verb"])
def test_broken_tex_stays_as_it_was_written(tex: str) -> None:
    assert readable(tex) == tex


@pytest.mark.parametrize("tex", ["}{", "{" * 5_000 + "\\a", "\\'" * 5_000, "\\begin{a}" * 1_000, "\\", "$$\\$$"])
def test_nonsense_neither_hangs_nor_raises(tex: str) -> None:
    assert isinstance(readable(tex), str)


def test_a_text_too_long_to_be_a_title_is_not_parsed() -> None:
    tex = r"\alpha" * 4_000
    assert readable(tex) == tex


@pytest.mark.parametrize("command", ["input", "include", "usepackage", "InputIfFileExists"])
def test_tex_reads_no_file_even_one_that_is_there(command: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.tex"
    secret.write_text("root:x:0:0", "utf-8")
    assert "root:" not in readable(rf"Leak \{command}{{{secret}}} here")


def test_a_macro_that_defines_itself_comes_to_an_end() -> None:
    assert readable(r"\newcommand{\a}{\a\a}\a and \def\x{\x\x}\x") == "and"


def test_names_are_split_at_commas_with_and_without_a_space() -> None:
    assert authors(r"Margarita Bugue\~no, {\L}ukasz Kaiser,Yohan Iddawela") == (
        "Margarita Bugueño",
        "Łukasz Kaiser",
        "Yohan Iddawela",
    )


def test_a_bracket_that_never_closes_loses_no_name() -> None:
    assert "Bo Sample" in " ".join(authors("Ada Example (MIT, Bo Sample"))
    assert authors("Ada Example MIT), Bo Sample")[1] == "Bo Sample"


def test_names_in_a_list_keep_their_commas() -> None:
    assert authors(["Martin Luther King, Jr.", r"Jos\'e (MIT)"]) == ("Martin Luther King, Jr.", "José")


@pytest.mark.parametrize("nobody", ["", " , ,", [], ["", " "]])
def test_where_nobody_is_named_there_are_no_authors(nobody: str | list[str]) -> None:
    assert authors(nobody) == ()


@pytest.mark.shared_data
def test_a_listed_name_without_tex_is_left_as_it_is(shared_data: Path) -> None:
    lines = (shared_data / "merge" / "author_surface_pairs.jsonl").read_text("utf-8").splitlines()
    plain = [name for line in lines for name in json.loads(line)["listing_authors"] if "\\" not in name]
    assert len(plain) > 1_000
    assert [name for name in plain if authors([name]) != (name,)] == []
