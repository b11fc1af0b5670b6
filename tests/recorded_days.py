"""The digests of every recorded arXiv day, made once for all tests that use them."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from tests.benchmarks.recorded import entries_of
from tests.fakes.clock import FakeClock
from tests.fakes.empty_store import empty_store
from tests.fakes.failures import NoBoundary
from tests.fakes.source import FakeSource
from workers import config
from workers.bootstrap import pipeline_context
from workers.digest import pipeline
from workers.digest.select import Weights
from workers.digest.write_extractive import Extractive
from workers.domain.models import Category, Digest, Edition, Entry
from workers.factcheck.check import check
from workers.store import open_store
from workers.text.data import glossary


@dataclass(frozen=True)
class Recorded:
    """Editions by day, and digests without charts by day and language."""

    digests: dict[date, dict[str, Digest]]
    editions: dict[date, Edition]
    categories: Sequence[Category]


def recorded_days(data: Path, folder: Path) -> Recorded:
    """Makes the editions in the order of days, so that no paper is listed twice, and writes each in both languages."""
    settings, clock = config.load(environment={}), FakeClock(datetime(2025, 6, 30, tzinfo=UTC))
    by_day: dict[date, list[Entry]] = defaultdict(list)
    for file in sorted((data / "feeds/full_days_parsed").glob("rss_*.jsonl.xz")):
        by_day[date.fromisoformat(re.findall(r"\d{4}-\d\d-\d\d", file.name)[0])] += entries_of(file)
    chosen = pipeline.PipelineConfig(
        sources=[FakeSource("arxiv", dict(by_day))],
        daily=frozenset(),
        calendar=settings.calendar(),
        categories=settings.closed_list(),
        glossary=glossary(),
        weights=Weights(**settings.select.model_dump()),
        max_papers=40,
        lease_s=60,
    )
    writer, digests = Extractive(chosen.categories, chosen.glossary, NoBoundary()), dict[date, dict[str, Digest]]()
    editions: dict[date, Edition] = {}
    with open_store(empty_store(folder / "days.db"), clock) as store:
        context = pipeline_context(chosen, store)
        for day in sorted(by_day):
            edition = pipeline.find_or_make(day, context)
            editions[day] = edition
            digests[day] = {
                language: check(writer.write(edition, language), edition, chosen.glossary, NoBoundary())
                for language in ("ko", "en")
            }
    return Recorded(digests, editions, chosen.categories)
