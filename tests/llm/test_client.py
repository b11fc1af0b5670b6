"""Calls of a model: waits, fallbacks, refusals, and no prompt is paid for twice."""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.openai import Endpoint, Fault
from tests.fakes.openai_profiles import PROFILES, Refusal, openai_reasoning, vllm_small
from workers import config
from workers.domain.completions import Meter, Prompt, Purpose, Usage
from workers.domain.errors import (
    AnswerUnusable,
    BudgetExceeded,
    ContentFiltered,
    ContextTooLong,
    ModelDown,
    ModelError,
    ModelRefused,
)
from workers.llm import ModelEndpoint, OpenAiModel
from workers.llm.dialect import Dialect, is_about_context
from workers.store import Store

SHAPE = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}
PROMPT = Prompt(Purpose.WRITE, "Some rules.", "Some material.", "answer", SHAPE)
PROMPT_2 = Prompt(Purpose.WRITE, "Other rules.", "Other material.", "answer", SHAPE)
KEY = "sk-hunter2"
SETTINGS = config.load(environment={}).model


class ModelUnderTest:
    """A model that calls the fake endpoint; `slept` holds the seconds of each wait."""

    def __init__(self, endpoint: Endpoint, store: Store, **changed: Any) -> None:
        plain = SETTINGS
        price = plain.price.model_copy(update={"input": 1.0, "cached": 0.1, "output": 4.0})
        settings = plain.model_copy(update={"price": price, "timeout_s": 1.0, **changed})
        self.slept: list[float] = []
        self.last = Usage()
        self.model = OpenAiModel(
            settings, ModelEndpoint("gpt-test", KEY, endpoint.url), store.model_calls, self.slept.append
        )

    def ask(
        self,
        prompt: Prompt = PROMPT,
        deadline_s: float = 60,
        on_progress: Callable[[str], None] | None = None,
        read: Callable[[str], str] = str,
    ) -> str:
        """The answer, with its cost in `last`."""
        meter = Meter()
        try:
            return self.model.complete(prompt, read, deadline_s, meter, on_progress)
        finally:
            self.last = meter.total()


def test_an_answer_is_paid_once_and_its_real_usage_is_stored(endpoint: Endpoint, store: Store) -> None:
    subject = ModelUnderTest(endpoint, store)
    assert (subject.ask(), subject.last.calls) == ('{"a": 1}', 1)
    assert (subject.ask(), subject.last.calls) == ('{"a": 1}', 0)
    assert ModelUnderTest(endpoint, store).ask() == '{"a": 1}', "another process finds it too"
    assert len(endpoint.seen) == 1
    (day,) = store.model_calls.uses()
    use = day.usage
    assert (day.model, day.purpose, day.failed) == ("gpt-test", "write", 0)
    assert (day.model, use.calls, use.input_tokens, use.cached_tokens, use.output_tokens) == ("gpt-test", 1, 8, 4, 4)
    assert use.cost_usd == pytest.approx((4 * 1.0 + 4 * 0.1 + 4 * 4.0) / 1e6)


def test_another_prompt_or_model_is_another_call(endpoint: Endpoint, store: Store) -> None:
    subject = ModelUnderTest(endpoint, store)
    subject.ask()
    subject.ask(Prompt(Purpose.WRITE, "Some rules.", "Other material.", "answer", SHAPE))
    assert len(endpoint.seen) == 2


def test_the_shape_is_asked_for_as_strictly_as_the_endpoint_can(endpoint: Endpoint, store: Store) -> None:
    endpoint.formats = ("json_object",)
    subject = ModelUnderTest(endpoint, store)
    subject.ask()
    assert [body["response_format"]["type"] for body in endpoint.seen] == ["json_schema", "json_object"]
    endpoint.formats = ("none",)
    subject.ask(Prompt(Purpose.WRITE, "Other rules.", "", "answer", SHAPE))
    assert "response_format" not in endpoint.seen[-1]
    subject.ask(Prompt(Purpose.WRITE, "More rules.", "", "answer", SHAPE))
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
    with pytest.raises(ModelDown, match=r"timeout_s|deadline"):
        subject.ask(deadline_s=0.5)


def test_a_wait_that_passes_the_deadline_is_not_begun(endpoint: Endpoint, store: Store) -> None:
    endpoint.always = Fault(429, headers=(("Retry-After", "600"),))
    subject = ModelUnderTest(endpoint, store)
    with pytest.raises(ModelDown):
        subject.ask(deadline_s=30)
    assert subject.slept == []


def unusable(_text: str) -> str:
    raise AnswerUnusable("not what was asked for")


