"""Which items of two days are one: by link or guid, and by title if different sources have it; and who describes it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from alembic import command

from tests.fakes.clock import FakeClock
from tests.fakes.papers import entry
from workers.digest.merge import merge
from workers.digest.select import Weights, select
from workers.domain.models import Authority, Entry, Paper, RankedPaper, SourceAnswer, SourceReport
from workers.store import Store, open_store
from workers.store.migrate import alembic_config, tables_may_be_rebuilt
from workers.store.transactions import write

DAYS = [date(2025, 6, day) for day in (3, 4, 5, 6)]
WEIGHTS = Weights(upvote=1, extra_source=1, followed=1, crowding=0)


def post(title: str, url: str = "", source: str = "lab", **overrides: Any) -> Entry:
    """An item of a feed; its link is made of its title unless one is given."""
    own: dict[str, Any] = {
        "arxiv_id": None,
        "version": None,
        "announce_type": None,
        "categories": (),
        "authority": Authority.OTHER,
    }
    url = url or f"https://{source}.example/{abs(hash(title))}"
    return entry(**({"title": title, "url": url, "source": source} | own | overrides))


def make(store: Store, day: date, *entries: Entry, limit: int = 9) -> list[str]:
    """Makes the edition of a day as the pipeline does; returns the titles that it lists."""
    papers = merge(entries, (day.year, day.month))
    known = dict(zip(papers, store.editions.history(papers), strict=True))
    selection = select(papers, known.__getitem__, WEIGHTS, limit)
    attempt = store.editions.claim(day)
    assert attempt is not None
    ranked = [RankedPaper(n, paper, "Others") for n, paper in enumerate(selection.chosen, start=1)]
    store.editions.close(day, attempt, selection, ranked, [SourceAnswer(SourceReport("lab", "ok", len(entries)))])
    return [item.paper.title for item in ranked]


@pytest.mark.parametrize("title", ["Gemma 3", "v0.6.2", "Claude Opus 4", "我们发布了新一代大语言模型的技术报告"])
def test_an_item_is_listed_once_however_short_its_title(store: Store, title: str) -> None:
    item = post(title, "https://lab.example/1")
    assert [make(store, day, item) for day in DAYS[:3]] == [[title], [], []]


def test_an_edited_title_or_another_way_of_writing_the_link_is_the_same_item(store: Store) -> None:
    make(store, DAYS[0], post("Its First Title", "https://lab.example/1", guid="tag:1"))
    assert make(store, DAYS[1], post("Quite Another Title", "http://www.lab.example/1/?utm_source=rss")) == []
    assert make(store, DAYS[2], post("A Third Title", "https://lab.example/moved", guid="tag:1")) == []
    assert make(store, DAYS[3], post("A Fourth Title", "https://lab.example/moved")) == []


def test_two_posts_of_one_feed_with_one_title_are_both_listed(store: Store) -> None:
    weekly = [post("This Week in Machine Learning", f"https://lab.example/{n}") for n in range(4)]
    assert len(make(store, DAYS[0], *weekly[:2])) == 2
    assert len(make(store, DAYS[1], *weekly[:3])) == 1
    repeated = post("This Week in Machine Learning", "https://press.example/1", "press")
    assert make(store, DAYS[2], repeated) == [], "what another source repeats the day after is its newest post"
    assert make(store, DAYS[3], *weekly, repeated) == [weekly[3].title]


def test_a_title_joins_what_another_source_had_on_another_day(store: Store) -> None:
    make(store, DAYS[0], post("A Title of Its Own", source="lab"))
    assert make(store, DAYS[1], post("A Title of Its Own", source="press")) == []
    assert make(store, DAYS[2], entry(title="A title of its own")) == []


def test_a_feed_cannot_describe_an_arxiv_paper_that_was_not_listed(store: Store) -> None:
    liar = post("Something Else Entirely", "https://evil.example/x", arxiv_id="2506.00019", version=99, doi="10.1000/x")
    make(store, DAYS[0], entry(), limit=0)
    make(store, DAYS[1], liar, limit=0)
    (kept,) = store.editions.passed_over(DAYS[0])
    assert (kept.title, kept.abstract, kept.doi, kept.version) == (entry().title, entry().abstract, None, 1)
    assert [link.url for link in kept.links] == ["https://arxiv.org/abs/2506.00019", "https://evil.example/x"]


def test_arxivs_words_replace_those_of_a_feed_that_was_first(store: Store) -> None:
    make(store, DAYS[0], post("Something Else Entirely", arxiv_id="2506.00019"), limit=0)
    make(store, DAYS[1], entry(), limit=0)
    (kept,) = store.editions.passed_over(DAYS[0])
    assert (kept.title, kept.authors, kept.authority) == (entry().title, entry().authors, Authority.ARXIV)


def test_two_items_that_lead_to_one_row_do_not_stop_an_edition(store: Store) -> None:
    one, two = "https://lab.example/1", "https://lab.example/2"
    make(store, DAYS[0], post("First Title of Ours", one, guid="1"), limit=0)
    make(store, DAYS[1], post("First Title of Ours", two, guid="1"), limit=0)  # the row has both links by now
    assert len(make(store, DAYS[2], post("Here", one, "press"), post("There", two, "daily"))) == 2
    assert make(store, DAYS[3], post("Here", one, "press"), post("There", two, "daily"), post("x", one)) == []


def test_rows_that_turn_out_to_be_one_are_joined_once(store: Store) -> None:
    links = [f"https://lab.example/{n}" for n in range(3)]
    make(store, DAYS[0], *(post(f"Title Number {n} of Ours", link) for n, link in enumerate(links)), limit=1)
    chained = [
        post("Title Number 0 of Ours", links[0], "press", doi="10.1000/a"),
        post("Title Number 1 of Ours", links[1], "daily", doi="10.1000/a"),
        post("Title Number 2 of Ours", links[2], "daily", doi="10.1000/a"),
    ]
    assert len(make(store, DAYS[1], *chained)) <= 1
    assert make(store, DAYS[2], *chained) == []


def test_long_links_are_compared_to_their_end(store: Store) -> None:
    long = "https://lab.example/" + "x" * 1_900
    assert len(make(store, DAYS[0], post("One", long + "1"), post("Two", long + "2"))) == 2
    assert make(store, DAYS[1], post("One", long + "1"), post("Two", long + "2")) == []


def test_the_largest_keys_fit_into_the_index(store: Store) -> None:
    largest = [post("😀" * 500, guid="😀" * 690), post("𠀋" * 500), post("로" * 500), post("Ends", guid="😀" * 2_000)]
    assert len(make(store, DAYS[0], *largest)) == 4
    assert make(store, DAYS[1], *largest) == []


def known_by_title(title: str, url: str) -> Paper:
    """A paper as the store has it from before items had keys of their own."""
    (paper,) = merge([post(title, url)])
    keys = [key for key in paper.keys if key[0] == "title"]
    return Paper(**{name: getattr(paper, name) for name in paper.__slots__} | {"keys": tuple(keys)})


def close(store: Store, day: date, chosen: Sequence[Paper]) -> None:
    attempt = store.editions.claim(day)
    assert attempt is not None
    ranked = [RankedPaper(n, paper, "Others") for n, paper in enumerate(chosen, start=1)]
    selection = select(chosen, lambda _: None, WEIGHTS, 9)
    store.editions.close(day, attempt, selection, ranked, [SourceAnswer(SourceReport("lab", "ok", 1))])


def test_what_was_listed_by_its_title_is_not_listed_again_by_its_link(store: Store) -> None:
    close(store, DAYS[0], [known_by_title("A Title of Its Own", "https://lab.example/1")])
    assert make(store, DAYS[1], post("A Title of Its Own", "https://lab.example/1")) == []
    assert make(store, DAYS[2], post("Edited Since", "https://lab.example/1")) == []


def test_a_store_of_before_learns_the_links_of_its_items(store: Store, store_url: str, moving_clock: FakeClock) -> None:
    close(store, DAYS[0], [known_by_title("Gemma 3", "https://lab.example/3"), *merge([entry()])])
    with tables_may_be_rebuilt(store.engine), write(store.engine) as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0008")
    store.close()
    with open_store(store_url, moving_clock) as again:
        assert make(again, DAYS[1], post("Gemma 3", "https://www.lab.example/3/"), entry()) == []
        edition = again.editions.get(DAYS[0])
        assert edition is not None
        assert {item.paper.authority for item in edition.ranked} == {Authority.OTHER, Authority.ARXIV}
