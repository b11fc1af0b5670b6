"""Fixtures for document readers with a fake clock and real child processes; tests point them at loopback."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.http_cache import FakeHttpCache
from tests.sources import parsers
from workers import config
from workers.domain.ports import Gate
from workers.runtime.children import ChildLimits, ChildProcesses
from workers.sources.documents import DocumentReader

LIMITS = ChildLimits(time_s=20, memory_bytes=256 << 20, reply_bytes=64 << 20)


@dataclass(frozen=True)
class BodyReader:
    """Reads the bodies of documents."""

    documents: DocumentReader

    def get(self, url: str, params: Mapping[str, str] | None = None, gate: Gate | None = None) -> bytes:
        return self.documents.read(url, parsers.body, params=params, gate=gate).encode("latin-1")


MakeFetcher = Callable[..., BodyReader]


@pytest.fixture(scope="session")
def children() -> Iterator[ChildProcesses]:
    processes = ChildProcesses("workers.sources.document_child:service", LIMITS)
    yield processes
    processes.close()


@pytest.fixture
def make_fetcher(children: ChildProcesses, clock: FakeClock) -> MakeFetcher:
    """Returns a function that makes readers with the bundled settings; keyword arguments override settings."""

    def make(cache: FakeHttpCache | None = None, **changed: object) -> BodyReader:
        settings = config.load(environment={}).http.model_copy(update=changed)
        return BodyReader(DocumentReader(children, settings, "Paperboy/1.0", cache or FakeHttpCache(), clock))

    return make