def test_an_answer_that_was_cut_off_is_read_and_else_too_long(endpoint: Endpoint, store: Store) -> None:
    endpoint.always = Fault(finish="length")
    assert ModelUnderTest(endpoint, store).ask() == '{"a": 1}'
    with pytest.raises(ContextTooLong):
        ModelUnderTest(endpoint, store).ask(PROMPT_2, read=unusable)
    assert store.model_calls.spent_today().output_tokens == 8, "both were paid for"


def test_an_answer_is_stored_only_where_its_reader_took_it(endpoint: Endpoint, store: Store) -> None:
    subject = ModelUnderTest(endpoint, store)
    for _ in range(2):
        with pytest.raises(AnswerUnusable):
            subject.ask(read=unusable)
    assert len(endpoint.seen) == 2
    assert subject.last.calls == 1, "it was paid for"
    assert subject.ask() == '{"a": 1}'
    assert subject.ask() == '{"a": 1}'
    assert len(endpoint.seen) == 3
    with pytest.raises(AnswerUnusable):
        subject.ask(read=unusable)
    assert len(endpoint.seen) == 4, "what is stored and cannot be used is asked for again"


def test_no_endpoint_is_no_answer(store: Store) -> None:
    nowhere = Endpoint("http://127.0.0.1:9/v1", lambda _body: "")
    with pytest.raises(ModelDown, match=r"cannot be reached, .* after 3 tries"):
        ModelUnderTest(nowhere, store).ask()


def test_the_days_cap_is_honoured_before_the_call_and_a_new_day_begins_anew(
    endpoint: Endpoint, store: Store, clock: FakeClock
) -> None:
    subject = ModelUnderTest(endpoint, store, daily_tokens=4015)
    subject.ask()
    with pytest.raises(BudgetExceeded, match=r"model\.daily_tokens"):
        subject.ask(Prompt(Purpose.WRITE, "Other.", "Other.", "answer", SHAPE))
    assert len(endpoint.seen) == 1
    assert subject.ask() == '{"a": 1}', "what was paid for is free"
    clock.advance(86_400)
    subject.ask(Prompt(Purpose.WRITE, "Other.", "Other.", "answer", SHAPE))
    with pytest.raises(BudgetExceeded, match=r"model\.daily_usd"):
        ModelUnderTest(endpoint, store, daily_usd=0.001).ask(Prompt(Purpose.WRITE, "More.", "More.", "answer", SHAPE))


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
    assert subject.ask(on_progress=progress.append) == progress[-1]
    assert subject.last.output_tokens > 0
    subject.ask(on_progress=progress.append)
    assert subject.last.calls == 0


def test_a_stream_that_is_cut_is_no_answer(endpoint: Endpoint, store: Store) -> None:
    subject = ModelUnderTest(endpoint, store)
    endpoint.faults = [Fault(cut=True)]
    with pytest.raises(ModelDown):
        subject.ask(on_progress=lambda _text: None)


@pytest.mark.parametrize("name", PROFILES)
def test_an_endpoint_refuses_each_parameter_once_at_most(name: str, endpoint: Endpoint, store: Store) -> None:
    endpoint.profile, most = PROFILES[name]
    assert ModelUnderTest(endpoint, store).ask() == '{"a": 1}'
    assert len(endpoint.refused) <= most
    refused = len(endpoint.refused)
    for n in range(3):  # other processes, on other days
        other = Prompt(Purpose.WRITE, f"Rules {n}.", "Some material.", "answer", SHAPE)
        ModelUnderTest(endpoint, store).ask(other)
    assert len(endpoint.refused) == refused, "what was learned is in the store"


def test_calls_in_parallel_learn_together(endpoint: Endpoint, store: Store) -> None:
    endpoint.profile, most = PROFILES["Mistral"]
    subject = ModelUnderTest(endpoint, store)
    prompts = [Prompt(Purpose.WRITE, f"Rules {n}.", "", "answer", SHAPE) for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(subject.ask, prompts)) == {'{"a": 1}'}
    assert len(endpoint.refused) <= most


def test_calls_in_parallel_learn_together_also_of_an_endpoint_that_has_changed(
    endpoint: Endpoint, store: Store
) -> None:
    subject = ModelUnderTest(endpoint, store)
    subject.ask()
    endpoint.profile = PROFILES["Gemini"][0]
    prompts = [Prompt(Purpose.WRITE, f"Rules {n}.", "", "answer", SHAPE) for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(subject.ask, prompts)) == {'{"a": 1}'}


