"""Fixtures for every test, the mark `e2e` by folder, and the whole suite spread over processes."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.benchmarks.recorded import SHARED
from tests.fakes.clock import FakeClock
from tests.recorded_days import Recorded, recorded_days

_TESTS = Path(__file__).parent
_END_TO_END = (_TESTS / "e2e", _TESTS / "chaos")
"""The folders whose tests start processes of the program."""
_PROCESSES = 4
"""Processes for a run of whole folders: the tests wait about half of their time, so two cores keep four busy."""


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Spread a run of whole folders over processes, unless the command line says otherwise (-n, --dist, --pdb).

    A run of named files stays in one process, which starts sooner. Does nothing without pytest-xdist.
    """
    option = config.option
    if not config.pluginmanager.hasplugin("xdist") or option.usepdb or option.collectonly:
        return
    if option.numprocesses is None and not option.tx and all(_is_folder(argument) for argument in config.args):
        option.numprocesses = _PROCESSES
    if option.dist == "no" and option.numprocesses:
        option.dist, option.loadscopereorder = "loadgroup", False


def _is_folder(argument: str) -> bool:
    return Path(argument).is_dir()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests that start the program, put them first, and let the tests of another file share a process.

    The longest tests begin first, so that no process is left alone with one at the end.
    """
    distributed = config.pluginmanager.hasplugin("xdist")
    for item in items:
        end_to_end = any(folder in item.path.parents for folder in _END_TO_END)
        if end_to_end:
            item.add_marker(pytest.mark.e2e)
        elif distributed and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.path.relative_to(_TESTS).as_posix()))
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
    """The digests of every recorded day."""
    return recorded_days(shared_data, tmp_path_factory.mktemp("days"))
