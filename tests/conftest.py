"""Fixtures for every test, the mark `e2e` by folder, and the whole suite spread over processes."""

import fcntl
import os
import pickle
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.benchmarks.recorded import SHARED
from tests.fakes.clock import FakeClock
from tests.recorded_days import Recorded, recorded_days

_TESTS = Path(__file__).parent
_END_TO_END = (_TESTS / "e2e", _TESTS / "chaos")
"""The folders whose tests start processes of the program."""
_PROCESSES = 6
"""Processes for a run of whole folders: the tests wait more than half of their time, so two cores keep six busy."""

settings.register_profile(
    "paperboy",
    derandomize=True,  # the same examples in every run
    database=None,
    max_examples=25,
    deadline=None,  # a slow machine is no failure
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("paperboy")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Spread a run of whole folders over processes, a file at a time, unless the command line says otherwise.

    A run of named files stays in one process, which starts sooner. Does nothing without pytest-xdist, and nothing in a
    process that pytest-xdist started.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # hundreds of processes start, and each would compile the program
    option = config.option
    started_by_xdist = hasattr(config, "workerinput")
    if not config.pluginmanager.hasplugin("xdist") or started_by_xdist or option.usepdb or option.collectonly:
        return
    if option.numprocesses is None and not option.tx and all(_is_folder(argument) for argument in config.args):
        option.numprocesses = _PROCESSES
    if option.dist == "no" and option.numprocesses:
        option.dist, option.loadscopereorder = "loadfile", False  # so that tests of a file share its fixtures


def _is_folder(argument: str) -> bool:
    return Path(argument).is_dir()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that start the program and put them first: no process shall begin a long file last."""
    for item in items:
        if any(folder in item.path.parents for folder in _END_TO_END):
            item.add_marker(pytest.mark.e2e)
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    """0 for a test marked `slow`, 1 for the others that start the program, 2 for the rest."""
    return 0 if item.get_closest_marker("slow") else 1 if item.get_closest_marker("e2e") else 2


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The recorded days beside the checkout; skips where they are not."""
    if not SHARED.is_dir():
        pytest.skip("the recorded days (../shared/data) are not here")
    return SHARED


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2025, 6, 3, 8, tzinfo=UTC))


@pytest.fixture(scope="session")
def recorded(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """The digests of every recorded day, made by one of the processes of a run and read by the others."""
    folder = tmp_path_factory.getbasetemp()
    shared = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    file = shared / "recorded_days.pickle"
    with (shared / "recorded_days.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            file.write_bytes(pickle.dumps(recorded_days(shared_data, tmp_path_factory.mktemp("days"))))
        days: Recorded = pickle.loads(file.read_bytes())  # noqa: S301 - written by this run
    return days
