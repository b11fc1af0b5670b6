"""What calls cost is set aside before them and counted after them, whatever becomes of them."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.openai import Endpoint, Fault
from workers import config
from workers.domain.completions import Caps, Meter, Prompt, Purpose, Usage
from workers.domain.errors import AnswerUnusable, BudgetExceeded, ModelError
from workers.llm import ModelEndpoint, OpenAiModel
from workers.store import Store

PRICE = config.load(environment={}).model.price.model_copy(update={"input": 1.0, "cached": 0.1, "output": 4.0})
SETTINGS = config.load(environment={}).model.model_copy(update={"price": PRICE, "timeout_s": 1.0})
NONE = Usage()


def prompt(n: int = 0, purpose: Purpose = Purpose.WRITE) -> Prompt:
    return Prompt(purpose, f"Rules {n}.", "Some material.", "answer", {"type": "object"}, 400)


def model(endpoint: Endpoint, store: Store, **changed: object) -> OpenAiModel:
    settings = SETTINGS.model_copy(update=changed)
    return OpenAiModel(settings, ModelEndpoint("m", "sk-x", endpoint.url), store.model_calls, lambda _s: None)


def unusable(_text: str) -> str:
    raise AnswerUnusable("not what was asked for")


def raw(usage: object) -> tuple[str, bytes]:
    choice = {"message": {"content": '{"a": 1}'}, "finish_reason": "stop"}
    return "application/json", json.dumps({"choices": [choice], "usage": usage}).encode()


def setup_raw(usage: object) -> Callable[[Endpoint], None]:
    def change(endpoint: Endpoint) -> None:
        endpoint.raw = raw(usage)

    return change


def fault(**how: object) -> Callable[[Endpoint], None]:
    def change(endpoint: Endpoint) -> None:
        endpoint.always = Fault(**how)  # type: ignore[arg-type]  # any field of Fault

    return change


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"prompt_tokens": 0, "completion_tokens": 0}, (7, 3)),
        ({"prompt_tokens": 9_999_999, "completion_tokens": 200_000}, (7, 3)),
        ({"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 610}, (100, 510)),
        (
            {
                "prompt_tokens": 100,
                "completion_tokens": 10,
                "completion_tokens_details": {"reasoning_tokens": 500},
                "total_tokens": 610,
            },
            (100, 510),
        ),
        (
            {
                "prompt_tokens": 100,
                "completion_tokens": 510,
                "completion_tokens_details": {"reasoning_tokens": 500},
                "total_tokens": 610,
            },
            (100, 510),
        ),
    ],
)
def test_a_usage_is_believed_where_it_can_be_true(
    usage: object, tokens: tuple[int, int], endpoint: Endpoint, store: Store
) -> None:
    endpoint.raw = raw(usage)
    meter = Meter()
    model(endpoint, store).complete(prompt(), str, 60, meter)
    assert (meter.total().input_tokens, meter.total().output_tokens) == tokens


def test_a_fault_in_showing_progress_does_not_cost_the_answer(endpoint: Endpoint, store: Store) -> None:
    def broken(_text: str) -> None:
        raise ValueError

    meter = Meter()
    assert model(endpoint, store).complete(prompt(), str, 60, meter, broken) == '{"a": 1}'
    assert meter.total().calls == 1


@pytest.mark.parametrize(
    "change",
    [
        setup_raw(None),
        setup_raw({}),
        setup_raw({"prompt_tokens": None, "completion_tokens": None}),
        setup_raw({"prompt_tokens": -1e9, "completion_tokens": -5}),
        setup_raw({"prompt_tokens": 1e300, "completion_tokens": "many"}),
        fault(finish="length"),
        fault(finish="content_filter"),
        fault(cut=True, text="x" * 400),
        fault(hang=1.5),
    ],
)
def test_every_call_is_counted_with_an_estimate_where_the_endpoint_says_nothing(
    change: Callable[[Endpoint], None], endpoint: Endpoint, store: Store
) -> None:
    change(endpoint)
    meter = Meter()
    with pytest.raises(ModelError):
        model(endpoint, store, deadline_s=2).complete(prompt(), unusable, 1.2, meter)
    (use,) = store.model_calls.uses()
    assert use.usage.calls >= 1
    assert 0 < use.usage.input_tokens < 1_000
    assert 0 <= use.usage.output_tokens < 1_000
    assert use.usage.cost_usd > 0
    assert meter.total() == use.usage
    store.model_calls.reserve("m", Purpose.WRITE, NONE, Caps(use.usage.tokens))  # nothing is set aside any more


def test_a_refused_call_costs_nothing_and_is_counted_as_failed(endpoint: Endpoint, store: Store) -> None:
    endpoint.always = Fault(401)
    with pytest.raises(ModelError):
        model(endpoint, store).complete(prompt(), str, 60, Meter())
    (use,) = store.model_calls.uses()
    assert (use.usage, use.failed) == (NONE, 1)


def test_reservations_in_parallel_cannot_pass_a_cap_together(store: Store) -> None:
    def reserve(_n: int) -> bool:
        try:
            store.model_calls.reserve("m", Purpose.WRITE, Usage(1, 400), Caps(1_300))
        except BudgetExceeded:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(reserve, range(8))) == 3


def test_a_call_waits_for_what_others_have_set_aside_and_may_not_need(endpoint: Endpoint, store: Store) -> None:
    endpoint.hang_s = 0.1
    subject = model(endpoint, store, daily_tokens=1_300)
    subject.complete(prompt(99), str, 60, Meter())
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: subject.complete(prompt(n), str, 60, Meter()), range(8)))
    assert answers == ['{"a": 1}'] * 8, "each sets about 420 tokens aside and uses a few"


def test_questions_cannot_use_the_share_of_the_digest(endpoint: Endpoint, store: Store) -> None:
    subject = model(endpoint, store, daily_tokens=2_000, digest_share=0.5)
    estimate = Usage(1, 700, 0, 0)
    for purpose in (Purpose.ANSWER, Purpose.REWRITE, Purpose.EMBED):
        store.model_calls.reserve("m", purpose, Usage(1, 300), Caps(2_000, None, 0.5))
    with pytest.raises(BudgetExceeded, match=r"share of model\.daily_tokens"):
        subject.complete(prompt(purpose=Purpose.ANSWER), str, 60, Meter())
    store.model_calls.reserve("m", Purpose.WRITE, estimate, Caps(2_000, None, 0.5))
    with pytest.raises(BudgetExceeded, match=r"^model\.daily_tokens is used up"):
        subject.complete(prompt(purpose=Purpose.WRITE), str, 60, Meter())


def test_what_a_killed_process_set_aside_counts_until_the_end_of_the_day(
    endpoint: Endpoint, store: Store, clock: FakeClock
) -> None:
    store.model_calls.reserve("m", Purpose.WRITE, Usage(1, 900), Caps())
    with pytest.raises(BudgetExceeded):
        model(endpoint, store, daily_tokens=1_000).complete(prompt(), str, 60, Meter())
    clock.advance(86_400)
    assert model(endpoint, store, daily_tokens=1_000).complete(prompt(), str, 60, Meter())


def test_a_call_over_midnight_is_settled_on_the_day_it_began(store: Store, clock: FakeClock) -> None:
    estimate = Usage(1, 100, 0, 100)
    store.model_calls.reserve("m", Purpose.WRITE, estimate, Caps())
    clock.advance(86_400)
    store.model_calls.settle("m", Purpose.WRITE, estimate, Usage(1, 50, 0, 20))
    (use,) = store.model_calls.uses()
    assert (use.usage.tokens, store.model_calls.spent_today().tokens) == (70, 0)


def test_a_cap_in_dollars_holds_with_the_prices_of_the_settings(endpoint: Endpoint, store: Store) -> None:
    subject = model(endpoint, store, daily_usd=0.002)
    assert subject.complete(prompt(), str, 60, Meter())
    with pytest.raises(BudgetExceeded, match=r"model\.daily_usd"):
        subject.complete(Prompt(Purpose.WRITE, "Rules.", "x" * 5_000, "answer", {}), str, 60, Meter())
