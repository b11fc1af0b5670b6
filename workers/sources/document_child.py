"""The service that child processes run for documents: fetch one, then parse it."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from importlib import import_module
from typing import Any, get_type_hints

from pydantic import TypeAdapter, validate_call
from pydantic_core import to_json

from workers.domain.documents import Document
from workers.domain.errors import SourceError
from workers.sources.fetch import Request, Response, fetch, tls_context

Handler = Callable[[bytes], bytes]


_PARSERS = ("workers.sources.arxiv", "workers.sources.feed", "workers.sources.huggingface", "workers.sources.deeplearn")
"""Modules that are imported before a child is forked; any other parser's module is imported in the child."""


def service() -> Callable[[], Handler]:
    """Prepares the server of child processes; returns a maker of `handler`."""
    for module in _PARSERS:
        import_module(module)
    tls_context()
    return handler


def handler() -> Handler:
    """Handles the messages that `fetch_message`, `parse_message` and BODY make, in that order."""
    document = Document(b"")

    def handle(message: bytes) -> bytes:
        nonlocal document
        header, _, blob = message.partition(b"\n")
        asked = json.loads(header)
        if asked["do"] == "fetch":
            response = fetch(Request(**asked["request"]))
            document = Document(response.body, response.content_type, response.url)
            return json.dumps(asdict(replace(response, body=b"")) | {"body": None}).encode()
        if asked["do"] == "body":
            return document.body
        if asked["given"] is not None:
            document = Document(blob, **asked["given"])
        return _parsed(document, asked["parser"], asked["arguments"])

    return handle


BODY = b'{"do": "body"}\n'
"""Asks for the unpacked body of the last response."""


def fetch_message(request: Request) -> bytes:
    return json.dumps({"do": "fetch", "request": asdict(request)}).encode() + b"\n"


def response_of(reply: bytes) -> Response:
    """The response to a `fetch_message`, without its body, which stays in the child."""
    return Response(**(json.loads(reply) | {"body": b""}))


def parse_message(parser: Callable[..., object], arguments: tuple[object, ...], given: Document | None) -> bytes:
    """Asks for the result of a parser, as JSON: on the last response, or on `given`."""
    asked = {"do": "parse", "parser": f"{parser.__module__}:{parser.__qualname__}", "arguments": arguments}
    told = {"content_type": given.content_type, "url": given.url} if given else None
    return to_json(asked | {"given": told}) + b"\n" + (given.body if given else b"")


def result_type(parser: Callable[..., object]) -> TypeAdapter[Any]:
    """Converts the results of a parser to JSON and back."""
    return TypeAdapter(get_type_hints(parser)["return"])


def _parsed(document: Document, name: str, arguments: list[object]) -> bytes:
    module, _, function = name.partition(":")
    parser = getattr(import_module(module), function)
    try:
        result = validate_call(parser)(document, *arguments)  # a date, say, is text in the message
    except RecursionError:
        raise SourceError("nested too deeply") from None
    return result_type(parser).dump_json(result)
