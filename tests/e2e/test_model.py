"""Tests a recorded day written by a model: its answers are checked, paid for once and never lost."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from tests.e2e.conftest import Replay, read_digest, recorded_sources
from tests.fakes.openai import Endpoint, Fault, serving
from tests.fakes.writers import honest

pytestmark = pytest.mark.shared_data

Run = Callable[..., tuple[int, Path]]
Write = Callable[..., Path]
DAY = "2025-06-03"


def writes(body: dict[str, Any]) -> str:
    rules, material = (message["content"] for message in body["messages"])
    return honest(rules, material)


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch, replay: Replay) -> Iterator[Endpoint]:
    replay.today(DAY)
    with serving(writes) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-hunter2")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_MODEL", "gpt-test")
        yield server


def test_a_day_is_written_by_the_model_once(
    endpoint: Endpoint, replay: Replay, settings_file: Write, run_digest: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_file(recorded_sources(replay.url))
    code, folder = run_digest(settings, DAY)
    digest = read_digest(folder)
    assert code == 0
    assert len(endpoint.seen) <= 10
    use = digest["model"]
    assert (use["name"], use["repairs"], use["dropped_claims"]) == ("gpt-test", 0, 0)
    assert use["calls"] <= 8
    assert use["input_tokens"] > 1000 < use["output_tokens"]
    assert not any(section["extractive"] for section in digest["sections"])
    labels = [paper["category"] for paper in digest["papers"]]
    assert labels.count("Natural Language Processing") > 15, "as the model said of all, where the paper speaks for it"
    request_count = len(endpoint.seen)
    code, _ = run_digest(settings, DAY, out="again")
    assert len(endpoint.seen) == request_count
    run_digest(settings, DAY, "en")
    assert len(endpoint.seen) <= request_count + 8
    capsys.readouterr()
    assert main(["costs", "--config", str(settings)]) == 0
    assert f"gpt-test: {len(endpoint.seen)} calls" in capsys.readouterr().out


def test_a_model_of_many_minds_gives_one_text_and_keeps_the_labels(
    endpoint: Endpoint, replay: Replay, settings_file: Write, run_digest: Run
) -> None:
    settings = settings_file(recorded_sources(replay.url, categories=["cs.CL"]))
    turns = iter(range(1_000))

    def moody(body: dict[str, Any]) -> str:
        text, turn = writes(body), next(turns)
        names = ["Natural Language Processing", "Robotics", "Graph Learning"]
        return text.replace(names[0], names[turn % 3]).replace("여러 방법", ["여러 방법", "몇 가지 방법"][turn % 2])

    endpoint.writer = moody
    files = []
    for turn in range(3):
        code, folder = run_digest(settings, DAY, out=f"turn-{turn}")
        assert code == 0
        files.append((folder / "digest.json").read_bytes())
    assert files[0] == files[1] == files[2]
    korean = {paper["arxiv_id"]: paper["category"] for paper in json.loads(files[0])["papers"]}
    _, folder = run_digest(settings, DAY, "en")
    assert {paper["arxiv_id"]: paper["category"] for paper in read_digest(folder)["papers"]} == korean


@pytest.mark.parametrize(
    "fault",
    [
        Fault(401),
        Fault(500),
        Fault(429, headers=(("Retry-After", "3600"),)),
        Fault(cut=True),
        Fault(hang=2.0),
        Fault(finish="length", text='{"sections": [{"section": 0, "themes": [{"te'),
        Fault(finish="content_filter"),
        Fault(text="I am sorry, {"),
        Fault(400, "maximum context length is 10 tokens"),
    ],
    ids=lambda fault: f"{fault.status} {fault.finish} {fault.message[:7]} {fault.text or ''}{fault.hang or ''}",
)
def test_whatever_the_model_does_the_digest_comes_out(
    fault: Fault, endpoint: Endpoint, replay: Replay, settings_file: Write, run_digest: Run
) -> None:
    endpoint.always = fault
    quick = {"timeout_s": 0.3, "deadline_s": 1.0}
    sources = [{"name": "huggingface", "kind": "huggingface", "url": f"{replay.url}/api/daily_papers"}]
    code, folder = run_digest(settings_file(sources, model=quick), DAY)
    digest = read_digest(folder)
    assert (code, digest["listed"]) == (0, 29)
    assert all(section["extractive"] for section in digest["sections"])
    assert all(paper["tldr"] for paper in digest["papers"])
    files = "".join(file.read_text("utf-8") for file in folder.glob("*.md")) + json.dumps(digest, ensure_ascii=False)
    assert "hunter2" not in files
    assert "일부 분류는 모델이 쓰지 못해" in files
