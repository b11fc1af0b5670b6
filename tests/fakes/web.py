"""A web server on loopback with fixed answers; it records its requests."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    bodies: Mapping[str, bytes] = field(default_factory=dict)
    """Part of a path → what is sent for it instead of `body`."""
    hold: threading.Event | None = None
    """Nothing is sent until this event is set or the server stops."""


@dataclass
class Web:
    """`answers` are sent in order, the last one repeatedly. `seen` holds (path with query, headers) per request."""

    url: str
    answers: list[Answer]
    stopping: threading.Event = field(default_factory=threading.Event)
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@contextmanager
def web(*answers: Answer) -> Iterator[Web]:
    fake = Web("", list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def do_GET(self) -> None:
            fake.seen.append((self.path, dict(self.headers)))
            answer = fake.answers.pop(0) if len(fake.answers) > 1 else fake.answers[0]
            while answer.hold and not answer.hold.wait(0.02):
                if fake.stopping.is_set():
                    return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            body = next((body for part, body in answer.bodies.items() if part in self.path), answer.body)
            self.send_header("Content-Length", str(len(body)))
            try:
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                return  # the client closed the connection

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield fake
    finally:
        fake.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()
