"""What owners see of a model: a notice when it fails, its costs, and what the doctor finds."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.__main__ import main
from tests.fakes.openai import Endpoint, Fault, serving
from tests.fakes.openai_profiles import azure_old
from tests.fakes.web import Answer, Web, web
from tests.fakes.writers import honest_anywhere
from workers import config
from workers.domain.units import UnitKind
from workers.runtime.clock import SystemClock
from workers.store import open_store

DAY = "2025-06-03"
Run = Callable[..., list[str]]


def row(n: int) -> dict[str, object]:
    paper = {"id": f"2506.0000{n}", "title": f"Robot arm {n}", "summary": f"A robot arm gains {n}.5%.", "upvotes": n}
    return {"paper": paper}


@pytest.fixture
def source() -> Iterator[Web]:
    with web(Answer(body=json.dumps([row(1), row(2), row(3)]).encode())) as opened:
        yield opened


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    with serving(honest_anywhere) as server:
        for name, value in {"OPENAI_API_KEY": "sk-hunter2", "OPENAI_BASE_URL": server.url}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("OPENAI_MODEL", "gpt-test")
        yield server


@pytest.fixture
def run(source: Web, settings_file: Callable[..., Path], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs a verb; returns the lines that it prints."""

    def lines(verb: str, *arguments: str, **sections: object) -> list[str]:
        sources = [{"name": "huggingface", "kind": "huggingface", "url": source.url}]
        settings = settings_file(sources if verb in {"digest", "redo"} else [], **sections)
        main([verb, *arguments, "--config", str(settings)])
        output = capsys.readouterr()
        assert "hunter2" not in output.out + output.err
        return output.out.splitlines()

    return lines


def test_a_model_that_fails_is_told_once_a_day_with_the_cure_and_shown(
    endpoint: Endpoint, run: Run, tmp_path: Path, settings_file: Callable[..., Path]
) -> None:
    endpoint.always = Fault(401)
    for out in ("one", "two"):
        run("digest", "--date", DAY, "--out", str(tmp_path / out))
        run("redo", DAY)
    assert len(endpoint.seen) <= 8
    settings = config.load(settings_file([]), environment={})
    with open_store(settings.store.url, SystemClock()) as store:
        (failure,) = store.failures.untold()
    assert (failure.unit.kind, failure.unit.about) == (UnitKind.MODEL, "gpt-test")
    assert failure.reason == "HTTP 401: the key is refused; see OPENAI_API_KEY"
    shown = "gpt-test: failed last at"
    assert any(shown in line and "OPENAI_API_KEY" in line for line in run("status"))
    assert any("last failure: gpt-test at" in line for line in run("costs"))
    assert any("✓ last failure of a model: gpt-test at" in line for line in run("doctor"))


def test_a_model_that_works_has_its_costs_by_purpose(endpoint: Endpoint, run: Run, tmp_path: Path) -> None:
    run("digest", "--date", DAY, "--out", str(tmp_path))
    use = json.loads((tmp_path / "digest.json").read_text("utf-8"))["model"]
    assert use["calls"] == len(endpoint.seen) == 2, "the labels, and the one section"
    today = str(SystemClock().now().date())
    head, *purposes = run("costs")
    assert head.startswith(f"{today} gpt-test: 2 calls, ")
    assert [line.split(":")[0].strip() for line in purposes] == ["label", "write"]
    assert any(line.startswith("model: 2 calls, ") for line in run("status"))


def doctors_line(lines: list[str], what: str = "model") -> str:
    (line,) = (line for line in lines if line[2:].startswith(f"{what}: "))
    return line


def test_the_doctor_asks_for_a_section_and_says_what_was_refused(endpoint: Endpoint, run: Run) -> None:
    line = doctors_line(run("doctor"))
    assert line.startswith("✓ model: gpt-test answers in the digest's shape, after ")
    endpoint.profile = azure_old
    refused = doctors_line(run("doctor"))
    assert refused.startswith("✓")
    assert all(name in refused for name in ("stream_options", "max_completion_tokens", "json_schema"))
    asked = len(endpoint.seen)
    run("doctor")
    assert len(endpoint.seen) == asked + 1, "asked for again, but nothing is refused again"


@pytest.mark.parametrize(
    ("fault", "part"),
    [
        (Fault(404, "model not found"), "it is not in the endpoint's list, which has gpt-test-2"),
        (Fault(401), "see OPENAI_API_KEY"),
        (Fault(402), "no credit"),
        (Fault(429, "You exceeded your current quota: insufficient_quota"), "no credit"),
        (Fault(400, "nothing suits"), "HTTP 400"),
        (Fault(text="I am sorry, I cannot do that."), "not in the digest's shape"),
        (Fault(text=""), "not in the digest's shape"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_the_doctor_never_says_well_of_what_cannot_write_a_digest(
    fault: Fault, part: str, endpoint: Endpoint, run: Run
) -> None:
    endpoint.models, endpoint.always = ("other", "gpt-test-2"), fault
    line = doctors_line(run("doctor"))
    assert line.startswith("✗")
    assert part in line


def test_the_doctor_asks_each_fallback(endpoint: Endpoint, run: Run) -> None:
    endpoint.profile = lambda body: (404, {"error": {"message": "no"}}) if body["model"] == "gpt-test" else None
    lines = [line for line in run("doctor", model={"fallbacks": ["good"]}) if line[2:].startswith("model: ")]
    assert [line[:20] for line in lines] == ["✗ model: gpt-test ca", "✓ model: good answer"]


def test_a_page_is_no_endpoint(endpoint: Endpoint, run: Run) -> None:
    endpoint.raw = ("text/html", b"<!doctype html><title>Welcome</title>")
    line = doctors_line(run("doctor"))
    assert line.startswith("✗")
    assert "does OPENAI_BASE_URL end in /v1?" in line


def test_the_doctor_asks_the_embedding_model_too(endpoint: Endpoint, run: Run) -> None:
    vectors = {"data": [{"embedding": [0.1, 0.2, 0.3], "index": 0}]}
    with web(Answer(body=json.dumps(vectors).encode(), headers={"Content-Type": "application/json"})) as local:
        model = {"embeddings": "e5", "embeddings_url": local.url}
        assert doctors_line(run("doctor", model=model), "embeddings") == "✓ embeddings: e5 answers with 3 numbers"
        assert "sk-hunter2" not in str(local.seen), "the model's key goes to no other endpoint"
        local.answers[:] = [Answer(status=500)]
        assert doctors_line(run("doctor", model=model), "embeddings").startswith("✗")


def test_a_digest_is_made_although_every_answer_of_the_model_is_a_page(
    endpoint: Endpoint, run: Run, tmp_path: Path
) -> None:
    endpoint.raw = ("text/html", b"<!doctype html><title>Welcome</title>")
    run("digest", "--date", DAY, "--out", str(tmp_path))
    digest = json.loads((tmp_path / "digest.json").read_text("utf-8"))
    assert digest["listed"] == 3
    assert all(section["extractive"] for section in digest["sections"])
    assert len(endpoint.seen) <= 3, [body["messages"][0]["content"][:30] for body in endpoint.seen]
