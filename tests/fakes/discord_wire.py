"""What Discord's answers look like on the wire."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

APPLICATION = {
    "id": "42",
    "name": "Paper",
    "description": "",
    "icon": None,
    "bot_public": True,
    "bot_require_code_grant": False,
    "verify_key": "",
    "flags": 0,
    "owner": {"id": "7", "username": "ada", "discriminator": "0", "avatar": None, "global_name": "Ada"},
}
ME = {"id": "42", "username": "paper", "discriminator": "0", "avatar": None, "bot": True, "global_name": None}
GUILD, DM = 900, 901


@dataclass
class Posted:
    """A message that stands in a channel: its text of all components, and whether it makes a sound."""

    message_id: int
    channel: int
    text: str
    silent: bool
    nonce: str | None
    files: int = 0
    ephemeral: bool = False
    at: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class Fault:
    """An answer with `status` and `code`, or a broken line before or after the message was taken."""

    status: int = 0
    code: int = 0
    broken: str = ""


EVERYONE = {
    "id": str(GUILD),
    "name": "@everyone",
    "color": 0,
    "hoist": False,
    "position": 0,
    "permissions": "8",
    "managed": False,
    "mentionable": False,
    "flags": 0,
    "colors": {"primary_color": 0},
}


async def body_of(request: web.Request) -> tuple[Any, int]:
    """(the JSON body, how many files came with it)."""
    if request.content_type == "multipart/form-data":
        form = await request.post()
        return json.loads(str(form["payload_json"])), sum(isinstance(value, web.FileField) for value in form.values())
    return (await request.json() if request.can_read_body else None), 0


def ok(body: Any) -> web.Response:
    """The content type exactly so: with a charset discord.py takes the body for text."""
    return web.Response(body=json.dumps(body).encode(), headers={"Content-Type": "application/json"})


def refused(status: int, code: int) -> web.Response:
    body = json.dumps({"message": "refused", "code": code, "retry_after": 0.1, "global": False}).encode()
    return web.Response(body=body, status=status, headers={"Content-Type": "application/json", "Via": "1.1 test"})
