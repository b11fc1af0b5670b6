"""A fetcher without a web: bodies by the end of their address."""

from collections.abc import Mapping
from contextlib import nullcontext

from workers.domain.errors import SourceError
from workers.domain.ports import Gate


class FakeFetcher:
    """`bodies` maps the end of an address to its body, to the reason why there is none, or to bodies in turn."""

    def __init__(self, bodies: Mapping[str, bytes | str | list[bytes]]) -> None:
        self._bodies = bodies
        self.asked: list[tuple[str, Mapping[str, str]]] = []

    def get(self, url: str, params: Mapping[str, str] | None = None, gate: Gate | None = None) -> bytes:
        with gate.passing() if gate else nullcontext():
            self.asked.append((url, params or {}))
        body = next((body for end, body in self._bodies.items() if url.endswith(end)), "HTTP 404")
        if isinstance(body, str):
            raise SourceError(body)
        return body.pop(0) if isinstance(body, list) else body
