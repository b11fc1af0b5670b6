"""A Bot API server on loopback: chats, members, topics, uploads, faults, and on request Telegram's rate limits.

Requests are checked against the machine-readable Bot API if that is installed, texts with Telegram's own parser.
Violations are collected in `complaints`.
"""

import asyncio
import itertools
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from tests.fakes.hosting import description, hosted
from tests.fakes.telegram_people import People
from tests.fakes.telegram_wire import (
    BOT,
    FULL_CHAT,
    ChatRoom,
    Fault,
    Limits,
    Posted,
    member,
    ok,
    parsed,
    permissions,
    refused,
    retry_after,
)

TOKEN = "42:fake"  # noqa: S105 - not a real token


class TelegramServer(People):
    """`posted` holds messages in order of arrival. Each send to a chat takes one of `faults[chat]`.

    A message is stored after `slow_s` seconds and answered after `slow_s` more.
    """

    def __init__(self, enforce: bool = False) -> None:
        super().__init__()
        self.deleted: list[int] = []
        self.edited: list[int] = []
        self.faults: dict[int, list[Fault]] = defaultdict(list)
        self.poll_faults: list[Fault] = []
        """Each poll takes one."""
        self.delivered = 0
        """The newest update that the bot was sent."""
        self.confirmed = 0
        """The newest update that the bot has confirmed."""
        self.method_faults: dict[str, list[Fault]] = defaultdict(list)
        """Each call of a method takes one."""
        self.complaints: list[str] = []
        self.calls: list[str] = []
        self.refusals = 0
        self.slow_s = 0.0
        self.toasts: list[str] = []
        self.unpinned: list[int] = []
        self.url = ""
        self._files = itertools.count(1)
        self.files: set[str] = set()
        """Ids of the pictures that this bot uploaded."""
        self._spec = description("check_telegram")
        self._limits = Limits() if enforce else None

    async def answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if request.match_info["token"] != TOKEN:
            return refused(Fault(401, "Unauthorized"))
        params, files = await _fields(request)
        self.calls.append(method)
        self._check(method, params, files)
        if self.method_faults[method]:
            return refused(self.method_faults[method].pop(0))
        if method in {"sendMessage", "sendPhoto"}:
            await asyncio.sleep(self.slow_s)
            answer = self._send(request, params, files)
            await asyncio.sleep(self.slow_s)
            return answer
        if method in {"editMessageText", "editMessageCaption", "editMessageMedia", "deleteMessage"}:
            return self._change(method, int(params["message_id"]), params)
        return await self._other_method(request, method, params)

    async def _other_method(self, request: web.Request, method: str, params: dict[str, str]) -> web.StreamResponse:
        match method:
            case "getMe":
                return ok(BOT)
            case "getUpdates":
                return await self._poll_or_fail(request, params)
            case "getChat":
                return self._describe(self._chat(params["chat_id"]))
            case "setWebhook":
                self.webhook = (params["url"], params.get("secret_token", ""))
                return ok(True)
            case "unpinChatMessage":
                self.unpinned.append(int(params["message_id"]))
                return ok(True)
            case "answerCallbackQuery":
                self.toasts.append(params.get("text", ""))
                return ok(True)
            case "getChatMember":
                return self._ask_member(self._chat(params["chat_id"]), int(params["user_id"]))
            case _:
                return ok(True)

    def _check(self, method: str, params: dict[str, str], files: dict[str, bytes]) -> None:
        if not self._spec:
            return
        shown = dict(params)
        for name in ("text", "caption"):
            if name in shown and shown.get("parse_mode"):
                shown[name] = parsed(shown[name])[0]
        self.complaints += self._spec.check_request(method, shown, set(files))

    def _send(self, request: web.Request, params: dict[str, str], files: dict[str, bytes]) -> web.StreamResponse:
        chat = self._chat(params["chat_id"])
        fault, room = self._fault(chat), self.rooms.get(chat)
        if fault and fault.broken:
            if fault.broken == "after":
                self._post(chat, params, files)
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if fault:
            return refused(fault)
        if room is None:
            return refused(Fault(400, "Bad Request: chat not found"))
        if room.bot in {"left", "kicked"}:
            return refused(Fault(403, "Forbidden: bot was kicked from the group chat"))
        if unfit := self._unfit(room, params, files):
            return refused(unfit)
        return ok(self.wire(self._post(chat, params, files)))

    def _unfit(self, room: ChatRoom, params: dict[str, str], files: dict[str, bytes]) -> Fault | None:
        """Returns Telegram's refusal of a picture, or of a text that is empty or too long."""
        if int(params.get("message_thread_id") or 0) in room.deleted_topics:
            return Fault(400, "Bad Request: message thread not found")
        has_photo = bool(files) or "photo" in params
        if has_photo and not room.photos and room.bot != "administrator":
            return Fault(400, "Bad Request: not enough rights to send photos to the chat")
        if "photo" in params and not files and params["photo"] not in self.files:
            return Fault(400, "Bad Request: wrong file identifier/HTTP URL specified")
        html = params.get("text") or params.get("caption") or ""
        units = len((parsed(html)[0] if params.get("parse_mode") else html).encode("utf-16-le", "replace")) // 2
        if not has_photo and not units:
            return Fault(400, "Bad Request: message text is empty")
        if units > (1024 if has_photo else 4096):
            return Fault(400, f"Bad Request: {'message caption' if has_photo else 'message'} is too long")
        return None

    def _fault(self, chat: int) -> Fault | None:
        if self.faults[chat]:
            return self.faults[chat].pop(0)
        wait = self._limits.wait(chat) if self._limits else 0
        self.refusals += wait > 0
        return retry_after(wait) if wait else None

    def _post(self, chat: int, params: dict[str, str], files: dict[str, bytes]) -> Posted:
        html = params.get("text") or params.get("caption") or ""
        text, complaints = parsed(html) if params.get("parse_mode") else (html, [])
        self.complaints += complaints
        limit = 1024 if "caption" in params or files or "photo" in params else 4096
        if not 0 < len(text.encode("utf-16-le")) // 2 <= limit:
            self.complaints.append(f"{len(text)} characters, at most {limit}")
        file = f"file{next(self._files)}" if files else params.get("photo", "")
        self.files.update([file] if file else [])
        thread = params.get("message_thread_id")
        posted = Posted(
            next(self._numbers),
            chat,
            int(thread) if thread else None,
            text,
            params.get("disable_notification") in {"true", "True"},
            file,
            bool(files),
            time.monotonic(),
            _keyboard(params),
            json.loads(params.get("reply_parameters", "{}")).get("message_id"),
            "force_reply" in params.get("reply_markup", ""),
        )
        self.posted.append(posted)
        return posted

    def _change(self, method: str, number: int, params: dict[str, str]) -> web.StreamResponse:
        found = next((each for each in self.posted if each.message_id == number), None)
        if found is None or number in self.deleted:
            verb = "delete" if method == "deleteMessage" else "edit"
            return refused(Fault(400, f"Bad Request: message to {verb} not found"))
        if method == "deleteMessage":
            self.deleted.append(number)
            return ok(True)
        if method == "editMessageText" and found.file:
            return refused(Fault(400, "Bad Request: there is no text in the message to edit"))
        room = self.rooms[found.chat]
        if method == "editMessageMedia" and not room.photos and room.bot != "administrator":
            return refused(Fault(400, "Bad Request: not enough rights to send photos to the chat"))
        html = params.get("text") or params.get("caption") or json.loads(params["media"]).get("caption", "")
        text, complaints = parsed(html)
        self.complaints += complaints
        same = text == found.text and _keyboard(params) == found.keyboard
        if same and method == "editMessageText":
            return refused(Fault(400, "Bad Request: message is not modified"))
        found.text, found.keyboard = text, _keyboard(params)
        self.edited.append(number)
        return ok(self.wire(found))

    def _describe(self, chat: int) -> web.StreamResponse:
        found = self.rooms.get(chat)
        if found is None:
            return refused(Fault(400, "Bad Request: chat not found"))
        linked = {"linked_chat_id": found.linked} if found.linked else {}
        return ok({**found.wire(), **FULL_CHAT, **linked, **permissions(found)})

    def _ask_member(self, chat: int, user: int) -> web.StreamResponse:
        room = self.rooms.get(chat)
        if room is None:
            return refused(Fault(400, "Bad Request: chat not found"))
        if user == BOT["id"]:
            return ok(member(BOT, room.bot))
        person = {"id": user, "is_bot": False, "first_name": f"User {user}"}
        return ok(member(person, room.members.get(user, "left")))

    async def _poll_or_fail(self, request: web.Request, params: dict[str, str]) -> web.StreamResponse:
        fault = self.poll_faults.pop(0) if self.poll_faults else None
        if fault is None:
            return ok(await self._poll(params))
        if fault.broken:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return refused(fault)

    async def _poll(self, params: dict[str, str]) -> list[dict[str, Any]]:
        offset, end = int(params.get("offset", 0)), time.monotonic() + float(params.get("timeout", 0))
        self._updates = [each for each in self._updates if each["update_id"] >= offset]
        self.confirmed = max(self.confirmed, offset - 1)
        while not self._updates and time.monotonic() < end:
            await asyncio.sleep(0.02)
        self.delivered = max([self.delivered, *(each["update_id"] for each in self._updates)])
        return list(self._updates)

    def _chat(self, name: str) -> int:
        """Returns a chat's id; 0, which no chat has, for an unknown @name."""
        if name.startswith("@"):
            return next((room.id for room in self.rooms.values() if room.username == name[1:]), 0)
        return int(name)


def _keyboard(params: dict[str, str]) -> list[list[dict[str, Any]]]:
    markup = json.loads(params.get("reply_markup") or "{}")
    rows: list[list[dict[str, Any]]] = markup.get("inline_keyboard") or markup.get("keyboard") or []
    return rows


@contextmanager
def serving(enforce: bool = False) -> Iterator[TelegramServer]:
    """Yields a running server; fails at the end if there are complaints."""
    fake, app = TelegramServer(enforce), web.Application(client_max_size=32 << 20)
    app.router.add_route("*", "/bot{token}/{method}", fake.answer)
    with hosted(app) as (url, _):
        fake.url = url
        yield fake
    assert not fake.complaints, "\n".join(dict.fromkeys(fake.complaints))


async def _fields(request: web.Request) -> tuple[dict[str, str], dict[str, bytes]]:
    """Returns (form fields, uploaded files by the name of their form part)."""
    params: dict[str, str] = dict(request.query)
    files: dict[str, bytes] = {}
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[name] = value.file.read()
        else:
            params[name] = str(value)
    return params, files
