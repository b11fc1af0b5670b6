"""Merging: all entries of one paper become one paper, and entries of different papers stay apart."""

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.fakes.papers import entry
from workers.digest.merge import merge, normalised_title
from workers.domain.models import AnnounceType, Authority, Entry, Link

NEAR_TITLES = [
    tuple(line.split("\t")) for line in (Path(__file__).parent / "near_titles.txt").read_text("utf-8").splitlines()
]
"""Pairs of similar titles of two different papers."""
JUNE_2025 = (2025, 6)


def bare(title: str = "A Title of Its Own", source: str = "lab", **overrides: Any) -> Entry:
    """An entry as a feed delivers it: a title and a URL, no id and no arXiv metadata."""
    own: dict[str, Any] = {
        "url": f"https://{source}.example.org/{quote(title)}",
        "arxiv_id": None,
        "version": None,
        "announce_type": None,
        "authors": (),
        "categories": (),
        "authority": Authority.OTHER,
    }
    return entry(**{"title": title, "source": source, **own, **overrides})


def test_no_entries_are_no_papers() -> None:
    assert merge([]) == []


def test_entries_with_one_arxiv_id_are_one_paper_whatever_their_titles() -> None:
    (merged,) = merge([entry(title="First Title"), entry(title="Quite Another", source="huggingface")])
    assert merged.sources == ("arxiv", "huggingface")


def test_entries_with_one_doi_are_one_paper() -> None:
    (merged,) = merge([bare("Its First Title", doi="10.1000/x"), bare("Its Printed Title", "press", doi="10.1000/x")])
    assert merged.keys == (
        ("doi", "10.1000/x"),
        ("link", "lab.example.org/Its%20First%20Title"),
        ("link", "press.example.org/Its%20Printed%20Title"),
        ("title", "itsfirsttitle"),
        ("title", "itsprintedtitle"),
    )


def test_entries_with_different_dois_and_titles_are_two_papers() -> None:
    assert len(merge([bare("A First Title", doi="10.1000/x"), bare("A Second Title", doi="10.1000/y")])) == 2


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (r"$\mu$LO: Compute-Efficient Meta-Generalization", "μLO: Compute-Efficient Meta-Generalization"),
        (r"Remarks by Casta\~neda on Logic", "Remarks by Castañeda on Logic"),
        (r"G\"odel Machines and Their Proofs", "Gödel Machines and Their Proofs"),
        (r"\textbf{Bold} Claims about Attention", "Bold Claims about Attention"),
        (r"A 50\% Cheaper Way to Train", "A 50% Cheaper Way to Train"),
        ("Sorting in $O(n)$ Steps", "Sorting in O(n) Steps"),
        ("ATTENTION IS ALL YOU NEED", "Attention is all you need"),
        ("Die Straße der Roboter", "Die STRASSE der Roboter"),
        ("Chain-of-Thought: A Closer Look", "Chain of Thought — A closer look"),
        ("What's Next?  Agents", "What’s Next? Agents"),
        ("“Quoted” Titles in the Wild", '"Quoted" Titles in the Wild'),
        ("Café Robots and Naïve Bayes", "Cafe\u0301 Robots and Nai\u0308ve Bayes"),
        ("Efﬁcient Diffusion for Audio", "Efficient Diffusion for Audio"),
        ("Ｗｉｄｅ Letters in Titles", "Wide Letters in Titles"),
        ("x² and Its Friends Return", "x2 and Its Friends Return"),
        ("snake_case Names for Models", "snakecase Names for Models"),
        ("언어 모델의 이해와 활용 연구", "언어모델의 이해와 활용 연구"),
    ],
)
def test_one_title_in_two_spellings_is_one_paper(left: str, right: str) -> None:
    assert len(merge([entry(title=left), bare(right)])) == 1
    assert normalised_title(left) == normalised_title(right)


def test_the_table_of_near_titles_is_large_enough_and_could_merge() -> None:
    assert len(NEAR_TITLES) >= 50
    for title in itertools.chain.from_iterable(NEAR_TITLES):
        assert len(merge([entry(title=title), bare(title)])) == 1, title


@pytest.mark.parametrize(("left", "right"), NEAR_TITLES)
def test_near_titles_are_two_papers(left: str, right: str) -> None:
    assert len(merge([entry(title=left), bare(right)])) == 2
    assert len(merge([bare(left), bare(right, "press")])) == 2


def test_two_ids_with_one_title_stay_two() -> None:
    twins = [entry(arxiv_id="2506.00001"), entry(arxiv_id="2506.00002")]
    assert [each.arxiv_id for each in merge(twins)] == ["2506.00001", "2506.00002"]


