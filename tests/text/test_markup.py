"""Markup of blogs and publishers becomes plain text; what only looks like markup stays."""

from time import process_time

import pytest

from workers.text.markup import body_text, title_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Acme&#8217;s robot &amp; its &#8220;skills&#8221;", "Acme’s robot & its “skills”"),
        ("Q&amp;amp;A and AT&T; x&y", "Q&A and AT&T; x&y"),
        ("&lt;p&gt;Twice&lt;/p&gt;&lt;p&gt;escaped&lt;/p&gt;", "Twice escaped"),
        ("Let's <think> about &lt;think&gt;", "Let's <think> about <think>"),
        ("Why 1 + 1 < 1 and p < 0.05", "Why 1 + 1 < 1 and p < 0.05"),
        ("List<int>, <s> and a <b and c> d", "List<int>, and a <b and c> d"),
        ("Ice<br/>A<br>B", "Ice A B"),
        ("<b>Bo</b>ld <i class='x'>italic</i> CO<sub>2</sub>", "Bold italic CO2"),
        ("10<sup>6</sup>, 10<sup>-3</sup> and 1<sup>st</sup>", "10^6, 10^-3 and 1st"),
        ("The <scp>Rna</scp> <styled-content style='x'>Story</styled-content>", "The Rna Story"),
        ("<jats:title>Abstract</jats:title><jats:p>We grow.</jats:p>", "Abstract We grow."),
        (
            "<mml:math xmlns:mml='x'><mml:msup><mml:mi>n</mml:mi><mml:mn>2</mml:mn></mml:msup></mml:math> steps",
            "n^2 steps",
        ),
        (
            "<math><mfrac><mn>1</mn><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow></mfrac><mspace/><msqrt><mi>x</mi></msqrt></math>",
            "1/(a+b) √(x)",
        ),
        ("<math><msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup><mo>&lt;</mo><mn>5</mn></math>", "x_i^2<5"),
        ("<math><semantics><mi>k</mi><annotation>\\kappa</annotation></semantics></math>-NN", "k-NN"),
        ("Seen<script>alert('<b>x</b>')</script> <style>p{}</style>too", "Seen too"),
        ("Cafe\u0301 \u202eexe\u202c\u200b \0", "Café exe"),
    ],
)
def test_titles_and_bodies_become_text(markup: str, text: str) -> None:
    assert title_text(markup) == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><p>Two <em>th</em>ree</p><ul><li>Four</li></ul>", "One Two three Four"),
        ("<p>We let p &lt; 0.05 and &lt;think&gt;.</p>", "We let p < 0.05 and <think>."),
        ("We let p < 0.05 and <think>.", "We let p < 0.05 and <think>."),
        ("<p>Acme&amp;#8217;s</p>", "Acme’s"),
        ("<p>10<sup>6</sup> <math><mfrac><mn>1</mn><mn>2</mn></mfrac></math></p>", "10^6 1/2"),
        ("<p>Seen</p><script>alert(1)</script><noscript>no</noscript><!-- <p>no</p> -->", "Seen"),
        ('<a title="a > b" href="x">link</a>', "link"),
        ("", ""),
    ],
)
def test_descriptions_become_what_a_browser_shows(markup: str, text: str) -> None:
    assert body_text(markup) == text


def test_long_markup_is_cut_before_it_is_read() -> None:
    assert len(title_text("a" * 1_000_000)) == 4_000
    assert len(body_text("<p>" + "a" * 1_000_000)) < 100_000


def test_a_formula_that_is_nested_without_end_keeps_its_text() -> None:
    formula = f"<math>{'<mrow>' * 500}<mi>x</mi></math>"
    assert title_text(f"Two {formula}") == "Two x"
    assert body_text(f"<p>Two {formula}</p>") == "Two x"


def test_a_tag_without_end_costs_little_time() -> None:
    started = process_time()
    attributes = " ".join(f"a{n}=x" for n in range(12_000))
    assert body_text(f"<p>Kept <a {attributes}>link</a></p>") == "Kept link"
    for _ in range(10):
        body_text(f"<p>Kept <a {attributes}")
    assert process_time() - started < 1
