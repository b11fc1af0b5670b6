"""How the fake Discord takes a bot's answers to interactions."""

import time
from typing import Any

from aiohttp import web

from tests.fakes.discord_limits import violations
from tests.fakes.discord_people import People
from tests.fakes.discord_wire import Posted, ok, refused


class Interactions(People):
    """`complaints` are violations of Discord's limits. `acknowledged` are tokens that had their first response,
    `expired` those that Discord takes no more.
    """

    def __init__(self) -> None:
        super().__init__()
        self.complaints: list[str] = []
        self.acknowledged: set[str] = set()
        self.expired: set[str] = set()
        self.first_response_s = 15.0
        self._originals: set[str] = set()

    def text_of(self, body: dict[str, Any]) -> str:
        """Returns the text of all components, and records violations of Discord's limits."""
        components, content = body.get("components") or [], body.get("content") or ""
        self.complaints += violations(components) if components else []
        stack, parts = components[::-1], []
        while stack:
            component = stack.pop()
            parts += [component["content"]] if component["type"] == 10 else []
            stack += (component.get("components") or [])[::-1]
        text = "\n".join(parts) or content
        if not text or len(content) > 2000:
            self.complaints.append(f"{len(components)} components with {len(content)} characters beside them")
        return text

    def _callback(self, token: str, body: dict[str, Any]) -> web.StreamResponse:
        """The first response; Discord takes it within three seconds, here within `first_response_s`."""
        if token in self.expired or time.monotonic() - self.asked_at[token] > self.first_response_s:
            return refused(404, 10062)
        if token in self.acknowledged:
            return refused(400, 40060)
        self.acknowledged.add(token)
        data = body.get("data") or {}
        match body["type"]:
            case 4 | 7:
                self._original(token, data)
            case 8:
                self.answers[token] = [choice["value"] for choice in data["choices"]]
            case 9:
                self.forms[token] = {**data, "channel": self._channel_of(token)}
        response = {"id": token.partition("-")[2], "type": 2, "response_message_id": str(next(self._numbers))}
        return ok({"interaction": {**response, "response_message_loading": body["type"] == 5}})

    def _after(self, token: str, method: str, original: bool, body: Any) -> web.StreamResponse:
        """What follows the first response, with the interaction's token."""
        if token in self.expired:
            return refused(401, 50027)
        if token not in self.acknowledged:
            return refused(404, 10015)
        if method == "DELETE":
            return web.Response(status=204)
        shown = self._original(token, body) if original else self._show(token, body)
        return ok(shown.wire())

    def _original(self, token: str, body: dict[str, Any]) -> Posted:
        """Shows the first response, or replaces it."""
        if token in self._originals:
            self.answers[token].pop(0)
        shown = self._show(token, body)
        self.answers[token].insert(0, self.answers[token].pop())
        self._originals.add(token)
        return shown

    def _channel_of(self, token: str) -> int:
        number = token.partition("-")[2]
        return next(int(each["d"]["channel_id"]) for each in self._events if each["d"].get("id") == number)

    def _show(self, token: str, body: dict[str, Any]) -> Posted:
        """Stores the ephemeral message that the interaction's user now sees, and returns it."""
        text = self.text_of(body)
        self.answers[token].append(text)
        channel, components = self._channel_of(token), body.get("components") or []
        shown = Posted(next(self._numbers), channel, text, False, None, ephemeral=True, components=components)
        self.screens[token] = shown
        return shown
