"""A child process that hangs, dies, eats memory or floods its parent is killed, and the parent gets a reason."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from workers.domain.errors import SourceError
from workers.runtime.children import ChildLimits, ChildProcesses, OwnWork

SERVICE = "tests.runtime.child_services:service"
LIMITS = ChildLimits(time_s=0.8, memory_bytes=64 << 20, reply_bytes=1 << 20)


@pytest.fixture(scope="module")
def processes() -> Iterator[ChildProcesses]:
    started = ChildProcesses(SERVICE, LIMITS)
    yield started
    started.close()


def ask(processes: ChildProcesses, message: str) -> bytes:
    with processes.start() as child:
        return child.ask(message.encode())


def servers() -> list[psutil.Process]:
    """Returns the servers of child processes that this process started."""
    return [each for each in psutil.Process().children() if "workers.runtime.child_server" in each.cmdline()]


def test_a_conversation_keeps_its_child_and_another_one_has_its_own(processes: ChildProcesses) -> None:
    with processes.start() as child, processes.start() as other:
        assert [child.ask(b"count"), child.ask(b"count"), other.ask(b"count")] == [b"1", b"2", b"1"]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("hang", "took longer than 0.8 s"),
        ("work 60", "took longer than 0.8 s"),
        ("stop", "took longer than 0.8 s"),
        ("eat", "needed more than 64 MiB of memory"),
        ("reply 5000000", "gave more than 1 MiB"),
        ("die", "its child process died"),
        ("refuse", "an HTML page, not a feed"),
        ("raise", "^KeyError in "),
        ("write {path}", "File too large|its child process died"),
    ],
)
def test_what_a_child_does_costs_itself_alone(
    processes: ChildProcesses, message: str, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match=reason):
        ask(processes, message.format(path=tmp_path / "written"))
    assert ask(processes, "count") == b"1"


def test_a_child_that_refuses_goes_on(processes: ChildProcesses) -> None:
    with processes.start() as child:
        with pytest.raises(SourceError):
            child.ask(b"refuse")
        assert child.ask(b"count") == b"2"


def test_no_secret_reaches_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TELEGRAM_BOT_TOKEN", "OPENAI_API_KEY", "DATABASE_URL", "REDIS_URL", "PAPERBOY_STORE__URL"):
        monkeypatch.setenv(name, "secret")
    processes = ChildProcesses(SERVICE, LIMITS)
    names = ask(processes, "environment").decode().split()
    processes.close()
    assert "PATH" in names
    assert not [name for name in names if "TOKEN" in name or "KEY" in name or "URL" in name]


def test_time_between_messages_and_time_side_by_side_count_once(processes: ChildProcesses) -> None:
    work = OwnWork()
    with processes.start(work) as one, processes.start(work) as other:
        started = time.monotonic()
        threads = [threading.Thread(target=child.ask, args=[b"work 0.2"]) for child in (one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        spent_s = work.spent_s
        assert 0.2 <= spent_s <= time.monotonic() - started, "not the sum of both"
        assert work.spent_s == spent_s


def test_children_that_share_a_limit_have_it_together(processes: ChildProcesses) -> None:
    work = OwnWork()
    with processes.start(work) as child:
        child.ask(b"work 0.5")
    with processes.start(work) as child, pytest.raises(SourceError, match="took longer"):
        child.ask(b"work 0.5")


def test_a_server_that_was_killed_is_started_again(processes: ChildProcesses) -> None:
    with processes.start() as child:
        child.ask(b"count")
        for server in servers():
            server.kill()
            server.wait()
    assert ask(processes, "count") == b"1"


def test_no_process_is_left_after_the_end() -> None:
    others = set(servers())
    processes = ChildProcesses(SERVICE, LIMITS)
    with processes.start() as child:
        child.ask(b"count")
        (server,) = set(servers()) - others
        forked = server.children()
        processes.close()
        _, alive = psutil.wait_procs([*forked, server], timeout=5)
    assert len(forked) == 1
    assert alive == []
