"""What goes wrong at the command line is said on one line, with the cure."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.__main__ import main


def test_a_day_that_has_not_come_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["digest", "--date", "2999-01-01", "--out", str(tmp_path)]) == 1
    assert "has not come yet" in capsys.readouterr().err


def test_a_wrong_date_is_refused_before_anything_starts(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["digest", "--date", "yesterday", "--out", "."])
    assert 'want a date like 2025-06-03, got "yesterday"' in capsys.readouterr().err


def test_a_wrong_setting_is_named(
    settings_file: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_file([], digest={"max_papers": 0})
    assert main(["digest", "--config", str(settings), "--out", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("paperboy: digest.max_papers: want greater than or equal to 1, got 0")


def test_a_digest_needs_a_place_for_its_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["digest"]) == 1
    assert "--out: name the folder" in capsys.readouterr().err


def test_the_settings_in_force_can_be_seen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://:hunter2@127.0.0.1:9/0")
    assert main(["config"]) == 0
    told = capsys.readouterr().out
    assert "max_papers: 40" in told
    assert "redis://***@127.0.0.1:9/0" in told
    assert "hunter2" not in told


@pytest.mark.parametrize("verb", [["worker", "editions"], ["clock"]])
def test_a_part_without_a_queue_says_what_to_set(
    verb: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    assert main(verb) == 1
    assert "REDIS_URL" in capsys.readouterr().err


def test_a_queue_that_does_not_answer_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://:hunter2@127.0.0.1:9/0")
    assert main(["worker", "editions"]) == 1
    told = capsys.readouterr().err
    assert "Redis does not answer at redis://127.0.0.1:9/0: is it running?" in told
    assert "hunter2" not in told
