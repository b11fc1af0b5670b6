"""Discord's REST API on loopback: messages, nonces, threads, forums, interactions, limits and faults.

Requests are checked against Discord's own OpenAPI description if that is installed, and against limits that the
description lacks. Violations are collected in `complaints`.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from tests.fakes.discord_interactions import Interactions
from tests.fakes.discord_people import sent
from tests.fakes.discord_rates import Limits, too_many
from tests.fakes.discord_wire import (
    APPLICATION,
    DM,
    ME,
    THREAD,
    Fault,
    Posted,
    Room,
    body_of,
    ok,
    refused,
)
from tests.fakes.hosting import description, hosted

TOKEN = "fake-token"  # noqa: S105 - not a real token
_FALSE_ALARMS = (
    *("attachments/0/id", "message_id", "recipient_id", "/tts", "/nsfw", "/embed/flags", "/channel_types/"),
    *("use_nested_fields", "field /message"),
)
"""Parts of violations that discord.py itself causes, such as a media channel type where forums are allowed."""


class DiscordServer(Interactions):
    """`posted` holds messages in order of arrival. Each send to a channel takes one of `faults[channel]`.

    `limited[channel]`: until when (time.monotonic) everything there is answered with 429. `bucket`: headers of each
    message that is posted. A nonce is remembered for `nonce_s`. A message is stored after `slow_s` and answered after
    `slow_s` more, but not before `may_answer` is set. `down` is the answer to everything.
    """

    def __init__(self, enforce: bool = False, checked: bool = True) -> None:
        super().__init__()
        self.edited: list[int] = []
        self.deleted: list[int] = []
        self.syncs = 0
        self.faults: dict[int, list[Fault]] = defaultdict(list)
        self.nonce_s, self.slow_s = 300.0, 0.0
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.limited: dict[int, float] = {}
        self.down: Fault | None = None
        self.bucket: dict[str, str] = {}
        self.flags = 0
        self.refusals = 0
        self.publish_hangs = False
        self._tasks: set[asyncio.Future[None]] = set()
        self.limits = Limits() if enforce else None
        self._spec = description("check_discord") if checked else None

    async def rest(self, request: web.Request) -> web.StreamResponse:
        if self.down:
            return self.down.answer()
        if request.headers.get("Authorization") not in {f"Bot {TOKEN}", None}:
            return refused(401, 0)
        path = "/" + request.match_info["path"]
        body, files = await body_of(request)
        self._check(request, path, body)
        steps = path.strip("/").split("/")
        if self.limits and steps[0] not in {"interactions", "webhooks"}:
            wait = self.limits.global_wait()
            if wait:
                self.refusals += 1
                return too_many(wait, "global")
        if request.method == "GET":
            return self._get(steps, request.query)
        return await self._write(request, steps, body, files)

    async def _write(self, request: web.Request, steps: list[str], body: Any, files: int) -> web.StreamResponse:
        match request.method, steps:
            case "POST", ["users", "@me", "channels"]:
                recipient = {**ME, "id": body["recipient_id"], "bot": False}
                return ok({"id": str(DM), "type": 1, "recipients": [recipient], "last_message_id": None, "flags": 0})
            case "PUT", ["applications", _, "commands"]:
                return self._sync(body)
            case "POST", ["interactions", _, token, "callback"]:
                return self._callback(token, body)
            case method, ["webhooks", _, token, *rest]:
                return self._after(token, method, rest == ["messages", "@original"], body)
            case "POST", ["channels", channel, "threads"]:
                return self._forum_post(request, int(channel), body, files)
            case "POST", ["channels", channel, "messages", number, "threads"]:
                return self._thread(int(channel), int(number), body)
            case "POST", ["channels", _, "messages", number, "crosspost"]:
                return await self._crosspost(int(number))
            case method, ["channels", channel, "messages", *rest]:
                return await self._message(request, method, int(channel), rest, body, files)
            case _:
                return refused(404, 0)

    def _get(self, path: list[str], query: Any) -> web.StreamResponse:
        match path:
            case ["users", person]:
                return ok(ME if person == "@me" else {**ME, "id": person, "bot": False})
            case ["oauth2", "applications", "@me"] | ["applications", "@me"]:
                return ok({**APPLICATION, "id": self.application, "flags": self.flags})
            case ["gateway", "bot"]:
                limit = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
                return ok({"url": self.url.replace("http", "ws") + "/gw", "shards": 1, "session_start_limit": limit})
            case ["channels", channel] if int(channel) in self.rooms:
                return ok(self.rooms[int(channel)].wire())
            case ["channels", channel, "messages"]:
                mine = [each for each in self._not_deleted() if each.channel == int(channel)]
                return ok([each.wire() for each in mine[::-1][: int(query.get("limit", 50))]])
            case ["channels", channel, "messages", number]:
                found = next((each for each in self._not_deleted() if str(each.message_id) == number), None)
                return ok(found.wire()) if found and found.channel == int(channel) else refused(404, 10008)
            case ["guilds", _, "threads", "active"]:
                threads = [room.wire() for room in self.rooms.values() if room.kind == THREAD]
                return ok({"threads": threads, "members": []})
            case _:
                return refused(404, 0)

    def _not_deleted(self) -> list[Posted]:
        return [each for each in self.posted if each.message_id not in self.deleted]

    def _check(self, request: web.Request, path: str, body: Any) -> None:
        if self._spec:
            found = self._spec.check_request(request.method, path, body, dict(request.query))
            self.complaints += [
                f"{request.method} {path}: {each}"
                for each in found
                if not any(alarm in each for alarm in _FALSE_ALARMS)
            ]

    async def _message(
        self, request: web.Request, method: str, channel: int, rest: list[str], body: Any, files: int
    ) -> web.StreamResponse:
        fault = self.faults[channel].pop(0) if self.faults[channel] else None
        limited = self.limited.get(channel, 0.0) - time.monotonic()
        if limited > 0:
            self.refusals += 1
            return too_many(limited, "user")
        if fault and fault.status >= 400:
            return fault.answer()
        if channel not in self.rooms and channel != DM:
            return refused(404, 10003)
        if method == "POST":
            return await self._new(request, channel, body, files, fault)
        found = next((each for each in self._not_deleted() if str(each.message_id) == rest[0]), None)
        if found is None:
            return refused(404, 10008)
        if method == "DELETE":
            self.deleted.append(found.message_id)
            return web.Response(status=204)
        found.text, found.components = self.text_of(body), body.get("components") or []
        found.files += files
        self.edited.append(found.message_id)
        return ok(found.wire())

    async def _new(
        self, request: web.Request, channel: int, body: Any, files: int, fault: Fault | None
    ) -> web.StreamResponse:
        headers, wait = self.limits.bucket(str(channel)) if self.limits else ({}, 0.0)
        if wait:
            self.refusals += 1
            return too_many(wait, "user", headers=headers)
        if fault and fault.broken == "before":
            return self._broken(request)
        await asyncio.sleep(self.slow_s)
        posted = self._post(channel, body, files)
        await asyncio.sleep(self.slow_s)
        await self.may_answer.wait()
        if fault and fault.status:
            return fault.answer()
        return self._broken(request) if fault else ok(self._wire(posted), {**headers, **self.bucket})

    def _wire(self, posted: Posted) -> dict[str, Any]:
        """Returns the message as Discord answers it: it finds no file of a message that was deleted."""
        wire = posted.wire()
        for gallery in [each for each in wire["components"] if each["type"] == 12]:
            for item in gallery["items"]:
                if any(f"/{number}/chart.png" in item["media"]["url"] for number in self.deleted):
                    item["media"]["loading_state"] = 3
        return wire

    def _post(self, channel: int, body: dict[str, Any], files: int, number: int | None = None) -> Posted:
        nonce, now = body.get("nonce"), time.monotonic()
        known = next((each for each in self.posted if nonce and each.nonce == nonce and each.channel == channel), None)
        if known and body.get("enforce_nonce") and now - known.at < self.nonce_s:
            return known
        if body.get("allowed_mentions", {}).get("parse") != []:
            self.complaints.append(f"mentions are allowed: {body.get('allowed_mentions')}")
        posted = Posted(
            number or next(self._numbers),
            channel,
            self.text_of(body),
            bool(body.get("flags", 0) & 1 << 12),
            str(nonce) if nonce else None,
            files,
            components=body.get("components") or [],
            reply_to=str((body.get("message_reference") or {}).get("message_id", "")) or None,
        )
        self.posted.append(posted)
        return posted

    def _forum_post(self, request: web.Request, channel: int, body: Any, files: int) -> web.StreamResponse:
        fault = self.faults[channel].pop(0) if self.faults[channel] else None
        if fault and fault.status >= 400:
            return fault.answer()
        if fault and fault.broken == "before":
            return self._broken(request)
        number = next(self._numbers)
        room = self.rooms[number] = Room(number, THREAD, channel, name=body["name"])
        posted = self._post(number, body["message"], files, number)
        self.dispatch_later("THREAD_CREATE", room.wire())
        return self._broken(request) if fault else ok({**room.wire(), "message": posted.wire()})

    def _thread(self, channel: int, number: int, body: Any) -> web.StreamResponse:
        if number in self.rooms:
            return refused(400, 160004)
        room = self.rooms[number] = Room(number, THREAD, channel, name=body["name"])
        self.dispatch_later("THREAD_CREATE", room.wire())
        return ok(room.wire())

    def dispatch_later(self, event: str, data: dict[str, Any]) -> None:
        """Dispatches an event from within the server's event loop."""
        packet = {"op": 0, "t": event, "s": next(self._sequence), "d": data}
        self._events.append(packet)
        for socket in list(self._sockets):
            self._tasks.add(task := asyncio.ensure_future(sent(socket, packet)))
            task.add_done_callback(self._tasks.discard)

    async def _crosspost(self, number: int) -> web.StreamResponse:
        if self.publish_hangs:
            await asyncio.sleep(3600)
        found = next(each for each in self.posted if each.message_id == number)
        found.published = True
        return ok(found.wire())

    def _sync(self, body: list[dict[str, Any]]) -> web.StreamResponse:
        self.syncs += 1
        given = {"application_id": self.application, "version": "1"}
        self.commands = [{"description": "", **each, "id": str(next(self._numbers)), **given} for each in body]
        return ok(self.commands)

    def _broken(self, request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()


@contextmanager
def serving(enforce: bool = False, checked: bool = True) -> Iterator[DiscordServer]:
    """Yields a running server; fails at the end if there are complaints.

    `checked=False` skips the check against the description, which takes most of a request's time.
    """
    fake, app = DiscordServer(enforce, checked), web.Application(client_max_size=32 << 20)
    app.router.add_route("*", "/api/v10/{path:.*}", fake.rest)
    app.router.add_get("/gw", fake.gateway)
    app.router.add_get("/gw/", fake.gateway)
    with hosted(app) as (url, loop):
        fake.url, fake.loop = url, loop
        yield fake
    assert not fake.complaints, "\n".join(dict.fromkeys(fake.complaints))
