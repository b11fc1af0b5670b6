"""A reader of documents without a network: it parses fixed bodies in this process, by the end of the address."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import TypeVar

from workers.domain.documents import Document
from workers.domain.errors import SourceError
from workers.domain.ports import Gate

T = TypeVar("T")


class FakeDocuments:
    """`bodies` maps the end of an address to a body, a list of bodies to return in order, or a failure's reason."""

    def __init__(self, bodies: Mapping[str, bytes | str | list[bytes]]) -> None:
        self._bodies = bodies
        self.asked: list[tuple[str, Mapping[str, str]]] = []

    moved_to = ""

    def for_one_answer(self) -> "FakeDocuments":
        return self

    def read(
        self,
        url: str,
        parse: Callable[..., T],
        *arguments: object,
        params: Mapping[str, str] | None = None,
        gate: Gate | None = None,
    ) -> T:
        with gate.passing() if gate else nullcontext():
            self.asked.append((url, params or {}))
        body = next((body for end, body in self._bodies.items() if url.endswith(end)), "HTTP 404")
        if isinstance(body, str):
            raise SourceError(body)
        return parse(Document(body.pop(0) if isinstance(body, list) else body, url=url), *arguments)
