"""Tests `paperboy demo` on the bundled day as real processes, and that it leaves no process behind."""

import os
import pty
import re
import secrets
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.conftest import read_digest
from tests.e2e.running import processes_with
from tests.waiting import DEADLINE_S


@pytest.fixture
def marker() -> str:
    """A value in the environment of the demo and of its child processes."""
    return f"demo-{secrets.token_hex(8)}"


def command(out: Path, *more: str) -> list[str]:
    return [sys.executable, "-P", "-m", "bot", "demo", "--out", str(out), *more]


def environment(marker: str) -> dict[str, str]:
    # A fixed width and no owner's settings make the demo's output the same on every machine.
    return {
        **os.environ,
        "PAPERBOY_TEST": marker,
        "COLUMNS": "100",
        "TERM": "xterm-256color",
        "REDIS_URL": "redis://127.0.0.1:9",
    }


def plain(screen: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen)


@contextmanager
def terminal(out: Path, marker: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run the demo on a pseudo-terminal; yields the process and the descriptor of the reader's end."""
    reader_fd, demo_fd = pty.openpty()
    process = subprocess.Popen(
        command(out), stdin=demo_fd, stdout=demo_fd, stderr=demo_fd, env=environment(marker), start_new_session=True
    )
    os.close(demo_fd)
    try:
        yield process, reader_fd
    finally:
        process.kill()
        process.wait()
        os.close(reader_fd)


def read_until(reader_fd: int, wanted: str) -> str:
    """Read until the terminal has shown `wanted`; returns the text so far."""
    seen, end = "", time.monotonic() + DEADLINE_S
    while wanted not in plain(seen):
        ready, _, _ = select.select([reader_fd], [], [], max(0.0, end - time.monotonic()))
        assert ready, f"no {wanted!r} in: {plain(seen)}"
        try:
            seen += os.read(reader_fd, 65_536).decode(errors="replace")
        except OSError:  # the other end is closed
            break
    assert wanted in plain(seen), plain(seen)
    return plain(seen)


def read_rest(reader_fd: int) -> str:
    """Read the remaining output of the ended program."""
    seen = b""
    while select.select([reader_fd], [], [], 0)[0]:
        try:
            seen += os.read(reader_fd, 65_536)
        except OSError:  # everything is read and the other end is closed
            break
    return plain(seen.decode(errors="replace"))


def test_without_a_terminal_everything_is_printed_and_it_ends(tmp_path: Path, marker: str) -> None:
    done = subprocess.run(
        command(tmp_path / "files"), env=environment(marker), capture_output=True, text=True, timeout=DEADLINE_S
    )
    assert (done.returncode, done.stderr) == (0, "")
    screen = done.stdout
    for step in ("수집: huggingface 6 · deeplearn 6", "중복 합치기: 12 → 11", "선정: 11 → 11", "분류", "요약", "차트"):
        assert f"✓ {step}" in screen
    assert "12건 → 11편 (o1 논문: 두 곳 → 한 편)" in screen
    digest = read_digest(tmp_path / "files")
    assert (digest["collected"], digest["listed"], digest["skipped"]) == (11, 11, {})
    assert len(digest["highlights"]) == 3
    assert sorted(len(section["papers"]) for section in digest["sections"]) == [1, 1, 1, 2, 2, 2, 2]
    flat = "".join(screen.split())
    for paper in digest["papers"]:
        assert "".join(paper["title"].split()) in flat
    for name in ("Papers_2024-10-06_report.md", "paper_2024-10-06.png", "digest.json"):
        assert str(tmp_path / "files" / name) in "".join(screen.splitlines())
        assert (tmp_path / "files" / name).stat().st_size > 1000
    assert processes_with(marker) == []


def test_in_english_no_hangul_is_shown(tmp_path: Path, marker: str) -> None:
    done = subprocess.run(
        command(tmp_path, "--lang", "en"), env=environment(marker), capture_output=True, text=True, timeout=DEADLINE_S
    )
    assert done.returncode == 0
    assert "12 entries → 11 papers (the o1 paper: two places → one)" in done.stdout
    assert not re.search(r"[가-힣]", done.stdout)


def test_on_a_terminal_one_screen_comes_first_and_the_rest_on_demand(tmp_path: Path, marker: str) -> None:
    with terminal(tmp_path, marker) as (process, reader_fd):
        first = read_until(reader_fd, "> 1번 논문은 무엇을 새로 제안했나요?")
        assert "12건 → 11편 (o1 논문: 두 곳 → 한 편)" in first
        assert "█" in first
        assert "나머지 4개 묶음은 /digest" in first
        assert "한 편씩" not in first
        os.write(reader_fd, b"\r")
        answer = read_until(reader_fd, "가장 가까운 대목")
        assert "[1] PixWizard" in answer
        assert "초록만 읽었습니다." in answer
        os.write(reader_fd, b"/digest\r")
        read_until(reader_fd, "한 편씩")
        os.write(reader_fd, b"/quit\r")
        read_until(reader_fd, "안녕히 가세요")
        assert process.wait(DEADLINE_S) == 0
    assert processes_with(marker) == []


@pytest.mark.parametrize("moment", ["예시 자료로", "중복 합치기", "> 1번"])
def test_ctrl_c_at_any_moment_is_clean(moment: str, tmp_path: Path, marker: str) -> None:
    with terminal(tmp_path, marker) as (process, reader_fd):
        read_until(reader_fd, moment)
        os.write(reader_fd, b"\x03") if moment.startswith(">") else process.send_signal(signal.SIGINT)
        code = process.wait(DEADLINE_S)
        assert code in {0, 130}
        assert "Traceback" not in read_rest(reader_fd)
    assert processes_with(marker) == []


def test_an_impatient_second_ctrl_c_leaves_nothing_behind_either(tmp_path: Path, marker: str) -> None:
    with terminal(tmp_path, marker) as (process, reader_fd):
        read_until(reader_fd, "수집")
        for _ in range(5):
            process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE_S) == 130
    assert processes_with(marker) == []
