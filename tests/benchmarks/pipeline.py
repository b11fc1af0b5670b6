"""The whole keyless pipeline of a recorded day against feedparser's parse of the same bytes, in one run.

`python -m tests.benchmarks.pipeline`: the three large categories and Hugging Face of 2025-06-03, from a server on
loopback to the files. Fetching, child processes, store and chart are included; imports (also those of the server of the
child processes) and creating the store are not: `server_start_s` is what they take. Best of ROUNDS each.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import feedparser
import httpx
import psutil

from tests.benchmarks.recorded import SHARED, recorded_file
from tests.fakes.clock import FakeClock, utc
from tests.fakes.gate import FakeGate
from tests.fakes.http_cache import FakeHttpCache
from tests.fakes.web import Answer, web
from workers import config
from workers.bootstrap import pipeline_context
from workers.digest import pipeline
from workers.digest.report import report
from workers.digest.select import Weights
from workers.runtime.children import ChildLimits, ChildProcesses
from workers.runtime.clock import SystemClock
from workers.sources.arxiv import Arxiv, ArxivFeeds
from workers.sources.documents import DocumentReader
from workers.sources.huggingface import HuggingFace
from workers.store import open_store
from workers.store.texts import digest_json
from workers.text.data import glossary

ROUNDS = 5
DAY = date(2025, 6, 3)
CATEGORIES = ("cs.CL", "cs.CV", "cs.LG")
SERVICE = "workers.sources.document_child:service"
LIMITS = ChildLimits(time_s=120, memory_bytes=512 << 20, reply_bytes=64 << 20)


def main() -> None:
    bodies = recorded_bodies()
    feeds = [bodies[category] for category in CATEGORIES]
    parse_s = min(timed(lambda: [feedparser.parse(body) for body in feeds]) for _ in range(ROUNDS))
    shares: dict[str, float] = {}
    server = Answer(bodies={f"/{end}": body for end, body in bodies.items()})
    with web(server) as site, closing(ChildProcesses(SERVICE, LIMITS)) as children:
        start_s = timed(lambda: first_child(children))
        way_s = min(whole_way(site.url, children, shares) for _ in range(ROUNDS))
    print(f"bytes: {sum(map(len, bodies.values()))}")
    print(f"feedparser_s: {parse_s:.3f}")
    print(f"pipeline_s: {way_s:.3f}")
    print(f"ratio: {way_s / parse_s:.3f}")
    print(f"server_start_s: {start_s:.3f}")
    print(f"peak_mb: {psutil.Process().memory_info().rss / 2**20:.0f}")
    total = sum(shares.values())
    for step, seconds in shares.items():
        print(f"share {step}: {seconds / total:.3f}")


def recorded_bodies() -> dict[str, bytes]:
    """Returns the bodies that the sources served on DAY, by the end of the address."""
    server_file = recorded_file("replay/serve.py", SHARED.parent)
    command = [sys.executable, str(server_file), "--data", str(SHARED), "--port", "0"]
    with subprocess.Popen([*command, "--today", DAY.isoformat()], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().rsplit(" ", 1)[1].strip()
        bodies = {each: httpx.get(f"{url}/rss/{each}").content for each in CATEGORIES}
        bodies["daily_papers"] = httpx.get(f"{url}/api/daily_papers", params={"date": DAY.isoformat()}).content
        server.terminate()
    return bodies


def first_child(children: ChildProcesses) -> None:
    with children.start():
        return


def whole_way(url: str, children: ChildProcesses, shares: dict[str, float]) -> float:
    """The seconds from the server to files, on a store with its schema; adds each step's seconds to `shares`."""
    settings, clock = config.load(environment={}), SystemClock()
    documents = DocumentReader(children, settings.http, "Paperboy", FakeHttpCache(), clock)
    chosen = pipeline.PipelineConfig(
        sources=[
            Arxiv("arxiv", ArxivFeeds(url, CATEGORIES), documents, FakeGate(), FakeClock(utc(f"{DAY} 05:00"))),
            HuggingFace("huggingface", f"{url}/daily_papers", documents),
        ],
        daily=frozenset({"huggingface"}),
        calendar=settings.calendar(),
        categories=settings.closed_list(),
        glossary=glossary(),
        weights=Weights(**settings.select.model_dump()),
        max_papers=settings.digest.max_papers,
        lease_s=60,
    )
    last = started = time.perf_counter()

    def add_share(step: str, _figures: str) -> None:
        nonlocal last
        now = time.perf_counter()
        shares[step] = shares.get(step, 0.0) + now - last
        last = now

    with tempfile.TemporaryDirectory() as folder, open_store(f"sqlite:///{folder}/store.db", clock) as store:
        context = pipeline_context(chosen, store, add_share)
        last = started = time.perf_counter()
        edition = pipeline.find_or_make(DAY, context)
        add_share("close", "")
        text = pipeline.find_or_write(edition, "ko", context)
        assert text.chart_png is not None
        for name, content in {
            "report.md": report(text.digest, chosen.categories).encode(),
            "chart.png": text.chart_png,
            "digest.json": digest_json(text.digest),
        }.items():
            (Path(folder) / name).write_bytes(content)
        add_share("files", "")
        return time.perf_counter() - started


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
