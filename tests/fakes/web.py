"""A web server on loopback that answers as told and remembers what it was asked."""

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
    hold: threading.Event | None = None
    """Send nothing before it is set, at the latest when the server stops."""


@dataclass
class Web:
    """`answers` are given in turn, the last one for ever; `seen` holds (path with query, headers)."""

    url: str
    answers: list[Answer]
    stopping: threading.Event = field(default_factory=threading.Event)
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@contextmanager
def web(*answers: Answer) -> Iterator[Web]:
    on_progress = Web("", list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            on_progress.seen.append((self.path, dict(self.headers)))
            answer = on_progress.answers.pop(0) if len(on_progress.answers) > 1 else on_progress.answers[0]
            while answer.hold and not answer.hold.wait(0.02):
                if on_progress.stopping.is_set():
                    return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            try:
                self.end_headers()
                self.wfile.write(answer.body)
            except OSError:
                return  # whoever asked had read enough, or is gone

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    on_progress.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield on_progress
    finally:
        on_progress.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()
