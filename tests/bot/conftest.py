"""A store with one closed edition in two languages, for what frontends do with it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.papers import paper
from workers import config
from workers.domain.models import (
    Category,
    Collected,
    Edition,
    Placed,
    Selection,
    SourceReport,
    Text,
)
from workers.steps.summarise import Extractive
from workers.store import Store, open_store

DAY = date(2025, 6, 3)


@pytest.fixture(scope="session")
def categories() -> Sequence[Category]:
    return config.load(environment={}).closed_list()


@pytest.fixture
def bot_clock() -> FakeClock:
    return FakeClock(datetime(2025, 6, 3, 8, tzinfo=UTC))


@pytest.fixture
def store(tmp_path: Path, bot_clock: FakeClock) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'bot.db'}", bot_clock) as opened:
        yield opened


@pytest.fixture
def edition(store: Store, categories: Sequence[Category]) -> Edition:
    """Two robotics papers, one of them from two sources, and one paper on speech."""
    papers = [
        paper(
            keys=(("arxiv", f"2506.0000{n}"),),
            arxiv_id=f"2506.0000{n}",
            title=title,
            abstract=f"We present {title.partition(':')[0]}, a method. It gains {n}.5% over the baseline.",
            sources=("arxiv", "huggingface") if n == 1 else ("arxiv",),
        )
        for n, title in enumerate(
            ["Grip: Hold [bold]fast[/bold]", "Walk: Let's <think> first", "Say: Speech now"], start=1
        )
    ]
    placed = [
        Placed(n, each, label)
        for n, (each, label) in enumerate(zip(papers, ["Robotics", "Robotics", "Audio & Speech"], strict=True), start=1)
    ]
    attempt = store.editions.claim(DAY)
    assert attempt is not None
    answers = [Collected(SourceReport("arxiv", "ok", 3)), Collected(SourceReport("huggingface", "ok", 1))]
    store.editions.close(DAY, attempt, Selection(tuple(papers), {}), placed, answers)
    closed = store.editions.get(DAY)
    assert closed is not None
    writer = Extractive(categories, config.glossary())
    for language in ("ko", "en"):
        store.editions.save_text(DAY, Text(writer.write(closed, language), None))
    return closed
