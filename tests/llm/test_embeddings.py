"""Vectors of texts: in batches, in order, once for each text, and whatever an endpoint sends."""

import json
from collections.abc import Iterator

import pytest

from tests.fakes.openai import Endpoint, serving
from workers import config
from workers.domain.completions import Meter
from workers.domain.errors import ModelDown
from workers.llm import ModelEndpoint, OpenAiEmbeddings
from workers.store import Store

SETTINGS = config.load(environment={}).model


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serving(lambda _body: "") as opened:
        yield opened


def subject(endpoint: Endpoint, store: Store) -> OpenAiEmbeddings:
    return OpenAiEmbeddings(SETTINGS, ModelEndpoint("e5", "sk-x", endpoint.url), store.model_calls)


def embeddings(*vectors: object) -> bytes:
    return json.dumps({"data": [{"embedding": vector, "index": n} for n, vector in enumerate(vectors)]}).encode()


def test_embeddings_come_in_batches_and_in_order_and_are_paid_once(endpoint: Endpoint, store: Store) -> None:
    data = [{"embedding": [float(n), 1.0], "index": n} for n in reversed(range(32))]
    endpoint.raw = ("application/json", json.dumps({"data": data}).encode())
    texts, meter = [f"text {n}" for n in range(64)], Meter()
    wanted = [[float(n), 1.0] for n in range(32)] * 2
    assert [list(vector) for vector in subject(endpoint, store).embed(texts, 60, meter)] == wanted
    assert [len(body["input"]) for body in endpoint.seen] == [32, 32]
    assert [list(vector) for vector in subject(endpoint, store).embed(texts, 60, meter)] == wanted
    assert len(endpoint.seen) == 2, "another process finds them in the store"
    (use,) = store.model_calls.uses()
    assert (use.purpose, use.usage.calls) == ("embed", 2)
    assert use.usage.input_tokens == meter.total().input_tokens > 0


def test_what_has_come_before_the_time_is_over_is_there_the_next_time(endpoint: Endpoint, store: Store) -> None:
    data = [{"embedding": [float(n)], "index": n} for n in range(32)]
    endpoint.raw, endpoint.hang_s = ("application/json", json.dumps({"data": data}).encode()), 0.3
    texts = [f"text {n}" for n in range(96)]
    with pytest.raises(ModelDown):
        subject(endpoint, store).embed(texts, 0.5, Meter())
    endpoint.hang_s = 0
    before = len(endpoint.seen)
    assert 1 <= before < 3
    assert len(subject(endpoint, store).embed(texts, 60, Meter())) == 96
    assert len(endpoint.seen) - before < 3


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"null",
        b"[]",
        b"{}",
        b'{"data": []}',
        b'{"data": null}',
        b'{"error": {"code": 500}}',
        embeddings([1.0]),
        embeddings([1.0], [2.0], [3.0]),
        embeddings([1.0], []),
        embeddings([1.0], [1.0, 2.0]),
        embeddings([1.0], ["x"]),
        embeddings([1.0], None),
        b'{"data": [{"embedding": [NaN]}, {"embedding": [1.0]}]}',
        b'{"data": [{"embedding": [1.0], "index": 0}, {"embedding": [1.0], "index": 0}]}',
    ],
)
def test_what_are_no_embeddings_is_one_error_of_ours(body: bytes, endpoint: Endpoint, store: Store) -> None:
    endpoint.raw = ("application/json", body)
    with pytest.raises(ModelDown):
        subject(endpoint, store).embed(["one", "two"], 60, Meter())
