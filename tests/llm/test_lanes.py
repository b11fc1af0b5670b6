"""A slow endpoint is sent fewer calls at a time, and given more time, instead of the same calls again and again."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.fakes.openai import Endpoint
from workers import config
from workers.domain.completions import Meter, Prompt, Purpose
from workers.domain.errors import ModelDown
from workers.llm import ModelEndpoint, OpenAiModel
from workers.llm.lanes import Lanes
from workers.store import Store

SETTINGS = config.load(environment={}).model.model_copy(update={"timeout_s": 0.3, "parallel": 4})
PROMPTS = [Prompt(Purpose.WRITE, f"Rules {n}.", "Some material.", "answer", {"type": "object"}) for n in range(6)]
SOON = 9e9


def model(endpoint: Endpoint, store: Store) -> OpenAiModel:
    return OpenAiModel(SETTINGS, ModelEndpoint("m", "sk-x", endpoint.url), store.model_calls, lambda _s: None)


def test_a_server_with_one_slot_gets_as_many_calls_as_it_can_answer_in_time(endpoint: Endpoint, store: Store) -> None:
    endpoint.slot, endpoint.hang_s = threading.Lock(), 0.18
    subject = model(endpoint, store)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda prompt: subject.complete(prompt, str, 60, Meter()), PROMPTS))
    assert answers == ['{"a": 1}'] * 6
    assert store.model_calls.learned(subject.endpoint.address, "m")["lanes"] < 4
    asked = len(endpoint.seen)
    again = model(endpoint, store)
    others = [Prompt(Purpose.WRITE, each.rules, "Other material.", "answer", {"type": "object"}) for each in PROMPTS]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda prompt: again.complete(prompt, str, 60, Meter()), others)) == answers
    assert len(endpoint.seen) - asked <= 6 + 2, "what was learned holds in another process"


def test_a_server_that_is_silent_for_longer_gets_more_time(endpoint: Endpoint, store: Store) -> None:
    endpoint.hang_s = 0.45
    subject = model(endpoint, store)
    assert subject.complete(PROMPTS[0], str, 60, Meter()) == '{"a": 1}'
    assert len(endpoint.seen) == 2
    assert model(endpoint, store).complete(PROMPTS[1], str, 60, Meter()) == '{"a": 1}'
    assert len(endpoint.seen) == 3


def test_an_answer_that_comes_slowly_has_time_as_long_as_it_comes(endpoint: Endpoint, store: Store) -> None:
    endpoint.writer, endpoint.pause_s = lambda _body: '{"a": "' + "x" * 400 + '"}', 0.06
    begun = time.monotonic()
    assert "xxx" in model(endpoint, store).complete(PROMPTS[0], str, 60, Meter())
    assert time.monotonic() - begun > SETTINGS.timeout_s
    assert len(endpoint.seen) == 1


def lanes(most: int = 4) -> Lanes:
    return Lanes.of({}, most, 10.0)


def test_time_outs_of_calls_that_were_begun_together_count_once() -> None:
    subject = lanes(8)
    with subject.lane(SOON) as first, subject.lane(SOON) as second, subject.lane(SOON) as third:
        for opened in (first, second, third):
            subject.was_silent(opened)
    assert (subject.open, subject.now_s) == (4, 10.0)


def test_a_time_out_of_a_call_that_was_alone_is_no_reason_for_fewer() -> None:
    subject = lanes()
    for _ in range(9):
        with subject.lane(SOON) as opened:
            subject.was_silent(opened)
    assert (subject.open, subject.now_s) == (4, 80.0), "and the time has an end"


def test_calls_become_more_again_where_all_goes_well() -> None:
    subject = Lanes.of({"lanes": 1, "silence_s": 40}, 2, 10.0)
    assert (subject.open, subject.now_s) == (1, 40)
    for _ in range(16):
        with subject.lane(SOON):
            subject.went_well()
    assert subject.open == 2
    assert subject.learned() == {"silence_s": 40}


def test_what_no_answer_has_confirmed_is_not_remembered() -> None:
    subject = lanes()
    with subject.lane(SOON) as opened, subject.lane(SOON):
        subject.was_silent(opened)
    assert subject.open == 2
    assert subject.learned() == {}
    subject.went_well()
    assert subject.learned() == {"lanes": 2}


def test_a_call_waits_for_its_turn_until_its_deadline() -> None:
    subject = lanes(1)
    with subject.lane(SOON), pytest.raises(ModelDown, match="deadline"), subject.lane(time.monotonic() + 0.05):
        pass
