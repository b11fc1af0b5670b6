"""What models cost, in both databases: no cap is passed together, and sums are right after any order of calls."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from workers.domain.completions import Caps, Purpose, Usage
from workers.domain.errors import BudgetExceeded
from workers.store import Store

ESTIMATE = Usage(1, 300, 0, 100, 0.01)


def reserved(store: Store, purpose: Purpose, caps: Caps) -> bool:
    try:
        store.model_calls.reserve("m", purpose, ESTIMATE, caps)
    except BudgetExceeded:
        return False
    return True


@pytest.mark.parametrize("caps", [Caps(tokens=1_300), Caps(usd=0.035)])
def test_reservations_in_parallel_cannot_pass_a_cap_together(caps: Caps, store: Store) -> None:
    purposes = [Purpose.WRITE, Purpose.LABEL, Purpose.ANSWER, Purpose.EMBED] * 2
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda purpose: reserved(store, purpose, caps), purposes)) == 3


def test_sums_are_by_day_model_and_purpose(store: Store) -> None:
    used = Usage(1, 250, 200, 40, 0.005)

    def call(n: int) -> None:
        purpose = Purpose.WRITE if n % 2 else Purpose.LABEL
        store.model_calls.reserve("m", purpose, ESTIMATE, Caps())
        store.model_calls.settle("m", purpose, ESTIMATE, used if n else Usage())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(call, range(20)))
    label, write = store.model_calls.uses()
    assert (label.purpose, label.usage.calls, label.failed) == ("label", 9, 1)
    assert (write.purpose, write.usage.calls, write.failed) == ("write", 10, 0)
    assert (write.usage.input_tokens, write.usage.cached_tokens, write.usage.output_tokens) == (2_500, 2_000, 400)
    assert write.usage.cost_usd == pytest.approx(0.05)
    store.model_calls.reserve("m", Purpose.WRITE, Usage(1, 90), Caps(tokens=19 * 290 + 100))  # nothing is set aside


def test_vectors_come_back_and_go(store: Store) -> None:
    store.model_calls.keep_vectors({f"k{n}": [float(n), 0.5] for n in range(1_200)})
    keys = [f"k{n}" for n in range(1_201)]
    found = store.model_calls.vectors(keys)
    assert len(found) == 1_200
    assert list(found["k7"]) == [7.0, 0.5]
    store.model_calls.keep_vectors({"k7": [9.0, 9.0]})
    assert list(store.model_calls.vectors(["k7"])["k7"]) == [7.0, 0.5]
    store.model_calls.discard_vectors(keys[:1_000])
    assert len(store.model_calls.vectors(keys)) == 200


def test_an_answer_is_replaced_and_what_was_learned_too(store: Store) -> None:
    store.model_calls.keep("k", Purpose.WRITE, "m", "one")
    store.model_calls.keep("k", Purpose.WRITE, "m", "two")
    assert store.model_calls.answer("k") == "two"
    store.model_calls.learn("host", "m", {"format": 1})
    store.model_calls.learn("host", "m", {"format": 2, "lanes": 1})
    assert store.model_calls.learned("host", "m") == {"format": 2, "lanes": 1}
