"""Feeds that hang, eat memory or loop cost themselves alone: the day's edition comes out within their limit."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import Replay, read_digest, recorded_sources
from tests.fakes.hostile import PATHS, hostile

pytestmark = [pytest.mark.shared_data, pytest.mark.slow]

LIMIT_S = 8
"""Seconds of its own work that a source may take in these tests."""
GRACE_S = 10
"""Seconds after the limit in which the edition has to come out."""


def test_the_edition_comes_out_beside_feeds_that_hang_eat_memory_or_loop(
    replay: Replay, settings_file: Callable[..., Path], run_digest: Callable[..., tuple[int, Path]]
) -> None:
    replay.today("2025-06-03")
    with hostile() as url:
        feeds = [{"name": path, "kind": "feed", "url": f"{url}/{path}"} for path in PATHS]
        sources = [*recorded_sources(replay.url), *feeds]
        settings = settings_file(sources, child={"time_s": LIMIT_S, "memory_mb": 256})
        started = time.monotonic()
        code, folder = run_digest(settings, "2025-06-03")
        took_s = time.monotonic() - started
    digest = read_digest(folder)
    states = {source["name"]: (source["status"], source["reason"]) for source in digest["sources"]}
    print(took_s, states)
    assert code == 0
    assert digest["listed"] == 40
    assert [states[name][0] for name in ("arxiv", "huggingface")] == ["ok", "ok"]
    assert [path for path in PATHS if states[path][0] == "failed" and not states[path][1]] == []
    assert {path for path in ("hang", "drip-headers", "drip-body", "members") if states[path][0] != "failed"} == set()
    assert took_s < LIMIT_S + GRACE_S
