"""Tests the owner's commands redo, retract, status and doctor."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.__main__ import main
from tests.fakes.web import Answer, Web, web
from workers.domain.chats import ChatRef
from workers.domain.deliveries import SubscriptionStatus
from workers.runtime.clock import SystemClock
from workers.store import open_store

DAY = "2025-06-03"


def row(n: int, title: str) -> dict[str, object]:
    return {"paper": {"id": f"2506.0000{n}", "title": title, "summary": f"We present {title}.", "upvotes": n}}


@pytest.fixture
def source() -> Iterator[Web]:
    with web(Answer(body=json.dumps([row(1, "One robot"), row(2, "Two robots")]).encode())) as opened:
        yield opened


@pytest.fixture
def settings(source: Web, settings_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("TELEGRAM_BOT_TOKEN", "DISCORD_BOT_TOKEN", "OPENAI_API_KEY", "OPENAI_BASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    return settings_file([{"name": "huggingface", "kind": "huggingface", "url": source.url}])


def digest(settings: Path, out: Path) -> dict[str, object]:
    assert main(["digest", "--date", DAY, "--config", str(settings), "--out", str(out)]) == 0
    found: dict[str, object] = json.loads((out / "digest.json").read_text("utf-8"))
    return found


def test_a_day_made_anew_has_what_the_sources_say_now(
    source: Web, settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert digest(settings, tmp_path / "first")["listed"] == 2
    source.answers[:] = [Answer(body=json.dumps([row(2, "Two robots"), row(3, "Three robots")]).encode())]
    capsys.readouterr()
    assert main(["redo", DAY, "--config", str(settings)]) == 0
    assert (
        capsys.readouterr().out
        == f"{DAY}: made again with 2 papers; a running frontend now updates 0 posted deliveries\n"
    )
    papers = digest(settings, tmp_path / "second")["papers"]
    assert isinstance(papers, list)
    assert sorted(paper["title"] for paper in papers) == ["Three robots", "Two robots"]


def test_a_day_that_was_never_made_cannot_be_redone_or_retracted(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["redo", DAY, "--config", str(settings)]) == 1
    assert capsys.readouterr().err.startswith(f"paperboy: redo: there is no digest of {DAY}; `paperboy digest")
    assert main(["retract", DAY, "--config", str(settings)]) == 1
    assert capsys.readouterr().err == f"paperboy: retract: there is no digest of {DAY}\n"


def test_a_retracted_day_shows_in_the_status(
    settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--config", str(settings)]) == 0
    assert "edition: none yet" in capsys.readouterr().out
    digest(settings, tmp_path / "out")
    assert main(["retract", DAY, "--config", str(settings)]) == 0
    capsys.readouterr()
    assert main(["status", "--config", str(settings)]) == 0
    output = capsys.readouterr().out
    assert f"edition {DAY}: 2 of 2 papers, made at " in output
    assert ", taken back" in output
    assert f"source huggingface: ok on {DAY}" in output
    assert "queue: private" in output


def test_the_status_points_at_what_needs_an_eye(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{settings.parent / 'store.db'}"
    with open_store(url, SystemClock()) as store:
        from tests.fakes.subscriptions import NewSubscription

        store.subscriptions.add(NewSubscription(ChatRef("telegram", "-100"), store.clock.now()))
        store.subscriptions.add(NewSubscription(ChatRef("telegram", "-200"), store.clock.now()))
        store.subscriptions.pause_chat(ChatRef("telegram", "-200"), SubscriptionStatus.REMOVED, "kicked")
    assert main(["status", "--config", str(settings)]) == 0
    output = capsys.readouterr().out.splitlines()
    assert "subscriptions telegram: 1 active" in output
    assert "paused telegram -200: removed: kicked" in output


def test_a_healthy_installation_has_no_cross(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--config", str(settings)]) == 0
    output = capsys.readouterr().out.splitlines()
    assert all(line.startswith("✓ ") for line in output)
    assert [line[2:].partition(":")[0] for line in output] == [
        *("settings", "store", "source huggingface", "clock", "font", "model", "queue"),
        *("TELEGRAM_BOT_TOKEN", "DISCORD_BOT_TOKEN"),
    ]


def test_a_broken_one_names_each_cure_and_no_secret(
    source: Web, settings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source.answers[:] = [Answer(status=500)]
    with web(Answer(status=401, body=b"{}")) as platform:
        for name in ("TELEGRAM_BOT_TOKEN", "DISCORD_BOT_TOKEN", "OPENAI_API_KEY"):
            monkeypatch.setenv(name, "hunter2")
        for name in ("TELEGRAM_API_URL", "DISCORD_API_URL", "OPENAI_BASE_URL"):
            monkeypatch.setenv(name, platform.url)
        monkeypatch.setenv("OPENAI_MODEL", "gpt-test")
        monkeypatch.setenv("REDIS_URL", "redis://:hunter2@127.0.0.1:9/0")
        assert main(["doctor", "--config", str(settings)]) == 1
    output = capsys.readouterr()
    assert "hunter2" not in output.out + output.err
    crosses = {line[2:].partition(":")[0]: line for line in output.out.splitlines() if line.startswith("✗")}
    assert set(crosses) == {"source huggingface", "model", "queue", "TELEGRAM_BOT_TOKEN", "DISCORD_BOT_TOKEN"}
    assert "HTTP 500" in crosses["source huggingface"]
    assert "OPENAI_API_KEY" in crosses["model"]
    assert "is it running?" in crosses["queue"]


def test_the_doctor_names_our_bots_and_what_they_may_read(
    settings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    me = {"ok": True, "result": {"username": "paper_bot", "can_read_all_group_messages": False}}
    with (
        web(Answer(body=json.dumps(me).encode())) as telegram,
        web(Answer(body=b'{"username": "Paper"}'), Answer(body=b'{"id": "42", "flags": 0}')) as discord,
    ):
        monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "1:a")
        monkeypatch.setenv("TELEGRAM_API_URL", telegram.url)
        monkeypatch.setenv("DISCORD_BOT_TOKEN", "b")
        monkeypatch.setenv("DISCORD_API_URL", discord.url)
        assert main(["doctor", "--config", str(settings)]) == 0
        assert telegram.seen[0][0] == "/bot1:a/getMe"
        assert discord.seen[0][1]["Authorization"] == "Bot b"
    output = capsys.readouterr().out
    assert "✓ TELEGRAM_BOT_TOKEN: @paper_bot; privacy mode is on" in output
    assert "✓ DISCORD_BOT_TOKEN: Paper; no message content intent" in output


def test_wrong_settings_are_the_doctors_first_line(
    settings_file: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = settings_file([], digest={"closes_at": "soon"}, access="anyone")
    assert main(["doctor", "--config", str(wrong)]) == 1
    output = capsys.readouterr().out.splitlines()
    assert output[0] == '✗ settings: digest.closes_at: want a time and a zone, such as 07:30 UTC, got "soon"'
    assert output[1].startswith("✗ settings: access: want 'open', 'approve' or 'list'")
