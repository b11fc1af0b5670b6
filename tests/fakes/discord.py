"""Discord's REST API and gateway on loopback: messages, nonces, interactions and faults.

Every request is held against Discord's own OpenAPI description where that is at hand, and against the limits that it
does not know; what they object to stands in `complaints`.
"""

import asyncio
import itertools
import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.discord_wire import APPLICATION, DM, EVERYONE, GUILD, ME, Fault, Posted, body_of, ok, refused
from tests.fakes.hosting import description, hosted

TOKEN = "fake-token"  # noqa: S105 - opens nothing
_FALSE_ALARMS = ("attachments/0/id", "message_id", "recipient_id", "/tts", "/nsfw", "/embed/flags")
"""What discord.py is known to send beside the description."""


class DiscordServer:
    """`posted` in order of arrival; `faults[channel]` are used up one by one by what is sent there."""

    def __init__(self) -> None:
        self.channels: list[int] = []
        self.posted: list[Posted] = []
        self.answers: dict[str, list[str]] = defaultdict(list)
        self.edited: list[int] = []
        self.deleted: list[int] = []
        self.syncs = 0
        self.online = False
        self.commands: list[dict[str, Any]] = []
        self.faults: dict[int, list[Fault]] = defaultdict(list)
        self.complaints: list[str] = []
        self.url = ""
        self._numbers, self._sequence = itertools.count(10_000), itertools.count(1)
        self._sockets: set[web.WebSocketResponse] = set()
        self._spec = description("check_discord")
        self.loop: asyncio.AbstractEventLoop | None = None

    def texts(self, channel: int) -> list[str]:
        return [each.text for each in self.posted if each.channel == channel]

    # What people do

    def command(self, name: str, channel: int, manages: bool = True, **options: str) -> str:
        """Somebody uses a slash command; returns the interaction's token, under which `answers` holds what they see."""
        number, known = next(self._numbers), {each["name"]: each for each in self.commands}
        token = f"token-{number}"
        given = [{"name": key, "type": 3, "value": value} for key, value in options.items()]
        user = {"id": "7", "username": "ada", "discriminator": "0", "avatar": None, "global_name": "Ada"}
        permissions = str(1 << 5 if manages else 0)
        member = {"user": user, "roles": [], "joined_at": "2025-01-01T00:00:00+00:00", "permissions": permissions}
        self.dispatch(
            "INTERACTION_CREATE",
            {
                "id": str(number),
                "application_id": "42",
                "type": 2,
                "token": token,
                "version": 1,
                "guild_id": str(GUILD),
                "channel_id": str(channel),
                "channel": self._channel(channel),
                "member": {**member, "flags": 0, "deaf": False, "mute": False},
                "locale": "ko",
                "guild_locale": "ko",
                "app_permissions": "8",
                "entitlements": [],
                "authorizing_integration_owners": {},
                "context": 0,
                "attachment_size_limit": 10 << 20,
                "data": {"id": known[name]["id"], "name": name, "type": 1, "options": given},
            },
        )
        return token

    def dispatch(self, event: str, data: dict[str, Any]) -> None:
        assert self.loop is not None
        packet = {"op": 0, "t": event, "s": next(self._sequence), "d": data}
        for socket in list(self._sockets):
            asyncio.run_coroutine_threadsafe(socket.send_json(packet), self.loop).result(10)

    def channel_deleted(self, channel: int) -> None:
        self.dispatch("CHANNEL_DELETE", {**self._channel(channel), "guild_id": str(GUILD)})

    # What the bot asks

    async def rest(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") not in {f"Bot {TOKEN}", None}:
            return refused(401, 0)
        path = "/" + request.match_info["path"]
        body, files = await body_of(request)
        self._check(request, path, body)
        if request.method == "GET":
            return self._told(path.strip("/").split("/"))
        match request.method, path.strip("/").split("/"):
            case "POST", ["users", "@me", "channels"]:
                recipient = {**ME, "id": body["recipient_id"], "bot": False}
                return ok({"id": str(DM), "type": 1, "recipients": [recipient], "last_message_id": None, "flags": 0})
            case "PUT", ["applications", _, "commands"]:
                return self._sync(body)
            case "POST", ["interactions", _, token, "callback"]:
                return self._callback(token, body)
            case ("POST", ["webhooks", _, token]) | ("PATCH", ["webhooks", _, token, "messages", "@original"]):
                return self._follow_up(token, body)
            case method, ["channels", channel, "messages", *rest]:
                return self._message(request, method, int(channel), rest, body, files)
            case _:
                return refused(404, 0)

    def _told(self, path: list[str]) -> web.StreamResponse:
        match path:
            case ["users", person]:
                return ok(ME if person == "@me" else {**ME, "id": person, "bot": False})
            case ["oauth2", "applications", "@me"] | ["applications", "@me"]:
                return ok(APPLICATION)
            case ["gateway", "bot"]:
                limit = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
                return ok({"url": self.url.replace("http", "ws") + "/gw", "shards": 1, "session_start_limit": limit})
            case _:
                return refused(404, 0)

    def _check(self, request: web.Request, path: str, body: Any) -> None:
        if self._spec:
            found = self._spec.check_request(request.method, path, body, dict(request.query))
            self.complaints += [
                f"{request.method} {path}: {each}"
                for each in found
                if not any(alarm in each for alarm in _FALSE_ALARMS)
            ]

    def _message(
        self, request: web.Request, method: str, channel: int, rest: list[str], body: Any, files: int
    ) -> web.StreamResponse:
        fault = self.faults[channel].pop(0) if self.faults[channel] else None
        if fault and not fault.broken:
            return refused(fault.status, fault.code)
        if channel not in self.channels:
            return refused(404, 10003)
        if method == "POST":
            if fault and fault.broken == "before":
                return self._broken(request)
            posted = self._post(channel, body, files)
            return self._broken(request) if fault else ok(self._wire(posted))
        found = next((each for each in self.posted if str(each.message_id) == rest[0]), None)
        if found is None or found.message_id in self.deleted:
            return refused(404, 10008)
        if method == "DELETE":
            self.deleted.append(found.message_id)
            return web.Response(status=204)
        found.text = self._text(body)
        self.edited.append(found.message_id)
        return ok(self._wire(found))

    def _post(self, channel: int, body: dict[str, Any], files: int) -> Posted:
        nonce = body.get("nonce")
        known = next((each for each in self.posted if nonce and each.nonce == nonce and each.channel == channel), None)
        if known and body.get("enforce_nonce"):
            return known
        if body.get("allowed_mentions") != {"parse": []}:
            self.complaints.append(f"mentions are allowed: {body.get('allowed_mentions')}")
        posted = Posted(
            next(self._numbers), channel, self._text(body), bool(body.get("flags", 0) & 1 << 12), nonce, files
        )
        self.posted.append(posted)
        return posted

    def _text(self, body: dict[str, Any]) -> str:
        """The text of all components, held against Discord's limits."""
        parts, components = [], 0
        stack = list(body.get("components") or [])[::-1]
        while stack:
            component = stack.pop()
            components += 1
            parts += [component["content"]] if component["type"] == 10 else []
            stack += (component.get("components") or [])[::-1]
        text = "\n".join(parts) or body.get("content") or ""
        if components > 40 or sum(map(len, parts)) > 4000 or not text or len(body.get("content") or "") > 2000:
            self.complaints.append(f"{components} components with {sum(map(len, parts))} characters")
        return text

    def _sync(self, body: list[dict[str, Any]]) -> web.StreamResponse:
        self.syncs += 1
        self.commands = [
            {**each, "id": str(next(self._numbers)), "application_id": "42", "version": "1"} for each in body
        ]
        return ok(self.commands)

    def _callback(self, token: str, body: dict[str, Any]) -> web.StreamResponse:
        if body["type"] == 4:
            self.answers[token].append(self._text(body["data"]))
        answered = {"id": token.partition("-")[2], "type": 2, "response_message_id": str(next(self._numbers))}
        return ok({"interaction": {**answered, "response_message_loading": body["type"] == 5}})

    def _follow_up(self, token: str, body: dict[str, Any]) -> web.StreamResponse:
        text = self._text(body)
        self.answers[token].append(text)
        return ok(self._wire(Posted(next(self._numbers), self.channels[0], text, False, None, ephemeral=True)))

    def _broken(self, request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    def _channel(self, channel: int) -> dict[str, Any]:
        plain = {"id": str(channel), "type": 0, "name": f"room-{channel}", "position": 0, "permission_overwrites": []}
        return {**plain, "nsfw": False, "parent_id": None, "topic": None, "flags": 0, "permissions": "8"}

    def _wire(self, posted: Posted) -> dict[str, Any]:
        return {
            "id": str(posted.message_id),
            "channel_id": str(posted.channel),
            "author": ME,
            "content": "",
            "type": 0,
            "timestamp": "2025-01-01T00:00:00+00:00",
            "edited_timestamp": None,
            "tts": False,
            "embeds": [],
            "mention_everyone": False,
            "mentions": [],
            "mention_roles": [],
            "attachments": [],
            "pinned": False,
            "components": [],
            "flags": 1 << 15,
        }

    # The gateway

    async def gateway(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": 10, "s": None, "t": None, "d": {"heartbeat_interval": 30_000}})
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            packet = json.loads(message.data)
            if packet["op"] == 1:
                await socket.send_json({"op": 11, "s": None, "t": None, "d": None})
            elif packet["op"] == 2:
                await self._welcome(socket)
        self._sockets.discard(socket)
        return socket

    async def _welcome(self, socket: web.WebSocketResponse) -> None:
        ready = {
            "v": 10,
            "user": ME,
            "guilds": [{"id": str(GUILD), "unavailable": True}],
            "session_id": "s",
            "resume_gateway_url": self.url.replace("http", "ws") + "/gw",
            "application": {"id": "42", "flags": 0},
            "shard": [0, 1],
        }
        guild = {
            "id": str(GUILD),
            "name": "Lab",
            "owner_id": "7",
            "unavailable": False,
            "member_count": 2,
            "large": False,
            "roles": [EVERYONE],
            "emojis": [],
            "features": [],
            "members": [],
            "threads": [],
            "presences": [],
            "voice_states": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "stickers": [],
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "premium_tier": 0,
            "preferred_locale": "ko",
            "nsfw_level": 0,
            "afk_timeout": 300,
            "system_channel_flags": 0,
            "soundboard_sounds": [],
            "premium_progress_bar_enabled": False,
            "channels": [self._channel(channel) for channel in self.channels],
        }
        for event, data in (("READY", ready), ("GUILD_CREATE", guild)):
            await socket.send_json({"op": 0, "t": event, "s": next(self._sequence), "d": data})
        self._sockets.add(socket)
        self.online = True


@contextmanager
def serving() -> Iterator[DiscordServer]:
    """A server for this process and others; complaints are the test's failure."""
    fake, app = DiscordServer(), web.Application(client_max_size=32 << 20)
    app.router.add_route("*", "/api/v10/{path:.*}", fake.rest)
    app.router.add_get("/gw", fake.gateway)
    app.router.add_get("/gw/", fake.gateway)
    with hosted(app) as (url, loop):
        fake.url, fake.loop = url, loop
        yield fake
    assert not fake.complaints, "\n".join(dict.fromkeys(fake.complaints))