def test_a_temperature_is_sent_only_where_the_owner_set_one(endpoint: Endpoint, store: Store) -> None:
    endpoint.profile = openai_reasoning
    ModelUnderTest(endpoint, store).ask()
    assert "temperature" not in endpoint.seen[-1]
    assert ModelUnderTest(endpoint, store, temperature=0.2).ask(PROMPT_2) == '{"a": 1}'
    assert [body.get("temperature") for body in endpoint.seen[1:]] == [0.2, None]


def test_prompt_and_answer_fit_the_context_together(endpoint: Endpoint, store: Store) -> None:
    long = Prompt(Purpose.WRITE, "Some rules.", "word " * 1_400, "answer", SHAPE)
    assert ModelUnderTest(endpoint, store, context_tokens=4_096).ask(long) == '{"a": 1}'
    assert endpoint.seen[-1]["max_completion_tokens"] < 4_096 - 1_000
    with pytest.raises(ContextTooLong):
        ModelUnderTest(endpoint, store, context_tokens=2_100).ask(replace(long, rules="Others."))
    assert len(endpoint.seen) == 1, "a prompt that leaves no room is not sent"


def test_a_context_that_is_smaller_than_the_settings_say_is_learned(endpoint: Endpoint, store: Store) -> None:
    endpoint.profile = vllm_small
    assert ModelUnderTest(endpoint, store).ask(replace(PROMPT, material="word " * 300)) == '{"a": 1}'
    assert len(endpoint.refused) == 1
    with pytest.raises(ContextTooLong):
        ModelUnderTest(endpoint, store).ask(replace(PROMPT, material="word " * 3_000))
    assert len(endpoint.refused) == 1


