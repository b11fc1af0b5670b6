"""Tests that an error at the command line is one line that names the remedy."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.__main__ import main
from tests.fakes.edition import closed_edition
from workers import config
from workers.runtime.clock import SystemClock
from workers.store import open_store


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
    output = capsys.readouterr().out
    assert "max_papers: 40" in output
    assert "redis://***@127.0.0.1:9/0" in output
    assert "hunter2" not in output


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
    output = capsys.readouterr().err
    assert "Redis does not answer at redis://127.0.0.1:9/0: is it running?" in output
    assert "hunter2" not in output


def test_a_question_is_answered_here_from_the_store(
    settings_file: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_file([], arxiv={"base_url": "http://127.0.0.1:9", "min_interval_s": 0})
    with open_store(config.load(settings, environment={}).store.url, SystemClock()) as store:
        closed_edition(store)
    arguments = ["ask", "--config", str(settings), "--date", "2025-06-03"]
    assert main([*arguments, "--json", "How much does paper 2 gain over the baseline?"]) == 0
    output = json.loads(capsys.readouterr().out)
    assert (output["answerable"], output["read"]) == (True, "abstract")
    (cite,) = output["sentences"][0]["cites"]
    assert (cite["paper"], cite["url"]) == ("2506.00002", "https://arxiv.org/abs/2506.00002")
    assert "2.5%" in cite["quote"]
    assert main([*arguments, "--lang", "ko", "--paper", "2506.00003", "무엇을 제안했나요?"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("[3] Say: Speech now\n초록만 읽었습니다.")
    assert main([*arguments, "--paper", "2401.00001", "왜?"]) == 1
