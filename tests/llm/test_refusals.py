"""Refusals as endpoints write them: each is about one thing, and only that changes."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.openai import Endpoint, Fault
from workers import config
from workers.domain.completions import Meter, Prompt, Purpose
from workers.domain.errors import ContentFiltered, ContextTooLong, ModelDown, ModelError, ModelRefused
from workers.llm import ModelEndpoint, OpenAiModel
from workers.llm.dialect import Dialect
from workers.store import Store

SETTINGS = config.load(environment={}).model.model_copy(update={"temperature": 0.5})
PROMPT = Prompt(Purpose.WRITE, "Some rules.", "Some material.", "answer", {"type": "object"})
REFUSALS = [
    json.loads(line) for line in (Path(__file__).parent / "refusals.jsonl").read_text("utf-8").splitlines() if line
]
ERRORS: dict[str, tuple[type[ModelError], str]] = {
    "key": (ModelRefused, "see OPENAI_API_KEY"),
    "credit": (ModelRefused, "no credit"),
    "passes": (ModelDown, "after 3 tries"),
    "filtered": (ContentFiltered, "refused this text"),
    "name": (ModelRefused, "see model.name"),
    "place": (ModelRefused, "this place"),
    "long": (ContextTooLong, "context"),
}
LEARNED = {"system": {"system": 1}, "stream": {"stream": 1}, "limit": {"most_tokens": 1024}, "usage": {"usage": 1}}


def model(endpoint: Endpoint, store: Store) -> OpenAiModel:
    return OpenAiModel(SETTINGS, ModelEndpoint("m", "sk-x", endpoint.url), store.model_calls, lambda _s: None)


def refused(subject: OpenAiModel, store: Store) -> ModelError:
    """Returns the error of a call, of which nothing is remembered."""
    with pytest.raises(ModelError) as raised:
        subject.complete(PROMPT, str, 60, Meter())
    assert subject.refused() == []
    assert dict(store.model_calls.learned(subject.endpoint.address, "m")) == {}, "nothing was answered"
    return raised.value


@pytest.mark.parametrize(("about", "status", "body"), [each for each in REFUSALS if each[0] in ERRORS])
def test_what_is_not_about_a_parameter_changes_none(
    about: str, status: int, body: Any, endpoint: Endpoint, store: Store
) -> None:
    endpoint.profile = lambda _body: (status, body)
    error, cure = ERRORS[about]
    raised = refused(model(endpoint, store), store)
    assert isinstance(raised, error)
    assert cure in str(raised)
    assert len(endpoint.seen) <= (3 if about == "passes" else 5 if about == "long" else 1)


@pytest.mark.parametrize(
    ("about", "status", "body"), [each for each in REFUSALS if each[0] in {"key", "credit", "name"}]
)
def test_an_error_in_place_of_an_answer_means_the_same(
    about: str, status: int, body: Any, endpoint: Endpoint, store: Store
) -> None:
    said = body if isinstance(body, dict) and isinstance(body.get("error"), dict) else {"error": body}
    endpoint.raw = ("application/json", json.dumps(said).encode())
    raised = refused(model(endpoint, store), store)
    assert isinstance(raised, ModelRefused) or status == 429
    assert status == 429 or ERRORS[about][1] in str(raised)


@pytest.mark.parametrize(("about", "status", "body"), [each for each in REFUSALS if each[0] in LEARNED])
def test_what_is_about_a_parameter_changes_that_one(
    about: str, status: int, body: Any, endpoint: Endpoint, store: Store
) -> None:
    answers = iter([(status, body)])
    endpoint.profile = lambda _body: next(answers, None)
    subject = model(endpoint, store)
    assert subject.complete(PROMPT, str, 60, Meter()) == '{"a": 1}'
    assert len(endpoint.seen) == 2
    assert dict(store.model_calls.learned(subject.endpoint.address, "m")) == LEARNED[about]


def test_a_proxys_page_is_no_refusal_of_anything(endpoint: Endpoint, store: Store) -> None:
    endpoint.faults = [Fault(400, page=True), Fault(403, page=True)]
    subject = model(endpoint, store)
    with pytest.raises(ModelRefused):
        subject.complete(PROMPT, str, 60, Meter())
    assert subject.complete(PROMPT, str, 60, Meter()) == '{"a": 1}'
    assert subject.refused() == []


def test_what_was_guessed_is_forgotten_after_a_week() -> None:
    dialect = Dialect()
    request = dialect.request(PROMPT, 100, None)
    assert dialect.learn(request, "", "bad request", guess_on=20_000)
    assert dialect.refused() == ["json_schema"]
    assert Dialect.of(dialect.learned(), 20_007).refused() == ["json_schema"]
    assert Dialect.of(dialect.learned(), 20_008).refused() == []
    assert not Dialect().learn(request, "", "bad request"), "without a day nothing is guessed"


PIECE = b'data: {"choices": [{"delta": {"content": "{}"}}]}\n\n'
EVENTS = {
    "under another type": ("application/json", PIECE + b"data: [DONE]\n\n"),
    "with empty events": (
        "text/event-stream",
        b": hi\n\nevent: ping\ndata:\n\ndata: null\n\ndata: []\n\n" + PIECE,
    ),
    "with carriage returns": (
        "text/event-stream",
        b'data: {"choices": [{"delta": {"content": "{}"}, "finish_reason": "stop"}]}\r\n\r\ndata: [DONE]\r\n\r\n',
    ),
    "one object on each line": (
        "application/x-ndjson",
        b'{"choices": [{"delta": {"content": "{"}}]}\n{"choices": [{"delta": {"content": "}"}}]}\n',
    ),
    "without a type": ("text/plain", b'{"choices": [{"message": {"content": "{}"}}]}'),
}


@pytest.mark.parametrize("name", EVENTS)
def test_pieces_are_read_whatever_the_type_says(name: str, endpoint: Endpoint, store: Store) -> None:
    endpoint.raw = EVENTS[name]
    assert model(endpoint, store).complete(PROMPT, str, 60, Meter()) == "{}"
    assert len(endpoint.seen) == 1


def test_pieces_that_end_in_the_middle_are_no_answer(endpoint: Endpoint, store: Store) -> None:
    piece = {"choices": [{"delta": {"content": '{"a": [1'}, "finish_reason": ""}]}
    endpoint.raw = ("text/event-stream", f"data: {json.dumps(piece)}\n\n".encode())
    with pytest.raises(ModelDown):
        model(endpoint, store).complete(PROMPT, str, 60, Meter())
    assert len(endpoint.seen) == 3
