"""One exchange with an endpoint has an end: in time and in size, whatever the endpoint sends."""

import gzip
import json
import random
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache

import pytest

from workers import config
from workers.domain.completions import Meter, Prompt, Purpose
from workers.domain.errors import ModelDown
from workers.llm import ModelEndpoint, OpenAiModel
from workers.llm.wire import Collected
from workers.store import Store

SETTINGS = config.load(environment={}).model
PROMPT = Prompt(Purpose.WRITE, "Some rules.", "Some material.", "answer", {"type": "object"})
Send = Callable[[socket.socket, threading.Event], None]


@contextmanager
def endpoint(send: Send) -> Iterator[str]:
    """A server that reads a request's head and answers by `send`, which ends when its event is set."""
    stopping = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)

        def answer(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                connection.recv(65_536)
                send(connection, stopping)

        def serve() -> None:
            while not stopping.is_set():
                with suppress(TimeoutError):
                    connection, _ = server.accept()
                    threading.Thread(target=answer, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        finally:
            stopping.set()
            thread.join()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n"
PIECE = b'data: {"choices": [{"delta": {}}]}\n\n'


def drip(first: bytes, drop: bytes) -> Send:
    def send(connection: socket.socket, stopping: threading.Event) -> None:
        connection.sendall(first)
        while not stopping.wait(0.05):
            connection.sendall(drop)

    return send


def whole(*parts: bytes) -> Send:
    def send(connection: socket.socket, _stopping: threading.Event) -> None:
        for part in parts:
            connection.sendall(part)

    return send


DRIPS = {
    "a head that never ends": drip(b"HTTP/1.1 200 OK\r\n", b"X-More: more\r\n"),
    "a status line that never ends": drip(b"HTTP/1.1 200 ", b"O"),
    "a JSON body": drip(HEAD % b"application/json" + b"\r\n{", b" "),
    "a stream of comments": drip(HEAD % b"text/event-stream" + b"\r\n", b": alive\n\n"),
    "a stream of pieces": drip(HEAD % b"text/event-stream" + b"\r\n", PIECE),
    "a body with a length": drip(HEAD % b"application/json" + b"Content-Length: 100000\r\n\r\n{", b" "),
    "a refusal": drip(b"HTTP/1.1 400 Bad\r\nContent-Type: application/json\r\n\r\n{", b" "),
}


def ask(url: str, store: Store, deadline_s: float, on_progress: Callable[[str], None] | None = None) -> str:
    settings = SETTINGS.model_copy(update={"timeout_s": 2.0})
    model = OpenAiModel(settings, ModelEndpoint("m", "sk-x", url), store.model_calls, lambda _s: None, tries=1)
    try:
        return model.complete(PROMPT, str, deadline_s, Meter(), on_progress)
    finally:
        model.close()


@pytest.mark.parametrize("name", DRIPS)
@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_byte_now_and_then_does_not_keep_a_call_alive(name: str, is_streamed: bool, store: Store) -> None:
    with endpoint(DRIPS[name]) as url:
        begun = time.monotonic()
        with pytest.raises(ModelDown):
            ask(url, store, 0.3, (lambda _text: None) if is_streamed else None)
        assert time.monotonic() - begun < 2.0


@cache
def bombs() -> dict[str, Send]:
    zeros, packer = b" " * (1 << 20), zlib.compressobj(9, wbits=31)
    packed = b"".join([packer.compress(b'{"a": "'), *(packer.compress(zeros) for _ in range(60)), packer.flush()])
    noise = random.Random(1).randbytes(30_000).hex().encode()  # noqa: S311 - no secret
    event = b'data: {"choices": [{"delta": {"content": "' + noise + b'"}}]}\n\n'
    json_head = HEAD % b"application/json"
    return {
        "a packed body": whole(json_head, b"Content-Encoding: gzip\r\n\r\n", packed),
        "a packed stream": whole(HEAD % b"text/event-stream", b"Content-Encoding: gzip\r\n\r\n", packed),
        "a plain body": whole(json_head, b"\r\n", *[zeros] * 20),
        "a stream": whole(HEAD % b"text/event-stream", b"\r\n", *[event] * 320),
        "a packing that was not asked for": whole(json_head, b"Content-Encoding: br\r\n\r\n", packed),
        "a body that is not packed as it says": whole(json_head, b"Content-Encoding: gzip\r\n\r\n", b"{}"),
    }


@pytest.mark.parametrize("name", bombs())
def test_an_answer_without_end_is_not_held_in_memory(name: str, store: Store) -> None:
    with endpoint(bombs()[name]) as url:
        tracemalloc.start()
        try:
            with pytest.raises(ModelDown):
                ask(url, store, 60)
            assert tracemalloc.get_traced_memory()[1] < 100 << 20
        finally:
            tracemalloc.stop()


def test_a_packed_answer_is_read(store: Store) -> None:
    body = json.dumps({"choices": [{"message": {"content": '{"a": 1}'}, "finish_reason": "stop"}]}).encode()
    head = HEAD % b"application/json" + b"Content-Encoding: gzip\r\n\r\n"
    with endpoint(whole(head, gzip.compress(body))) as url:
        assert ask(url, store, 60) == '{"a": 1}'


def test_what_is_whole_of_an_answer_whose_time_is_over_is_used_and_not_stored(store: Store) -> None:
    piece = b'data: {"choices": [{"delta": {"content": "{1}"}}]}\n\n'
    for _ in range(2):
        with endpoint(drip(HEAD % b"text/event-stream" + b"\r\n", piece)) as url:
            assert ask(url, store, 0.3).startswith("{1}{1}")
    assert sum(use.usage.calls for use in store.model_calls.uses()) == 2


@pytest.mark.parametrize("loop", ['{"text": "It works well.", "papers": [1]}, ', " ", "가나다 ", "\\n"])
def test_an_answer_that_repeats_itself_is_stopped_and_what_was_whole_before_is_read(loop: str, store: Store) -> None:
    first = json.dumps({"choices": [{"delta": {"content": '{"a": 1}'}}]})
    again = json.dumps({"choices": [{"delta": {"content": loop * 20}}]})
    head = HEAD % b"text/event-stream" + b"\r\n" + f"data: {first}\n\n".encode()
    seen: list[int] = []

    def send(connection: socket.socket, stopping: threading.Event) -> None:
        connection.sendall(head)
        with suppress(OSError):
            for n in range(100_000):
                connection.sendall(f"data: {again}\n\n".encode())
                seen[:] = [n]
                if stopping.is_set():
                    break

    with endpoint(send) as url:
        assert ask(url, store, 60).startswith('{"a": 1}')
    assert seen[0] < 90_000
    (use,) = store.model_calls.uses()
    assert 100 < use.usage.output_tokens < 20_000


def test_labels_and_sections_are_no_repetition() -> None:
    labels = json.dumps({"labels": [{"i": n, "category": "Natural Language Processing"} for n in range(200)]})
    claims = [{"text": f"GripNet{n} raises accuracy by {n}.5% on set {n}.", "papers": [n]} for n in range(60)]
    for text in (labels, json.dumps(claims)):
        answer = Collected(text)
        assert len(text) > 3_000
        assert not answer.stop_if_it_repeats()
