"""A server of feeds that hang, drip, eat memory or take long to parse; each one is at a path of its own."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n"
_ITEM = "<item><title>{title}</title><link>http://127.0.0.1/{n}</link><description>{text}</description>{more}</item>"


def _feed(items: str, before: str = "", prolog: str = '<?xml version="1.0"?>') -> bytes:
    channel = f"<title>A blog</title>{items}"
    return f'{prolog}{before}<rss version="2.0"><channel>{channel}</channel></rss>'.encode()


def _item(n: int = 1, title: str = "A Post of Several Words", text: str = "Text.", more: str = "") -> str:
    return _ITEM.format(n=n, title=title, text=text, more=more)


def _attribute(n: int) -> str:
    return f'a{n}="x"'


BODIES: dict[str, Callable[[], bytes]] = {
    "blank-lines": lambda: _feed(_item(), before="\n" * 200_000),
    "categories": lambda: _feed(_item(more="<category>robotics</category>" * 60_000)),
    "long-title": lambda: _feed(_item(title="a <b " * 5_000_000)),
    "deep": lambda: _feed("<item>" + "<div>" * 300_000 + "</div>" * 300_000 + "</item>"),
    "many-items": lambda: _feed("".join(_item(n) for n in range(150_000))),
    "many-attributes": lambda: _feed(f"<item {' '.join(_attribute(n) for n in range(200_000))}></item>"),
    "bad-reference": lambda: _feed(_item(title="Paper &#55357;&#56832; of the day")),
    "one-long-text": lambda: _feed(_item(text="&lt;p&gt;" * 3_000_000)),
    "entities": lambda: _feed(_item(), before='<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]>'),
}
"""Path → a body that a parser can be slow at, or fail at."""


def _answers() -> dict[str, tuple[list[bytes], float]]:
    """Path → the pieces that are sent, and the seconds before each one."""
    bodies = {
        path: ([_HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body], 0.0)
        for path, body in ((path, make()) for path, make in BODIES.items())
    }
    members = gzip.compress(b"") * 200_000
    return bodies | {
        "hang": ([], 3600.0),
        "drip-headers": ([b"HTTP/1.1 200 OK\r\n", *[b"X: 1\r\n"] * 3600], 0.5),
        "drip-body": ([_HEAD + b"\r\n", *[b"<"] * 3600], 0.5),
        "members": ([_HEAD + f"Content-Length: {len(members)}\r\n\r\n".encode() + members], 0.0),
    }


@contextmanager
def hostile() -> Iterator[str]:
    """Yields the address of the server; its paths are those of BODIES, hang, drip-headers, drip-body and members."""
    answers, stopping = _answers(), threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            path = connection.recv(65_536).split(b" ")[1].decode().strip("/")
            pieces, pause_s = answers[path]
            for piece in pieces or [b""]:
                if stopping.wait(pause_s):
                    return
                connection.sendall(piece)

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=[connection], daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stopping.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


PATHS = (*BODIES, "hang", "drip-headers", "drip-body", "members")
