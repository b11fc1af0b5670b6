"""An HTTP server on loopback that serves the sample day, so that the real adapters can read it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from urllib.parse import urlsplit


@contextmanager
def serving() -> Iterator[str]:
    """Run the server on a free port of 127.0.0.1 while the body runs; yields its base URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Sample)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="sample", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Sample(BaseHTTPRequestHandler):
    """Serves /api/daily_papers, / (the hot papers) and /arxiv/ID/slug, as the two sources do."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path.split("/")
        match path[1:]:
            case ["api", "daily_papers"]:
                self._send(["huggingface.json"], "application/json; charset=utf-8")
            case [""]:
                self._send(["deeplearn", "index.html"], "text/html; charset=utf-8")
            case ["arxiv", number, *_] if number.isdigit():
                self._send(["deeplearn", "arxiv", f"{number}.html"], "text/html; charset=utf-8")
            case _:
                self.send_error(404)

    def _send(self, path: list[str], content_type: str) -> None:
        file = files("bot.runtime.sample").joinpath(*path)
        if not file.is_file():
            self.send_error(404)
            return
        body = file.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
        """Log nothing: the terminal shows the demo."""