def test_two_ids_with_one_doi_stay_two() -> None:
    twins = [entry(arxiv_id="2506.00001", doi="10.1000/x"), entry(arxiv_id="2506.00002", doi="10.1000/x")]
    assert len(merge(twins)) == 2


def test_a_bare_title_of_two_ids_joins_only_one_of_them() -> None:
    merged = merge([bare(entry().title), entry(arxiv_id="2506.00001"), entry(arxiv_id="2506.00002")])
    assert [each.sources for each in merged] == [("arxiv", "lab"), ("arxiv",)]


def test_a_bare_title_finds_its_id_wherever_it_stands() -> None:
    entries = [entry(), bare(entry().title), entry(arxiv_id="2506.00777", title="Unrelated Work on Graphs")]
    for order in itertools.permutations(entries):
        merged = {each.arxiv_id: each.sources for each in merge(order)}
        assert merged["2506.00777"] == ("arxiv",)
        assert set(merged["2506.00019"]) == {"arxiv", "lab"}


@pytest.mark.parametrize("title", ["Erratum", "Foreword", "C++", "Reply 2", "…"])
def test_a_title_too_short_to_be_an_identity_merges_nothing(title: str) -> None:
    assert len(merge([bare(title), bare(title, "press")])) == 2


def test_papers_with_an_id_come_first_each_in_the_order_of_its_first_entry() -> None:
    entries = [
        bare("Bare Title Number One"),
        entry(arxiv_id="2506.00002", title="Second of the Numbered"),
        bare("Bare Title Number Two"),
        entry(arxiv_id="2506.00001", title="First of the Numbered"),
        entry(arxiv_id="2506.00002", title="Second of the Numbered", source="huggingface"),
    ]
    wanted = ["Second of the Numbered", "First of the Numbered", "Bare Title Number One", "Bare Title Number Two"]
    assert [each.title for each in merge(entries)] == wanted


def test_the_newest_version_wins() -> None:
    old = entry(version=1, title="Old Title", abstract="A long old abstract, longer than the new.", doi="10.1000/old")
    new = entry(version=2, title="New Title", abstract="A new abstract.", comment="8 pages")
    for order in ([old, new], [new, old]):
        (merged,) = merge(order)
        assert (merged.title, merged.abstract, merged.version) == ("New Title", "A new abstract.", 2)
        assert (merged.doi, merged.comment) == ("10.1000/old", "8 pages")


def test_among_equal_versions_arxivs_own_words_lead() -> None:
    theirs = entry(
        source="huggingface", announce_type=None, title="Their Title", abstract="Longer by far than arXiv's."
    )
    (merged,) = merge([theirs, entry(title="arXiv's Title", abstract="Short.")])
    assert (merged.title, merged.abstract) == ("arXiv's Title", "Short.")


def test_of_equal_sources_the_longer_abstract_leads_and_the_id_stays() -> None:
    named = bare("A Title of Its Own", arxiv_id="2506.00019", abstract="Short.")
    other = bare("A TITLE OF ITS OWN", "press", abstract="Longer one.")
    for order in ([named, other], [other, named]):
        (merged,) = merge(order)
        assert (merged.title, merged.abstract) == ("A TITLE OF ITS OWN", "Longer one.")
        assert (merged.arxiv_id, merged.version) == ("2506.00019", None)


def test_a_leading_entry_without_an_abstract_takes_the_longest_of_its_kind() -> None:
    newer = entry(version=2, abstract="")
    (merged,) = merge([newer, entry(abstract="Short."), bare(entry().title, abstract="Longest of all.")])
    assert (merged.version, merged.abstract) == (2, "Short.")


LIAR: dict[str, Any] = {
    "arxiv_id": "2506.00019",
    "version": 99,
    "title": "Something Else Entirely",
    "abstract": "This paper has been withdrawn. " * 9,
    "comment": "withdrawn",
    "authors": ("Eve Example",),
    "categories": ("cs.CR",),
    "doi": "10.1000/of-another",
}
"""What a feed may claim about an arXiv paper."""


@pytest.mark.parametrize("authority", [Authority.ARXIV, Authority.HUGGINGFACE])
def test_a_feed_adds_its_link_to_an_arxiv_paper_and_nothing_else(authority: Authority) -> None:
    honest, liar = entry(authority=authority), bare(url="https://evil.example/x", **LIAR)
    for order in ([honest, liar], [liar, honest]):
        (merged,) = merge(order, JUNE_2025)
        (alone,) = merge([honest], JUNE_2025)
        links = (*alone.links, Link("lab", "https://evil.example/x"))
        assert replace(merged, sources=alone.sources, links=alone.links) == alone
        assert (merged.links, set(merged.sources)) == (links, {"arxiv", "lab"})


