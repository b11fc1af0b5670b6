"""Actions of people on the fake Discord: commands, presses, forms, messages; and the gateway that reports them."""

import asyncio
import itertools
import json
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.discord_wire import ADA, DM, GUILD, ME, Posted, Room, guild

_EPOCH_S = 1420070400
"""Where the time in Discord's ids begins (discord.com/developers/docs/reference#snowflakes)."""


def snowflakes() -> Iterator[int]:
    """Yields ids as Discord makes them: they grow, and hold the moment at which they were made."""
    newest = 0
    while True:
        newest = max(newest + 1, int((time.time() - _EPOCH_S) * 1000) << 22)
        yield newest


class People:
    """`rooms` are the channels. `answers[token]` holds the texts that the interaction's user saw, in order.

    `asked_at[token]` is when somebody did something (time.monotonic), `asked[token]` what Discord reported of
    it, `said` what it reported of messages.
    """

    def __init__(self) -> None:
        self.rooms: dict[int, Room] = {}
        self.posted: list[Posted] = []
        self.answers: dict[str, list[str]] = defaultdict(list)
        self.screens: dict[str, Posted] = {}
        self.asked: dict[str, dict[str, Any]] = {}
        self.said: list[dict[str, Any]] = []
        self.asked_at: dict[str, float] = {}
        self.forms: dict[str, dict[str, Any]] = {}
        self.commands: list[dict[str, Any]] = []
        self.online = False
        self.application = "42"
        self.resumed = 0
        self.url = ""
        self.loop: asyncio.AbstractEventLoop | None = None
        self._numbers, self._sequence = snowflakes(), itertools.count(1)
        self._sockets: set[web.WebSocketResponse] = set()
        self._events: list[dict[str, Any]] = []

    def room(self, number: int, kind: int = 0, **more: Any) -> Room:
        self.rooms[number] = Room(number, kind, **more)
        return self.rooms[number]

    def texts(self, channel: int) -> list[str]:
        return [each.text for each in self.posted if each.channel == channel]

    def command(self, name: str, place: int, /, manages: bool = True, **options: Any) -> str:
        """Somebody uses a slash command; returns the interaction's token."""
        known = {each["name"]: each for each in self.commands}
        given = [{"name": key, "type": _TYPES[key](value), "value": value} for key, value in options.items()]
        chosen = [each for each in options.values() if isinstance(each, int)]
        resolved = {"channels": {str(each): self.rooms[each].wire() for each in chosen}}
        given = [{**each, "value": str(each["value"])} for each in given]
        data = {"id": known[name]["id"], "name": name, "type": 1, "options": given, "resolved": resolved}
        return self._interaction(2, place, data, manages)

    def suggest(self, name: str, channel: int, option: str, typed: str) -> str:
        """Somebody types into an option with suggestions; returns the interaction's token."""
        known = {each["name"]: each for each in self.commands}
        given = [{"name": option, "type": 3, "value": typed, "focused": True}]
        return self._interaction(4, channel, {"id": known[name]["id"], "name": name, "type": 1, "options": given}, True)

    def about(self, posted: Posted, manages: bool = False) -> str:
        """Somebody chooses "Ask about this" in a message's menu; returns the interaction's token."""
        known = next(each for each in self.commands if each["type"] == 3)
        resolved = {"messages": {str(posted.message_id): posted.wire()}}
        data = {"id": known["id"], "name": known["name"], "type": 3, "target_id": str(posted.message_id)}
        return self._interaction(2, posted.channel, {**data, "resolved": resolved}, manages)

    def press(self, posted: Posted, label: str, manages: bool = True) -> str:
        """Somebody uses the button or menu option whose label starts with `label`; returns the interaction's token."""
        kind, name, value = next(each for known, each in posted.lines().items() if known.startswith(label))
        data = {"custom_id": name, "component_type": kind, **({"values": [value]} if kind == 3 else {}), "id": 1}
        return self._interaction(3, posted.channel, data, manages, {"message": posted.wire()})

    def submit(self, token: str, text: str, manages: bool = True) -> str:
        """Somebody fills in the form that an interaction showed; returns the new interaction's token."""
        form, channel = self.forms[token], int(self.forms[token]["channel"])
        field = {"type": 4, "custom_id": form["components"][0]["component"]["custom_id"], "value": text, "id": 2}
        data = {"custom_id": form["custom_id"], "components": [{"type": 18, "id": 1, "component": field}]}
        return self._interaction(5, channel, data, manages)

    def say(
        self,
        channel: int,
        text: str,
        to: Posted | None = None,
        mentions: bool = False,
        alone: bool = False,
        roles: Sequence[int] = (),
    ) -> str:
        """Somebody writes a message; returns its id. `alone`: in a direct message. `roles` are mentioned."""
        number, moment = str(next(self._numbers)), "2025-01-01T00:00:00+00:00"
        member = {"roles": [], "joined_at": moment, "deaf": False, "mute": False, "flags": 0}
        text = f"<@42> {text}" if mentions else text
        place = {} if alone else {"guild_id": str(GUILD), "member": member}
        plain = {**Posted(int(number), channel, "", False, None).wire(), **place, "author": ADA, "flags": 0}
        answered = {}
        if to:
            reference = {"message_id": str(to.message_id), "channel_id": str(to.channel), "type": 0}
            answered = {"type": 19, "message_reference": reference, "referenced_message": to.wire()}
        named = [ME] if mentions or to else []
        said = {"content": text, "mentions": named, "mention_roles": [str(role) for role in roles], **answered}
        self.said.append({**plain, **said, "mention_everyone": "@everyone" in text or "@here" in text})
        self.dispatch("MESSAGE_CREATE", self.said[-1])
        return number

    def _interaction(
        self, kind: int, channel: int, data: dict[str, Any], manages: bool, more: dict[str, Any] | None = None
    ) -> str:
        number = next(self._numbers)
        token = f"token-{number}"
        permissions = str(1 << 5 if manages else 0)
        member = {"user": ADA, "roles": [], "joined_at": "2025-01-01T00:00:00+00:00", "permissions": permissions}
        place: dict[str, Any] = {"user": ADA, "channel": {"id": str(DM), "type": 1, "recipients": [ADA], "flags": 0}}
        if channel != DM:
            place = {
                "guild_id": str(GUILD),
                "guild_locale": "ko",
                "channel": self.rooms[channel].wire(),
                "member": {**member, "flags": 0, "deaf": False, "mute": False},
            }
        self.asked_at[token] = time.monotonic()
        self.asked[token] = {
            "id": str(number),
            "application_id": self.application,
            "type": kind,
            "token": token,
            "version": 1,
            "channel_id": str(channel),
            "locale": "ko",
            "app_permissions": "8",
            "entitlements": [],
            "authorizing_integration_owners": {},
            "context": 1 if channel == DM else 0,
            "attachment_size_limit": 10 << 20,
            **place,
            **(more or {}),
            "data": data,
        }
        self.dispatch("INTERACTION_CREATE", self.asked[token])
        return token

    # The gateway

    def dispatch(self, event: str, data: dict[str, Any]) -> None:
        assert self.loop is not None
        packet = {"op": 0, "t": event, "s": next(self._sequence), "d": data}
        self._events.append(packet)
        for socket in list(self._sockets):
            asyncio.run_coroutine_threadsafe(sent(socket, packet), self.loop).result(10)

    def channel_deleted(self, channel: int) -> None:
        self.dispatch("CHANNEL_DELETE", self.rooms.pop(channel).wire())

    def drop(self) -> None:
        """Closes all gateway connections, so that clients must resume."""
        assert self.loop is not None
        sockets, self._sockets = list(self._sockets), set()
        for socket in sockets:
            asyncio.run_coroutine_threadsafe(socket.close(code=4000), self.loop).result(10)

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
            elif packet["op"] == 6:
                await self._resume(socket, packet["d"]["seq"])
        self._sockets.discard(socket)
        return socket

    async def _resume(self, socket: web.WebSocketResponse, seen: int) -> None:
        """Sends the events after `seen`, then RESUMED."""
        for packet in [each for each in self._events if each["s"] > seen]:
            await socket.send_json(packet)
        await socket.send_json({"op": 0, "t": "RESUMED", "s": next(self._sequence), "d": {}})
        self.resumed += 1
        self._sockets.add(socket)

    async def _welcome(self, socket: web.WebSocketResponse) -> None:
        ready = {
            "v": 10,
            "user": ME,
            "guilds": [{"id": str(GUILD), "unavailable": True}],
            "session_id": "s",
            "resume_gateway_url": self.url.replace("http", "ws") + "/gw",
            "application": {"id": self.application, "flags": 0},
            "shard": [0, 1],
        }
        for event, data in (("READY", ready), ("GUILD_CREATE", guild(list(self.rooms.values())))):
            await socket.send_json({"op": 0, "t": event, "s": next(self._sequence), "d": data})
        self._sockets.add(socket)
        self.online = True


async def sent(socket: web.WebSocketResponse, packet: dict[str, Any]) -> None:
    """Send a packet through a gateway connection, unless that is closed."""
    if not socket.closed:
        with suppress(ConnectionError):  # it is being closed; the packet comes with the resumption
            await socket.send_json(packet)


_TYPES: dict[str, Any] = defaultdict(lambda: lambda value: 7 if isinstance(value, int) else 3)
