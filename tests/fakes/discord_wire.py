"""Discord's answers as JSON."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.discord_rates import too_many

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
ADA = {"id": "7", "username": "ada", "discriminator": "0", "avatar": None, "global_name": "Ada"}
GUILD, DM = 900, 901
OUR_ROLE, OTHER_ROLE = 902, 903
"""The role that Discord makes for the bot, with the bot's name, and a role of people."""
TEXT, ANNOUNCEMENT, THREAD, FORUM = 0, 5, 11, 15
EVERYTHING = str((1 << 53) - 1 - (1 << 3))  # all bits but administrator, which overrides every denial


@dataclass
class Room:
    """A channel; `denied` holds the permission bits that the bot lacks there."""

    number: int
    kind: int = TEXT
    parent: int | None = None
    denied: int = 0
    name: str = ""
    owner: str = "42"

    def wire(self) -> dict[str, Any]:
        overwrites = [{"id": "42", "type": 1, "allow": "0", "deny": str(self.denied)}] if self.denied else []
        plain = {
            "id": str(self.number),
            "type": self.kind,
            "name": self.name or f"room-{self.number}",
            "guild_id": str(GUILD),
            "parent_id": str(self.parent) if self.parent else None,
            "flags": 0,
        }
        if self.kind == THREAD:
            moment = "2025-01-01T00:00:00+00:00"
            sleeping = {"archived": False, "auto_archive_duration": 1440, "archive_timestamp": moment, "locked": False}
            return {
                **plain,
                "owner_id": self.owner,
                "thread_metadata": sleeping,
                "message_count": 0,
                "member_count": 1,
                "total_message_sent": 0,
                "rate_limit_per_user": 0,
                "last_message_id": None,
            }
        forum = (
            {"available_tags": [], "default_forum_layout": 0, "default_sort_order": None} if self.kind == FORUM else {}
        )
        return {
            **plain,
            **forum,
            "position": 0,
            "permission_overwrites": overwrites,
            "nsfw": False,
            "topic": None,
            "permissions": "8",
            "last_message_id": None,
            "rate_limit_per_user": 0,
        }


@dataclass
class Posted:
    """A message in a channel; `text` is the text of all components, `silent` means no notification sound."""

    message_id: int
    channel: int
    text: str
    silent: bool
    nonce: str | None
    files: int = 0
    ephemeral: bool = False
    at: float = field(default_factory=time.monotonic)
    components: list[dict[str, Any]] = field(default_factory=list)
    reply_to: str | None = None
    published: bool = False

    def lines(self) -> dict[str, tuple[int, str, str]]:
        """Returns buttons and menu options: label → (component type, custom id, value)."""
        found: dict[str, tuple[int, str, str]] = {}
        stack = list(self.components)
        while stack:
            each = stack.pop(0)
            if each["type"] == 2:
                found[each["label"]] = (2, each["custom_id"], "")
            for option in each.get("options", []) if each["type"] == 3 else []:
                found[option["label"]] = (3, each["custom_id"], option["value"])
            stack += each.get("components", [])
        return found

    def pictures(self) -> list[str]:
        """Returns the URLs of the pictures in galleries."""
        return [item["media"]["url"] for each in self.components if each["type"] == 12 for item in each["items"]]

    def wire(self) -> dict[str, Any]:
        size = {"size": 1000, "width": 800, "height": 600, "content_type": "image/png"}
        address = f"https://cdn.discordapp.com/attachments/{self.channel}/{self.message_id}/chart.png"
        file = {"id": str(self.message_id + 1), "filename": "chart.png", "url": f"{address}?ex=1", **size}
        return {
            "id": str(self.message_id),
            "channel_id": str(self.channel),
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
            "attachments": [{**file, "proxy_url": address}] if self.files else [],
            "pinned": False,
            "components": [_received(each) for each in self.components],
            "flags": 1 << 15,
        }


def _received(component: dict[str, Any]) -> dict[str, Any]:
    """Returns a component as the API returns it: with an id, and with resolved pictures in galleries."""
    shown = {"id": 1, **component}
    if component["type"] == 12:
        shown["items"] = [{"media": {**_MEDIA, **item["media"]}, "spoiler": False} for item in component["items"]]
    if "components" in component:
        shown["components"] = [_received(each) for each in component["components"]]
    return shown


_MEDIA = {"proxy_url": "https://x.org/a.png", "width": 1, "height": 1, "content_type": "image/png", "loading_state": 2}


@dataclass(frozen=True)
class Fault:
    """An answer with `status` and `code`; or, if `broken` is set, an aborted connection.

    `broken` is "before" or "after": before or after the message was stored. `body` is in place of Discord's JSON, e.g.
    the HTML of a firewall; with the status 200 the message was stored. `retry_after_s` is that of a 429, which holds
    for all channels if `everywhere`.
    """

    status: int = 0
    code: int = 0
    broken: str = ""
    body: str = ""
    retry_after_s: float = 0.1
    everywhere: bool = False
    via: bool = True
    """Whether the answer comes from Discord; Cloudflare's has no `Via` header."""

    def answer(self) -> web.Response:
        if self.status == 429 and not self.body:
            return too_many(self.retry_after_s, "global" if self.everywhere else "user", self.via)
        if self.body:
            headers = {"Retry-After": f"{self.retry_after_s:.0f}"} if self.status == 429 else {}
            return web.Response(text=self.body, status=self.status, content_type="text/html", headers=headers)
        return refused(self.status, self.code)


EVERYONE = {
    "id": str(GUILD),
    "name": "@everyone",
    "color": 0,
    "hoist": False,
    "position": 0,
    "permissions": EVERYTHING,
    "managed": False,
    "mentionable": False,
    "flags": 0,
    "colors": {"primary_color": 0},
}


_OURS = {**EVERYONE, "id": str(OUR_ROLE), "name": "paper", "managed": True, "tags": {"bot_id": "42"}}
_OTHER = {**EVERYONE, "id": str(OTHER_ROLE), "name": "readers", "mentionable": True}


async def body_of(request: web.Request) -> tuple[Any, int]:
    """Returns (the JSON body or None, the number of uploaded files)."""
    if request.content_type == "multipart/form-data":
        form = await request.post()
        return json.loads(str(form["payload_json"])), sum(isinstance(value, web.FileField) for value in form.values())
    return (await request.json() if request.can_read_body else None), 0


def ok(body: Any, headers: dict[str, str] | None = None) -> web.Response:
    """Returns a JSON answer. Its content type has no charset, because discord.py would then read the body as text."""
    return web.Response(body=json.dumps(body).encode(), headers={"Content-Type": "application/json", **(headers or {})})


def refused(status: int, code: int) -> web.Response:
    body = json.dumps({"message": "refused", "code": code}).encode()
    kind = {"Content-Type": "application/json", "Via": "1.1 test"}
    return web.Response(body=body, status=status, headers=kind)


_MEMBER = {"deaf": False, "mute": False, "flags": 0}


def guild(rooms: list[Room]) -> dict[str, Any]:
    return {
        "id": str(GUILD),
        "name": "Lab",
        "owner_id": "7",
        "unavailable": False,
        "member_count": 2,
        "large": False,
        "roles": [EVERYONE, _OURS, _OTHER],
        "emojis": [],
        "features": [],
        "members": [{"user": ME, "roles": [str(OUR_ROLE)], "joined_at": "2025-01-01T00:00:00+00:00", **_MEMBER}],
        "threads": [room.wire() for room in rooms if room.kind == THREAD],
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
        "channels": [room.wire() for room in rooms if room.kind != THREAD],
    }
