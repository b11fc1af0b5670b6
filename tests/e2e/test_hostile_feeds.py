"""Feeds that hang, eat memory or loop cost themselves alone: the day's edition comes out within their limit."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.runtime.sample.server import serving as sample_day
from tests.e2e.conftest import Replay, read_digest, recorded_sources
from tests.fakes.hostile import PATHS, hostile

ENDLESS = ("hang", "drip-headers", "drip-body", "deep", "many-attributes")
"""Feeds that go on until something stops them; `many-attributes` eats memory until then."""
GRACE_S = 10
"""Seconds after a source's limit in which the edition has to come out."""


def feeds(url: str, paths: Sequence[str]) -> list[dict[str, Any]]:
    return [{"name": path, "kind": "feed", "url": f"{url}/{path}"} for path in paths]


def reasons(folder: Path) -> dict[str, str | None]:
    """The reason of each source that failed."""
    states = read_digest(folder)["sources"]
    return {source["name"]: source["reason"] for source in states if source["status"] == "failed"}


def test_the_sample_day_comes_out_within_the_limit_of_feeds_without_an_end(
    settings_file: Callable[..., Path], run_digest: Callable[..., tuple[int, Path]]
) -> None:
    limit_s = 2
    with sample_day() as sample, hostile() as url:
        well = {"name": "huggingface", "kind": "huggingface", "url": f"{sample}/api/daily_papers"}
        settings = settings_file([well, *feeds(url, ENDLESS)], child={"time_s": limit_s, "memory_mb": 64})
        started = time.monotonic()
        code, folder = run_digest(settings, "2024-10-04")
        assert time.monotonic() - started < limit_s + GRACE_S
    assert code == 0
    assert read_digest(folder)["listed"] == 6
    assert set(reasons(folder)) == set(ENDLESS)
    assert all(reasons(folder).values())


@pytest.mark.shared_data
@pytest.mark.slow
def test_a_recorded_day_comes_out_beside_feeds_that_no_parser_should_see(
    replay: Replay, settings_file: Callable[..., Path], run_digest: Callable[..., tuple[int, Path]]
) -> None:
    """None of these feeds reaches its limit, so that a busy machine is no reason to fail."""
    replay.today("2025-06-03")
    paths = [path for path in PATHS if path not in ENDLESS]
    with hostile() as url:
        settings = settings_file(
            [*recorded_sources(replay.url), *feeds(url, paths)], child={"time_s": 60, "memory_mb": 256}
        )
        code, folder = run_digest(settings, "2025-06-03")
    assert code == 0
    assert read_digest(folder)["listed"] == 40
    assert {"bad-reference", "entities", "members"} <= set(reasons(folder)) <= set(paths)
    assert all(reasons(folder).values())
