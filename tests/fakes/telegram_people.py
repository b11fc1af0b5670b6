"""Actions of people on the fake Telegram: they type, press buttons, choose chats, add and remove the bot."""

import itertools
import time
from typing import Any

from aiohttp import ClientSession

from tests.fakes.telegram_wire import BOT, ChatRoom, Posted, marks, member


class People:
    """`posted` holds messages in order of arrival. People's actions are queued as updates until the bot polls."""

    def __init__(self) -> None:
        self.rooms: dict[int, ChatRoom] = {}
        self.posted: list[Posted] = []
        self.webhook: tuple[str, str] = ("", "")
        self._updates: list[dict[str, Any]] = []
        self._numbers, self._update_ids = itertools.count(1), itertools.count(1)

    def room(self, number: int, kind: str, **more: Any) -> ChatRoom:
        self.rooms[number] = ChatRoom(number, kind, **more)
        return self.rooms[number]

    def say(self, chat: int, user: int, text: str, **more: Any) -> None:
        """A person types `text`; `more` are fields of the message."""
        sender = {"id": user, "is_bot": False, "first_name": f"User {user}", "language_code": "ko"}
        self.update("message", {"from": sender, **self._message(chat, text), **more})

    def channel_post(self, chat: int, text: str) -> None:
        self.update("channel_post", {**self._message(chat, text), "sender_chat": self.rooms[chat].wire()})

    def press(self, posted: Posted, user: int, label: str) -> None:
        """A person presses a button under a message of the bot."""
        self.press_line(posted, user, posted.button(label))

    def press_line(self, posted: Posted, user: int, data: str) -> None:
        person = {"id": user, "is_bot": False, "first_name": f"User {user}", "language_code": "ko"}
        body = {"id": str(next(self._numbers)), "from": person, "chat_instance": "1", "data": data}
        self.update("callback_query", {**body, "message": self.wire(posted)})

    def share(self, user: int, chat: int) -> None:
        """A person chooses a chat in answer to the bot's request."""
        sender = {"id": user, "is_bot": False, "first_name": f"User {user}", "language_code": "ko"}
        message = self._message(user, "")
        del message["text"]
        self.update("message", {**message, "from": sender, "chat_shared": {"request_id": 1, "chat_id": chat}})

    def forwarded(self, group: int, posted: Posted) -> dict[str, Any]:
        """Telegram forwards a channel's message into the discussion group; returns the forwarded message."""
        channel = self.rooms[posted.chat].wire()
        origin = {"type": "channel", "date": int(time.time()), "chat": channel, "message_id": posted.message_id}
        message = {**self._message(group, posted.text), "sender_chat": channel, "is_automatic_forward": True}
        message = {**message, "forward_origin": origin}
        self.update("message", message)
        return message

    def our_status(self, chat: int, old: str, new: str) -> None:
        """Somebody adds the bot to a chat or removes it."""
        self.rooms[chat].bot = new
        user = {"id": 7, "is_bot": False, "first_name": "Admin"}
        change = {"chat": self.rooms[chat].wire(), "from": user, "date": int(time.time())}
        both = {"old_chat_member": member(BOT, old), "new_chat_member": member(BOT, new)}
        self.update("my_chat_member", {**change, **both})

    def ours(self, chat: int, text: str) -> Posted:
        """A message of the bot from before the test."""
        self.posted.append(Posted(next(self._numbers), chat, None, text, False))
        return self.posted[-1]

    def last(self, chat: int) -> Posted:
        return [each for each in self.posted if each.chat == chat][-1]

    async def push(self) -> list[int]:
        """Sends the queued updates to the webhook, as Telegram does; returns the answers' statuses in order."""
        url, secret = self.webhook
        waiting, self._updates = self._updates, []
        async with ClientSession(headers={"X-Telegram-Bot-Api-Secret-Token": secret}) as session:
            return [(await session.post(url, json=each)).status for each in waiting]

    def texts(self, chat: int, thread: int | None = None) -> list[str]:
        return [each.text for each in self.posted if each.chat == chat and (thread is None or each.thread == thread)]

    def _message(self, chat: int, text: str) -> dict[str, Any]:
        return {
            "message_id": next(self._numbers),
            "date": int(time.time()),
            "chat": self.rooms[chat].wire(),
            "text": text,
            **({"entities": marked} if (marked := marks(text)) else {}),
        }

    def update(self, kind: str, body: dict[str, Any]) -> None:
        self._updates.append({"update_id": next(self._update_ids), kind: body})

    def wire(self, posted: Posted) -> dict[str, Any]:
        wire: dict[str, Any] = {
            "message_id": posted.message_id,
            "date": int(time.time()),
            "chat": self.rooms[posted.chat].wire(),
            "from": BOT,
            **({"message_thread_id": posted.thread, "is_topic_message": True} if posted.thread else {}),
        }
        if posted.file:
            size = {"file_id": posted.file, "file_unique_id": posted.file, "width": 800, "height": 600}
            return {**wire, "photo": [size], "caption": posted.text}
        return {**wire, "text": posted.text}
