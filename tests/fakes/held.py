"""A source that says when it is asked, and answers when it is let."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class HeldSource:
    """One day's list in Hugging Face's shape; every request waits until `let_go` is set."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.asked, self.let_go = threading.Event(), threading.Event()
        self.body = json.dumps(rows).encode()
        self.url = ""


@contextmanager
def held_source(rows: list[dict[str, Any]]) -> Iterator[HeldSource]:
    source = HeldSource(rows)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            source.asked.set()
            source.let_go.wait(60)
            try:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(source.body)))
                self.end_headers()
                self.wfile.write(source.body)
            except OSError:
                return  # who asked was killed meanwhile

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    source.url = f"http://127.0.0.1:{server.server_port}/api/daily_papers"
    try:
        yield source
    finally:
        source.let_go.set()
        server.shutdown()
        server.server_close()
        thread.join()