def test_what_hugging_face_says_gives_way_to_arxiv() -> None:
    hub = entry(source="huggingface", authority=Authority.HUGGINGFACE, announce_type=None, upvotes=7, title="Old Name")
    (merged,) = merge([hub, entry()])
    assert (merged.title, merged.upvotes, merged.authority) == (entry().title, 7, Authority.ARXIV)
    assert ("title", "oldname") not in merged.keys, "too short to be a key"
    (merged,) = merge([replace(hub, title="Its Old and Longer Name"), entry()])
    assert ("title", "itsoldandlongername") in merged.keys


def test_a_feed_that_calls_a_paper_withdrawn_removes_it_for_nobody_else() -> None:
    gone = bare("A Title of Its Own", "press", abstract="This paper has been withdrawn.")
    (of_arxiv,) = merge([entry(title="A Title of Its Own"), gone])
    (of_feeds,) = merge([bare("A Title of Its Own", abstract="We do things."), gone])
    (alone,) = merge([gone])
    assert (of_arxiv.withdrawn, of_feeds.withdrawn, alone.withdrawn) == (False, False, True)


def test_items_of_one_feed_with_one_title_and_two_links_are_two() -> None:
    weekly = [bare("This Week in Machine Learning", url=f"https://lab.example.org/{n}") for n in range(3)]
    assert len(merge(weekly)) == 3
    merged = merge([*weekly, bare("This Week in Machine Learning", "press")])
    assert [each.sources for each in merged] == [("lab", "press"), ("lab",), ("lab",)]


@pytest.mark.parametrize("title", ["Gemma 3", "v0.6.2", "我们发布了新一代大语言模型的技术报告"])
def test_an_item_with_a_short_title_is_known_by_its_link(title: str) -> None:
    plain, tracked = (
        bare(title, url="https://lab.example.org/3"),
        bare(title, url="http://lab.example.org/3/?utm_source=x#top"),
    )
    (merged,) = merge([plain, tracked])
    assert merged.keys[0] == ("link", "lab.example.org/3")


def test_an_edited_title_under_the_same_link_or_guid_is_the_same_item() -> None:
    first = bare("Its First Title", url="https://lab.example.org/1", guid="tag:1")
    renamed = bare("Quite Another Title", url="https://lab.example.org/1")
    moved = bare("A Third Title for It", url="https://lab.example.org/moved", guid="tag:1")
    assert len(merge([first, renamed, moved])) == 1


def test_a_guid_counts_within_its_source_alone() -> None:
    assert len(merge([bare("One Thing of Ours", guid="1"), bare("Another Thing Here", "press", guid="1")])) == 2


def test_a_link_that_several_items_have_names_none_of_them() -> None:
    changelog = [bare(f"v0.6.{n}", url="https://lab.example.org/changes", own_link=False) for n in range(2)]
    assert len(merge(changelog)) == 2
    assert len(merge([*changelog, *changelog])) == 2, "each is known by its link and title together"


def test_a_title_without_spaces_joins_two_sources() -> None:
    title = "我们发布了新一代大语言模型的技术报告"
    assert len(merge([bare(title), bare(title, "press")])) == 1


@pytest.mark.parametrize(
    ("left", "same", "other"),
    [
        ("Scaling to 10⁶ Tokens", "Scaling to 10^6 Tokens", "Scaling to 106 Tokens"),
        ("Scaling to $10^6$ Tokens", "Scaling to 10⁶ Tokens", "Scaling to 106 Tokens"),
        ("On 2½ Tasks a Day", "On 2 1/2 Tasks a Day", "On 212 Tasks a Day"),
    ],
)
def test_raised_digits_and_fractions_make_other_numbers(left: str, same: str, other: str) -> None:
    assert len(merge([bare(left), bare(same, "press")])) == 1
    assert len(merge([bare(left), bare(other, "press")])) == 2


def test_votes_are_the_highest_and_none_where_nobody_votes() -> None:
    (voted,) = merge([entry(), entry(source="huggingface", upvotes=7), entry(source="hf-mirror", upvotes=5)])
    (unvoted,) = merge([entry()])
    (zero,) = merge([entry(upvotes=0)])
    assert (voted.upvotes, unvoted.upvotes, zero.upvotes) == (7, None, 0)


def test_all_links_are_kept_arxiv_first_and_without_version() -> None:
    (merged,) = merge(
        [
            bare(entry().title, "lab", url="https://lab.example.org/racer"),
            entry(source="huggingface", url="https://huggingface.co/papers/2506.00019"),
            entry(url="https://arxiv.org/abs/2506.00019v3", version=3),
            entry(url="http://arxiv.org/pdf/2506.00019v3", version=3),
        ]
    )
    assert merged.links == (
        Link("arxiv", "https://arxiv.org/abs/2506.00019"),
        Link("huggingface", "https://huggingface.co/papers/2506.00019"),
        Link("lab", "https://lab.example.org/racer"),
    )


