"""Telegram's answers as JSON, its parser of texts, and its rate limits."""

import json
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

import tdjson
from aiohttp import web

BOT = {"id": 42, "is_bot": True, "first_name": "Paper", "username": "paper_bot", "can_read_all_group_messages": True}


@dataclass
class ChatRoom:
    """A chat. `members` maps a user's id to their status; `bot` is the bot's status."""

    id: int
    type: str
    title: str = "A room"
    username: str = ""
    members: dict[int, str] = field(default_factory=dict)
    bot: str = "administrator"
    linked: int | None = None
    photos: bool = True
    """Members who are no admins may send photos."""
    deleted_topics: set[int] = field(default_factory=set)

    def wire(self) -> dict[str, Any]:
        name = {"first_name": self.title} if self.type == "private" else {"title": self.title}
        return {"id": self.id, "type": self.type, **name, **({"username": self.username} if self.username else {})}


@dataclass
class Posted:
    """A message in a chat: `text` as readers see it; `file` is the id of its picture, "" without one."""

    message_id: int
    chat: int
    thread: int | None
    text: str
    silent: bool
    file: str = ""
    uploaded: bool = False
    at: float = 0.0
    keyboard: list[list[dict[str, Any]]] = field(default_factory=list)
    reply_to: int | None = None
    forces_reply: bool = False

    def button(self, label: str) -> str:
        """Returns the callback data, URL or text of the first button whose text starts with `label`."""
        found = next(each for row in self.keyboard for each in row if each["text"].startswith(label))
        return str(found.get("callback_data") or found.get("url") or found["text"])


@dataclass(frozen=True)
class Fault:
    """An error answer; or, if `broken` is set, an aborted connection.

    `broken` is "after" if the message was stored first, else any other text.
    """

    status: int = 0
    description: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    broken: str = ""


def retry_after(seconds: int) -> Fault:
    return Fault(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})


class Limits:
    """About 30 messages a second in total, 1 a second per chat in bursts of up to 3, 20 a minute per group."""

    def __init__(self) -> None:
        self._all: deque[float] = deque()
        self._chats: dict[int, deque[float]] = defaultdict(deque)

    def wait(self, chat: int) -> int:
        now = time.monotonic()
        for times, window in ((self._all, 1.0), (self._chats[chat], 60.0)):
            while times and times[0] < now - window:
                times.popleft()
        mine = self._chats[chat]
        burst = sum(at > now - 2.7 for at in mine) >= 3
        if len(self._all) >= 30 or burst or (chat < 0 and len(mine) >= 20):
            return 2
        self._all.append(now)
        mine.append(now)
        return 0


_QUIET = json.dumps({"@type": "setLogVerbosityLevel", "new_verbosity_level": 0}).encode()


def parsed(html: str) -> tuple[str, list[str]]:
    """Returns (the text that readers see of Telegram's HTML, complaints of Telegram's own parser)."""
    query = {"@type": "parseTextEntities", "text": html, "parse_mode": {"@type": "textParseModeHTML"}}
    tdjson.td_execute(_QUIET)
    answer = json.loads(tdjson.td_execute(json.dumps(query).encode()) or b"{}")
    if answer["@type"] == "error":
        return html, [f"{answer['message']}: {html[:80]}"]
    entities = answer["entities"]
    return answer["text"], [f"{len(entities)} entities"] if len(entities) > 100 else []


def marks(text: str) -> list[dict[str, Any]]:
    """Returns what Telegram marks in plain text: names, commands, addresses; offsets count UTF-16 units."""
    query = {"@type": "getTextEntities", "text": text}
    tdjson.td_execute(_QUIET)
    answer = json.loads(tdjson.td_execute(json.dumps(query).encode()) or b"{}")
    kinds = {"textEntityTypeMention": "mention", "textEntityTypeBotCommand": "bot_command"}
    return [
        {"type": kinds[found["type"]["@type"]], "offset": found["offset"], "length": found["length"]}
        for found in answer.get("entities", [])
        if found["type"]["@type"] in kinds
    ]


FULL_CHAT = {
    "accent_color_id": 0,
    "max_reaction_count": 11,
    "accepted_gift_types": {
        "unlimited_gifts": False,
        "limited_gifts": False,
        "unique_gifts": False,
        "premium_subscription": False,
        "gifts_from_channels": False,
    },
}


def permissions(room: ChatRoom) -> dict[str, Any]:
    """What members of a group may send; Telegram says nothing of it for other chats."""
    if room.type not in {"group", "supergroup"}:
        return {}
    names = ("messages", "audios", "documents", "videos", "video_notes", "voice_notes", "polls", "other_messages")
    return {"permissions": {"can_send_photos": room.photos, **{f"can_send_{name}": True for name in names}}}


def member(user: dict[str, Any], status: str) -> dict[str, Any]:
    plain = {"user": user, "status": status}
    if status == "administrator":
        names = (
            *("can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats"),
            *("can_restrict_members", "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories"),
            *("can_edit_stories", "can_delete_stories"),
        )
        return {**plain, **dict.fromkeys(names, False), "can_post_messages": True}
    return {
        **plain,
        **({"is_anonymous": False} if status == "creator" else {}),
        **({"until_date": 0} if status == "kicked" else {}),
    }


def ok(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def refused(fault: Fault) -> web.Response:
    body = {"ok": False, "error_code": fault.status, "description": fault.description}
    return web.json_response(
        {**body, **({"parameters": fault.parameters} if fault.parameters else {})}, status=fault.status
    )
