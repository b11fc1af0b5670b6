"""Calls of a model: waits, fallbacks, refusals, and no prompt is paid for twice."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.empty_store import empty_store
from tests.fakes.openai import Endpoint, Fault, serving
from workers import config
from workers.domain.completions import Prompt
from workers.domain.errors import BudgetExceeded, ContentFiltered, ContextTooLong, ModelDown, ModelError, ModelRefused
from workers.llm import ModelEndpoint, OpenAiModel
from workers.store import Store, open_store

SHAPE = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}
PROMPT = Prompt("test", "Some rules.", "Some material.", "answer", SHAPE)
KEY = "sk-hunter2"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serving(lambda _body: '{"a": 1}') as opened:
        yield opened


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    with open_store(empty_store(tmp_path / "store.db"), clock) as opened:
        yield opened


class ModelUnderTest:
    """A model that calls the fake endpoint; `slept` holds the seconds of each wait."""

    def __init__(self, endpoint: Endpoint, store: Store, **changed: Any) -> None:
        plain = config.load(environment={}).model
        price = plain.price.model_copy(update={"input": 1.0, "cached": 0.1, "output": 4.0})
        settings = plain.model_copy(update={"price": price, "timeout_s": 1.0, **changed})
        self.slept: list[float] = []
        self.model = OpenAiModel(
            settings, ModelEndpoint("gpt-test", KEY, endpoint.url), store.model_calls, self.slept.append
        )

    def ask(self, prompt: Prompt = PROMPT, deadline_s: float = 60) -> str:
        return self.model.complete(prompt, deadline_s).text


def test_an_answer_is_paid_once_and_its_real_usage_is_stored(endpoint: Endpoint, store: Store) -> None:
    subject = ModelUnderTest(endpoint, store)
    first = subject.model.complete(PROMPT, 60)
    assert (first.text, first.usage.calls) == ('{"a": 1}', 1)
    assert subject.model.complete(PROMPT, 60).usage.calls == 0
    assert ModelUnderTest(endpoint, store).ask() == '{"a": 1}', "another process finds it too"
    assert len(endpoint.seen) == 1
    (day,) = store.model_calls.days()
    use = day.usage
    assert (day.model, use.calls, use.input_tokens, use.cached_tokens, use.output_tokens) == ("gpt-test", 1, 8, 4, 4)
    assert use.cost_usd == pytest.approx((4 * 1.0 + 4 * 0.1 + 4 * 4.0) / 1e6)


def test_another_prompt_or_model_is_another_call(endpoint: Endpoint, store: Store) -> None:
    subject = ModelUnderTest(endpoint, store)
    subject.ask()
    subject.ask(Prompt("test", "Some rules.", "Other material.", "answer", SHAPE))
    assert len(endpoint.seen) == 2


def test_the_shape_is_asked_for_as_strictly_as_the_endpoint_can(endpoint: Endpoint, store: Store) -> None:
    endpoint.formats = ("json_object",)
    subject = ModelUnderTest(endpoint, store)
    subject.ask()
    assert [body["response_format"]["type"] for body in endpoint.seen] == ["json_schema", "json_object"]
    endpoint.formats = ("none",)
    subject.ask(Prompt("test", "Other rules.", "", "answer", SHAPE))
    assert "response_format" not in endpoint.seen[-1]
    subject.ask(Prompt("test", "More rules.", "", "answer", SHAPE))
    assert len(endpoint.seen) == 5, "what it cannot do is not asked for again"


def test_told_to_wait_it_waits_as_long(endpoint: Endpoint, store: Store) -> None:
    endpoint.faults = [Fault(429, headers=(("Retry-After", "7"),)), Fault(503)]
    subject = ModelUnderTest(endpoint, store)
    assert subject.ask() == '{"a": 1}'
    assert subject.slept == [7.0, 2.0]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(401), ModelRefused),
        (Fault(403), ModelRefused),
        (Fault(404), ModelRefused),
        (Fault(400, "This model's maximum context length is 4096 tokens"), ContextTooLong),
        (Fault(400, "content_filter triggered"), ContentFiltered),
        (Fault(finish="length"), ContextTooLong),
        (Fault(finish="content_filter"), ContentFiltered),
        (Fault(500), ModelDown),
        (Fault(429), ModelDown),
        (Fault(cut=True), ModelDown),
    ],
)
def test_each_fault_has_its_rule(fault: Fault, error: type[ModelError], endpoint: Endpoint, store: Store) -> None:
    endpoint.always = fault
    with pytest.raises(error) as raised:
        ModelUnderTest(endpoint, store).ask()
    assert KEY not in str(raised.value)


def test_silence_is_not_waited_for_past_the_deadline(endpoint: Endpoint, store: Store) -> None:
    endpoint.always = Fault(hang=3)
    subject = ModelUnderTest(endpoint, store, timeout_s=0.2)
    with pytest.raises(ModelDown, match=r"APITimeoutError|deadline"):
        subject.ask(deadline_s=0.5)


def test_a_wait_that_passes_the_deadline_is_not_begun(endpoint: Endpoint, store: Store) -> None:
    endpoint.always = Fault(429, headers=(("Retry-After", "600"),))
    subject = ModelUnderTest(endpoint, store)
    with pytest.raises(ModelDown):
        subject.ask(deadline_s=30)
    assert subject.slept == []


def test_an_answer_that_was_cut_off_was_paid_for(endpoint: Endpoint, store: Store) -> None:
    endpoint.always = Fault(finish="length")
    with pytest.raises(ContextTooLong):
        ModelUnderTest(endpoint, store).ask()
    assert store.model_calls.spent_today().output_tokens == 4


def test_no_endpoint_is_no_answer(store: Store) -> None:
    nowhere = Endpoint("http://127.0.0.1:9/v1", lambda _body: "")
    with pytest.raises(ModelDown, match="APIConnectionError"):
        ModelUnderTest(nowhere, store).ask()


def test_the_days_cap_is_honoured_before_the_call_and_a_new_day_begins_anew(
    endpoint: Endpoint, store: Store, clock: FakeClock
) -> None:
    subject = ModelUnderTest(endpoint, store, daily_tokens=4015)
    subject.ask()
    with pytest.raises(BudgetExceeded, match=r"model\.daily_tokens"):
        subject.ask(Prompt("test", "Other.", "Other.", "answer", SHAPE))
    assert len(endpoint.seen) == 1
    assert subject.ask() == '{"a": 1}', "what was paid for is free"
    clock.advance(86_400)
    subject.ask(Prompt("test", "Other.", "Other.", "answer", SHAPE))
    with pytest.raises(BudgetExceeded, match=r"model\.daily_usd"):
        ModelUnderTest(endpoint, store, daily_usd=0.001).ask(Prompt("test", "More.", "More.", "answer", SHAPE))


def test_the_key_goes_to_the_endpoint_and_nowhere_else(
    endpoint: Endpoint, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    subject = ModelUnderTest(endpoint, store)
    with caplog.at_level("DEBUG"):
        subject.ask()
    assert endpoint.keys == {f"Bearer {KEY}"}
    assert KEY not in caplog.text + repr(subject.model) + json.dumps(endpoint.seen)


def test_an_answer_is_told_as_it_comes_and_paid_for_once(endpoint: Endpoint, store: Store) -> None:
    subject = ModelUnderTest(endpoint, store)
    progress: list[str] = []
    first = subject.model.complete(PROMPT, 60, progress.append)
    assert progress[-1] == first.text
    assert first.usage.output_tokens > 0
    assert subject.model.complete(PROMPT, 60, progress.append).usage.calls == 0


def test_a_stream_that_is_cut_is_no_answer(endpoint: Endpoint, store: Store) -> None:
    subject = ModelUnderTest(endpoint, store)
    endpoint.faults = [Fault(cut=True)]
    with pytest.raises(ModelDown):
        subject.model.complete(PROMPT, 60, lambda _text: None)