def test_a_paper_that_arxiv_did_not_bring_has_its_arxiv_link_all_the_same() -> None:
    hub = entry(source="huggingface", url="https://huggingface.co/papers/2506.00019", announce_type=None)
    (merged,) = merge([hub])
    assert [link.source for link in merged.links] == ["arxiv", "huggingface"]
    assert merged.sources == ("huggingface",)


def test_a_link_stands_once() -> None:
    (merged,) = merge([bare(), bare()])
    assert len(merged.links) == 1


def test_keys_come_in_the_order_of_trust_and_once() -> None:
    (merged,) = merge([bare("A Title of Its Own", doi="10.1000/x"), entry(title="A title of its own", doi="10.1000/x")])
    assert merged.keys == (
        ("arxiv", "2506.00019"),
        ("doi", "10.1000/x"),
        ("link", "lab.example.org/A%20Title%20of%20Its%20Own"),
        ("title", "atitleofitsown"),
    )


def test_the_primary_category_is_the_new_announcements_first() -> None:
    crossed = entry(announce_type="cross", categories=("cs.AI", "cs.RO"))
    (merged,) = merge([crossed, entry(announce_type="new", categories=("cs.RO", "cs.CL"))])
    assert merged.categories == ("cs.RO", "cs.CL", "cs.AI")


@pytest.mark.parametrize(
    ("kinds", "replacement", "crossed"),
    [
        (["new"], False, False),
        (["cross"], False, True),
        (["replace"], True, False),
        (["replace-cross"], True, True),
        (["new", "cross"], False, False),
        (["new", "replace"], False, False),
        (["cross", "replace-cross"], False, True),
        (["replace", "replace-cross"], True, False),
        ([None], False, False),
        (["replace", None], True, False),
    ],
)
def test_a_paper_is_what_all_its_announcements_say(
    kinds: list[AnnounceType | None], replacement: bool, crossed: bool
) -> None:
    (merged,) = merge([entry(announce_type=kind) for kind in kinds])
    assert (merged.replacement, merged.crossed) == (replacement, crossed)


def test_a_first_version_and_its_replacement_on_one_day_are_news() -> None:
    (merged,) = merge(
        [entry(version=1, announce_type="new"), entry(version=2, announce_type="replace", title="Corrected Title")],
        JUNE_2025,
    )
    assert (merged.replacement, merged.relisted, merged.version, merged.title) == (False, False, 2, "Corrected Title")


@pytest.mark.parametrize(
    ("arxiv_id", "month", "relisted"),
    [
        ("2506.00019", (2025, 6), False),
        ("2505.00019", (2025, 6), False),
        ("2504.00019", (2025, 6), True),
        ("2412.00019", (2025, 1), False),
        ("2411.00019", (2025, 1), True),
        ("2507.00019", (2025, 6), False),
        ("cs/0601001", (2025, 6), True),
        ("1501.00001", None, False),
    ],
)
def test_a_cross_list_of_long_ago_is_relisted(arxiv_id: str, month: tuple[int, int] | None, relisted: bool) -> None:
    (merged,) = merge([entry(arxiv_id=arxiv_id, announce_type="cross")], month)
    assert merged.relisted is relisted


def test_a_cross_list_of_a_later_version_is_relisted_whatever_its_month() -> None:
    (merged,) = merge([entry(announce_type="cross", version=2)], JUNE_2025)
    (unknown,) = merge([entry(announce_type="cross", version=None)], JUNE_2025)
    assert (merged.relisted, unknown.relisted) == (True, False)


def test_an_old_paper_that_readers_vote_for_is_not_relisted() -> None:
    (merged,) = merge([entry(source="huggingface", arxiv_id="2401.00001", announce_type=None)], JUNE_2025)
    assert not merged.relisted


@pytest.mark.parametrize(
    "fields",
    [
        {"comment": "This paper has been withdrawn by the authors"},
        {"comment": "Withdrawn: an error in Lemma 3"},
        {"abstract": "This submission has been withdrawn due to a crucial error."},
        {"abstract": "The article was withdrawn."},
    ],
)
def test_a_withdrawn_paper_is_known_by_its_words(fields: dict[str, str]) -> None:
    (merged,) = merge([entry(**fields)])
    assert merged.withdrawn


@pytest.mark.parametrize(
    "abstract",
    [
        "We study consent that is withdrawn later.",
        "Users who had withdrawn from the trial are left out.",
        "This paper studies how a withdrawn drug harms.",
    ],
)
def test_a_paper_about_withdrawal_is_not_withdrawn(abstract: str) -> None:
    (merged,) = merge([entry(abstract=abstract)])
    assert not merged.withdrawn