REFUSALS = [
    line.split("\t")
    for line in (Path(__file__).parent / "context_refusals.tsv").read_text("utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(("length", "counted_tokens", "text"), REFUSALS)
def test_the_length_of_the_context_is_read_in_everybodys_words(length: str, counted_tokens: str, text: str) -> None:
    counted = int(counted_tokens)
    dialect, estimate = Dialect(), max(100, counted * 3 // 4)
    assert is_about_context(text.lower())
    assert dialect.learn_context(text.lower(), 16_000, {"max_completion_tokens": 4_000}, estimate)
    assert dialect.context == int(length)
    assert dialect.percent * estimate // 100 >= counted
    assert Dialect.of(dialect.learned()) == dialect


def test_an_endpoint_that_counts_more_tokens_than_are_estimated_is_sent_fewer(endpoint: Endpoint, store: Store) -> None:
    def counting(body: Mapping[str, Any]) -> Refusal | None:
        tokens = sum(len(message["content"]) for message in body["messages"]) // 2
        too_many = tokens + body["max_completion_tokens"] > 4_096
        message = "the request exceeds the available context size of 4096 tokens"
        return (400, {"error": {"message": message, "type": "exceed_context_size_error"}}) if too_many else None

    endpoint.profile = counting
    subject = ModelUnderTest(endpoint, store)
    assert subject.ask(replace(PROMPT, material="word " * 800)) == '{"a": 1}'
    asked = len(endpoint.seen)
    assert asked <= 5
    subject.ask(replace(PROMPT, material="other " * 600))
    assert len(endpoint.seen) == asked + 1


def test_a_complaint_about_the_schema_is_none_about_the_context(endpoint: Endpoint, store: Store) -> None:
    message = "Invalid schema for response_format 'answer': In context=(), 'additionalProperties' is required"
    endpoint.faults = [Fault(400, message)]
    assert ModelUnderTest(endpoint, store).ask() == '{"a": 1}'
    assert [body["response_format"]["type"] for body in endpoint.seen] == ["json_schema", "json_object"]


def test_a_model_that_thinks_until_its_limit_gets_more_room_once(endpoint: Endpoint, store: Store) -> None:
    endpoint.faults = [Fault(text="", finish="length")]
    assert ModelUnderTest(endpoint, store).ask() == '{"a": 1}'
    first, second = (body["max_completion_tokens"] for body in endpoint.seen)
    assert second > 2 * first
    ModelUnderTest(endpoint, store).ask(PROMPT_2)
    assert endpoint.seen[-1]["max_completion_tokens"] > 2 * first, "it is remembered"
    endpoint.always = Fault(text="", finish="length")
    with pytest.raises(ContextTooLong):
        ModelUnderTest(endpoint, store).ask(replace(PROMPT, rules="Others."))
    assert len(endpoint.seen) == 4


def whole(message: object, finish: object = "stop", **others: object) -> bytes:
    return json.dumps({"choices": [{"message": message, "finish_reason": finish}], **others}).encode()


def streamed(*pieces: object) -> bytes:
    return b"".join(f"data: {json.dumps(piece)}\n\n".encode() for piece in pieces) + b"data: [DONE]\n\n"


PARTS = [
    {"type": "thinking", "thinking": "{}"},
    {"type": "text", "text": '{"a"'},
    {"type": "text", "text": ": 1}"},
    None,
]


@pytest.mark.parametrize(
    "body",
    [
        whole({"content": PARTS}),
        whole({"content": None, "reasoning_content": ' {"a": 1}\n'}),
        whole({"content": "", "thinking": '```json\n{"a": 1}\n```'}),
        whole({"content": ['{"a"', ": 1}"]}),
        whole({"content": [{"text": '{"a": 1}'}]}),
        whole({"content": None, "tool_calls": [{"function": {"name": "answer", "arguments": '{"a": 1}'}}]}),
        json.dumps({"choices": [{"text": '{"a": 1}', "finish_reason": "stop"}]}).encode(),
        *(
            whole({"content": '{"a": 1}'}, finish)
            for finish in (None, "", "eos", "end_turn", "STOP", "function_call", 7)
        ),
        whole({"content": '{"a": 1}'}, usage=None),
        whole({"content": '{"a": 1}'}, usage={"prompt_tokens": "9", "completion_tokens": None}),
        whole({"content": '{"a": 1}'}, usage={"prompt_tokens": -1e9, "completion_tokens": 1e300}),
        whole({"content": '{"a": 1}'}, usage=[3]),
        whole({"content": '{"a": 1}', "tool_calls": 3, "refusal": None}, id=None, created="now", model=None),
    ],
)
def test_an_answer_in_another_form_is_an_answer(body: bytes, endpoint: Endpoint, store: Store) -> None:
    endpoint.raw = ("application/json", body)
    subject = ModelUnderTest(endpoint, store)
    assert '{"a": 1}' in subject.ask()
    assert 0 < subject.last.input_tokens < 100
    assert 0 < subject.last.output_tokens < 100
    assert store.model_calls.spent_today().calls == 1


@pytest.mark.parametrize(
    "raw",
    [
        ("text/html", b"<!doctype html><title>Welcome</title>"),
        ("text/plain", b"ok"),
        ("application/json", b"not json"),
        *(("application/json", body) for body in (b'"text"', b"[]", b"null", b"3", b"{}", b'{"choices": null}')),
        *(("application/json", body) for body in (b'{"choices": {}}', b'{"choices": [null]}', b"[" * 9_000)),
        ("application/json", whole(None)),
        ("application/json", whole({"content": {"a": 1}})),
        ("application/json", b'{"error": {"code": 429, "message": "slow down"}}'),
        ("application/json", b'{"error": "out of order"}'),
        ("application/json", whole(None, error={"code": 502})),
        ("text/event-stream", b"data: {broken\n\n"),
        ("text/event-stream", streamed({"error": {"message": "gone", "code": 500}})),
    ],
)
@pytest.mark.parametrize("is_streamed", [False, True])
def test_what_is_no_answer_is_one_error_of_ours(
    raw: tuple[str, bytes], is_streamed: bool, endpoint: Endpoint, store: Store
) -> None:
    endpoint.raw = raw
    with pytest.raises(ModelError):
        ModelUnderTest(endpoint, store).ask(on_progress=(lambda _text: None) if is_streamed else None)


def test_pieces_without_text_are_skipped(endpoint: Endpoint, store: Store) -> None:
    piece = {"choices": [{"delta": {"content": '{"a": 1}'}}]}
    odd = [
        {"choices": None},
        {"choices": []},
        {},
        {"choices": [{"delta": None}]},
        {"choices": [{}]},
        {"choices": [None]},
    ]
    endpoint.raw = (
        "text/event-stream",
        streamed(*odd, piece, *odd, {"choices": [{"delta": {}, "finish_reason": "eos"}]}),
    )
    progress: list[str] = []
    subject = ModelUnderTest(endpoint, store)
    assert subject.ask(on_progress=progress.append) == '{"a": 1}'
    assert progress == ['{"a": 1}']
    assert subject.last.output_tokens > 0, "estimated"


def test_an_answer_that_has_begun_is_not_asked_for_again(endpoint: Endpoint, store: Store) -> None:
    piece = {"choices": [{"delta": {"content": '{"a"'}}]}
    endpoint.raw = ("text/event-stream", streamed(piece, {"choices": [], "error": {"code": 503}}))
    with pytest.raises(ModelDown):
        ModelUnderTest(endpoint, store).ask(on_progress=lambda _text: None)
    assert len(endpoint.seen) == 1
