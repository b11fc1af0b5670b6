"""A day of odd entries, as they pass the border: every step up to the messages of each platform takes them."""

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from bot.discord import renderer as discord
from bot.discord.components import layout
from bot.presentation.blocks import chat_blocks
from bot.telegram import renderer as telegram
from bot.terminal import renderer as terminal
from bot.terminal.sender import show
from tests import strategies
from tests.fakes.clock import FakeClock
from tests.fakes.discord_limits import violations
from tests.fakes.empty_store import empty_store
from tests.fakes.source import FakeSource
from tests.fakes.telegram_wire import parsed
from tests.fuzz.executions import executions
from tests.fuzz.mutations import mutated
from tests.fuzz.seeds import own_seeds
from workers import config
from workers.bootstrap import pipeline_context
from workers.digest import pipeline
from workers.digest.report import report
from workers.digest.select import Weights
from workers.domain.deliveries import Layout, View
from workers.domain.models import Authority, Category, Digest, Entry
from workers.sources.entries import InvalidEntry, validated
from workers.store import Store, open_store
from workers.text.data import glossary

DAY = date(2025, 6, 3)
_DOCUMENTS = 150
_PAPERS = 60


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    with open_store(empty_store(tmp_path / "store.db"), clock) as opened:
        yield opened


def made(store: Store, entries: Sequence[Entry], day: date = DAY) -> list[Digest]:
    """Makes the edition of `day` from the entries, half of them from another source, and writes it in two languages.

    Raises AssertionError if anything in it failed.
    """
    chosen = config.load(environment={})
    here, there = list(entries[::2]), [replace(entry, source="there") for entry in entries[1::2]]
    context = pipeline_context(
        pipeline.PipelineConfig(
            sources=[FakeSource("here", {day: here}), FakeSource("there", {day: there})],
            daily=frozenset(),
            calendar=chosen.calendar(),
            categories=chosen.closed_list(),
            glossary=glossary(),
            weights=Weights(**chosen.select.model_dump()),
            max_papers=_PAPERS,
            lease_s=60,
        ),
        store,
    )
    edition = pipeline.find_or_make(day, context)
    assert edition.collected == len(edition.ranked) + sum(edition.skipped.values())
    digests = [pipeline.find_or_write(edition, language, context).digest for language in ("ko", "en")]
    assert store.failures.newest(50) == []
    return digests


def check_shown(digest: Digest, categories: Sequence[Category]) -> None:
    """Raises AssertionError if a platform would refuse a message of the digest, or the files cannot be written."""
    report(digest, categories).encode()
    json.dumps(asdict(digest), ensure_ascii=False).encode()
    for place in Layout.SECTIONS, Layout.COMPACT:
        blocks = chat_blocks(digest, categories, View(digest.language, place), languages=["ko", "en"])
        for message in telegram.render(blocks, telegram.RenderOptions(digest.language)):
            assert parsed(message.text)[1] == []
        for message in discord.render(blocks, discord.RenderOptions(digest.language, categories)):
            assert violations(layout(discord.cards_of(message), "1").to_components()) == []  # type: ignore[no-untyped-call]
        console = Console(file=io.StringIO(), width=80, color_system=None)
        for message in terminal.render(blocks, digest.language):
            show(console, message)


def test_entries_of_mutated_documents_become_messages(store: Store) -> None:
    seeds = own_seeds()
    found = [entry for n in range(_DOCUMENTS) for run in executions(mutated(n, seeds, 4_000)) for entry in run.entries]
    others = [replace(entry, arxiv_id=None, authority=Authority.OTHER) for entry in found[::3]]
    assert len(found) > _PAPERS
    for digest in made(store, [*found, *others]):
        assert digest.papers
        check_shown(digest, config.load(environment={}).closed_list())


@settings(max_examples=8)
@given(st.lists(st.builds(Entry, st.just("any"), strategies.texts(), strategies.urls(), strategies.texts(2_000))))
def test_entries_with_any_text_become_messages(tmp_path_factory: pytest.TempPathFactory, given: list[Entry]) -> None:
    entries: list[Entry] = []
    for entry in given:
        try:
            entries.append(validated(replace(entry, url=f"https://example.org/{len(entries)}")))
        except InvalidEntry:
            continue
    url = empty_store(tmp_path_factory.mktemp("odd") / "store.db")
    with open_store(url, FakeClock(strategies.NOW)) as store:
        for digest in made(store, entries):
            check_shown(digest, config.load(environment={}).closed_list())
