"""A fetcher without a network: it returns fixed bodies by the end of the address."""

from collections.abc import Mapping
from contextlib import nullcontext

from workers.domain.errors import SourceError
from workers.domain.ports import Gate


class FakeFetcher:
    """`bodies` maps the end of an address to a body, a list of bodies to return in order, or a failure's reason."""

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
