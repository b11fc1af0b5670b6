"""An OpenAI-compatible endpoint on loopback: a function writes its answers, and faults can be injected.

Requests are checked against OpenAI's own description if that is installed.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any

from tests.fakes.hosting import description
from tests.fakes.openai_profiles import Profile, anything

Writer = Callable[[dict[str, Any]], str]
"""Maps a request's body to the answer's text."""


@dataclass(frozen=True)
class Fault:
    """How one request fails: after `hang` seconds, with `status`; `cut` closes the connection in mid-answer."""

    status: int = 200
    message: str = "error"
    headers: tuple[tuple[str, str], ...] = ()
    hang: float = 0.0
    cut: bool = False
    finish: str = "stop"
    text: str | None = None
    page: bool = False
    """Whether a page of HTML comes with the status, as from a proxy."""


@dataclass
class Endpoint:
    """`profile` refuses requests, then each takes one of `faults`, then `always`, else `writer` answers.

    `seen` holds all requests' bodies, `refused` those that the profile refused.
    """

    url: str
    writer: Writer
    faults: list[Fault] = field(default_factory=list)
    always: Fault | None = None
    formats: tuple[str, ...] = ("json_schema", "json_object", "none")
    seen: list[dict[str, Any]] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    profile: Profile = anything
    refused: list[dict[str, Any]] = field(default_factory=list)
    raw: tuple[str, bytes] | None = None
    """Content type and body of every answer, instead of one that is written."""
    pause_s: float = 0.0
    """Seconds before each piece of a streamed answer."""
    hang_s: float = 0.0
    """Seconds before each answer."""
    slot: AbstractContextManager[object] | None = None
    """Of a server that answers one request after the other, as a local one does; None: all at once."""
    models: tuple[str, ...] = ()
    """The names in its list of models."""
    complaints: list[str] = field(default_factory=list)

    def next_fault(self, body: dict[str, Any]) -> Fault:
        kind = body.get("response_format", {}).get("type", "none")
        if kind not in self.formats:
            return Fault(400, f"response_format {kind} is not supported")
        return self.faults.pop(0) if self.faults else self.always or Fault()

    def respond(self, body: dict[str, Any]) -> tuple[int, dict[str, Any], tuple[tuple[str, str], ...], bool]:
        """Returns (status, body, headers, whether to close the connection in mid-answer)."""
        self.seen.append(body)
        with self.slot or nullcontext():
            time.sleep(self.hang_s)
        if self.raw and "input" in body:
            return 200, {}, (), False
        refusal = self.profile(body)
        if refusal:
            self.refused.append(body)
            return *refusal, (), False
        fault = self.next_fault(body)
        time.sleep(fault.hang)
        if fault.page:
            return fault.status, {"page": True}, fault.headers, False
        if fault.status != 200:
            return fault.status, {"error": {"message": fault.message, "type": "error"}}, fault.headers, False
        text = self.writer(body) if fault.text is None else fault.text
        return 200, _answer(body, text, fault.finish), fault.headers, fault.cut


def material(body: dict[str, Any]) -> Any:
    """Returns the parsed material of the prompt, its last message."""
    return json.loads(body["messages"][-1]["content"])


def _handler(endpoint: Endpoint, spec: ModuleType | None) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - it only holds a class
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            listed = [{"id": name, "object": "model", "created": 1, "owned_by": "fake"} for name in endpoint.models]
            self._send(200, {"object": "list", "data": listed})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            endpoint.keys.add(self.headers.get("Authorization", ""))
            kind = "CreateEmbeddingRequest" if self.path.endswith("/embeddings") else "CreateChatCompletionRequest"
            endpoint.complaints += spec.check(kind, body) if spec else []
            status, answer, headers, cut = endpoint.respond(body)
            if endpoint.raw and status == 200:
                self._send_raw(*endpoint.raw)
            elif body.get("stream") and status == 200:
                self._stream(answer, cut)
            else:
                self._send(status, answer, headers, cut)

        def _stream(self, answer: dict[str, Any], cut: bool) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            try:
                for line in _streamed(answer, cut):
                    self.wfile.write(line)
                    self.wfile.flush()
                    time.sleep(endpoint.pause_s)
            except OSError:
                pass  # the client closed the connection
            self.close_connection = True

        def _send(
            self, status: int, body: dict[str, Any], headers: tuple[tuple[str, str], ...] = (), cut: bool = False
        ) -> None:
            raw = json.dumps(body, ensure_ascii=False).encode()
            content_type = "application/json"
            if isinstance(body, dict) and body.get("page"):
                raw, content_type = b"<html><body>schema.org: Bad Request</body></html>", "text/html"
            try:
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(raw)))
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(raw[: len(raw) // 2] if cut else raw)
            except OSError:
                return  # the client closed the connection
            if cut:
                self.close_connection = True
                self.connection.close()

        def _send_raw(self, content_type: str, raw: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
            return

    return Handler


def _streamed(answer: dict[str, Any], cut: bool) -> Iterator[bytes]:
    """Yields the answer as events of 40 characters, then the finish and usage; if `cut`, only the first half."""
    choice, head = answer["choices"][0], {**answer, "object": "chat.completion.chunk"}
    text = choice["message"]["content"]
    deltas = [{"content": text[at : at + 40]} for at in range(0, len(text), 40)]
    choices = [[{"index": 0, "delta": delta, "finish_reason": None}] for delta in deltas]
    choices = choices[: len(choices) // 2] if cut else choices
    for shown in choices:
        yield _event({**head, "choices": shown, "usage": None})
    if not cut:
        last = {"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}
        yield _event({**head, "choices": [last], "usage": None})
        yield _event({**head, "choices": []})
        yield b"data: [DONE]\n\n"


def _event(body: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n".encode()


@contextmanager
def serving(writer: Writer) -> Iterator[Endpoint]:
    endpoint = Endpoint("", writer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(endpoint, description("check_openai")))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    endpoint.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert not endpoint.complaints, "\n".join(dict.fromkeys(endpoint.complaints))


def _answer(body: dict[str, Any], text: str, finish: str) -> dict[str, Any]:
    prompt = sum(len(message["content"]) for message in body["messages"]) // 3
    usage = {"prompt_tokens": prompt, "completion_tokens": len(text) // 2, "total_tokens": prompt + len(text) // 2}
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": body["model"]}
    return {**head, "choices": [choice], "usage": {**usage, "prompt_tokens_details": {"cached_tokens": prompt // 2}}}
