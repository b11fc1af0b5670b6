"""A document as a server sent it, before it is decoded and parsed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """`body` is unpacked, `content_type` the HTTP header, `url` the final address, for relative links."""

    body: bytes
    content_type: str = ""
    url: str = ""
