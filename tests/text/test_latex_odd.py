"""TeX in detail: single accents and formulas, text that only looks like TeX, and hostile input."""

import json
from pathlib import Path
from time import process_time

import pytest

from workers.text.clean import fold
from workers.text.latex import authors, readable


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


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"see \href", "see"),
        (r"see \href{http://x.example", "see http://x.example"),
        (r"see \href{http://x.example}", "see http://x.example"),
        (r"see \href{http://x.example}{the code}", "see the code"),
        (r"a \verb", "a"),
        (
            r"We gain \textbf{5} points. Code: \href{http://x.example}. \emph{All} of $\alpha$ counts.",
            "We gain 5 points. Code: http://x.example. All of α counts.",
        ),
        (r"\textbf{First} one. A \frac{1 is broken. \textit{Third} one", "First one. A 1 is broken. Third one"),
    ],
)
def test_broken_tex_costs_its_command_and_no_other_sentence(tex: str, text: str) -> None:
    assert readable(tex) == text


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"at 768$\times$1280 pixels", "at 768×1280 pixels"),
        (r"3$\times$3$\times$3", "3×3×3"),
        (r"from $\sim$900 to $<$5% and $+$18%", "from ∼900 to <5% and +18%"),
        (r"a $ 1/2 $-approximation of $ T $ rounds", "a 1/2-approximation of T rounds"),
        (r"by $ 4.8$% and $1.94 \times$", "by 4.8% and 1.94 ×"),
        (r"$0.84 \pm $0.04, $0.83 \pm $0.02", "0.84 ±0.04, 0.83 ±0.02"),
        (r"$$x^2$$ holds", "x^2 holds"),
        (r"it costs $5, and $k$-NN costs $10", "it costs $5, and k-NN costs $10"),
    ],
)
def test_formulas_end_at_their_own_dollar(tex: str, text: str) -> None:
    assert readable(tex) == text


@pytest.mark.parametrize(
    "text",
    [
        "$5M to $10M",
        "It grew from $5M to $10M.",
        "$5-$10, $5/$10, $5–$10",
        "between $1.5 billion and $2 billion",
        "US$5 and AU$7",
        "costs $ 5 and $ 6",
        "$NVDA- and $MSFT-watchers",
    ],
)
def test_amounts_of_money_keep_their_dollars(text: str) -> None:
    assert readable(text) == text


@pytest.mark.parametrize("tex", ["}{", "{" * 5_000 + "\\a", "\\'" * 5_000, "\\begin{a}" * 1_000, "\\", "$$\\$$"])
def test_nonsense_neither_hangs_nor_raises(tex: str) -> None:
    assert isinstance(readable(tex), str)


@pytest.mark.parametrize(
    "opening", [r"\frac{", r"\sqrt[", r"\cite[a][", r"\sqrt[{", r"\textcolor{", r"\section[", r"$\frac{"]
)
def test_brackets_without_an_end_cost_no_time(opening: str) -> None:
    for count in (15, 100, 1_000):
        started = process_time()
        assert isinstance(readable("A Title " + opening * count), str)
        assert process_time() - started < 1


def test_a_title_that_contains_itself_does_not_grow() -> None:
    doubled = r"\title{A Title}" + r"\title{\maketitle\maketitle}" * 20 + r"\maketitle"
    assert readable(doubled) == "A Title"


def test_tables_inside_each_other_do_not_grow() -> None:
    table = "A Table: " + r"\begin{array}{cc} 1 \\ 22 \\ " * 300 + r"\end{array} " * 300
    assert len(readable(table)) < len(table)
    assert (
        readable(r"\begin{array}{cc}1 & 2\\3 & 4\end{array} and \begin{align}x^2\end{align}") == "1 & 2 3 & 4 and x^2"
    )


def test_of_a_very_long_text_the_commands_are_left_out() -> None:
    assert readable(r"\alpha" * 4_000 + " end") == "end"


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
