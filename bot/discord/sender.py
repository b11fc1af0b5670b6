"""Sends, edits and deletes messages on Discord, and turns its errors into SendErrors; nothing is posted twice.

For some minutes a nonce keeps a repeated send from being a second message. After that, and in forums, the channel's
history shows whether a message part arrived: its key is in the message's components.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any

import discord

from bot.delivery.pacing import BROADCAST, INTERACTIVE, Pacer
from bot.discord.charts import Chart, Charts
from bot.discord.components import key_in, layout
from bot.discord.errors import RefusalCount, halt_s, is_blocked, refused
from bot.discord.permissions import Channels
from bot.discord.renderer import cards_of
from bot.platforms import Limits
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Message
from workers.domain.errors import SendError, SendRefused, SendRetryable, SendUnknown
from workers.runtime.logs import note
from workers.store import Store

log = logging.getLogger(__name__)

_TRIES = 3
"""Sends with one nonce."""
_AGAIN_S = 1.0
"""Seconds between two of them; Discord remembers a nonce for a few minutes."""
_NO_MESSAGE = 10008
"""Error code: the message does not exist."""
_HISTORY = 100
"""Newest messages of a channel among which a message part is looked for; a digest has about ten."""
_PUBLISHED_AN_HOUR = 10
"""Messages that Discord lets a channel publish in an hour."""
_HOUR_S = 3600.0
_PUBLISH_S = 10.0
"""Seconds that publishing may take: Discord can hang."""
_EDITS = Limits(overall=49, window_s=1.0, chat_gap_s=1.2)
"""Discord allows 5 edits of one channel in 5 seconds; this is a little less."""
_LONGEST_S = 12.0
"""Seconds that one call of the sender may take, all its tries together: less than half of a delivery's lease, because
the outbox asks `found` after a `send` whose result is unknown."""
_NAMELESS = "…"
"""Name of a forum post whose message has no title, such as a notice."""
_NONCE = 25
"""Characters of a nonce at most."""
_NONCE_S = 60.0
"""Seconds after which Discord may have forgotten a nonce: it says "the past few minutes"."""


class DiscordSender:
    """See `bot.delivery.ports.Sender`; replies to people are sent before broadcasts."""

    def __init__(self, client: discord.Client, store: Store, pacer: Pacer, publishes: bool = True) -> None:
        self._client, self._pacer, self._publishes, self._charts = client, pacer, publishes, Charts(client, store)
        self._refusals, self._channels, self._edits = RefusalCount(), Channels(client), Pacer(_EDITS)
        self._published: dict[int, deque[float]] = {}
        self._blocked: dict[str, float] = {}
        """Key of a message that a firewall refused → when it first did."""
        self._sent_at = 0.0

    def turn(self, chat: str, urgent: bool) -> AbstractAsyncContextManager[None]:
        return self._pacer.turn(chat, group=False, priority=INTERACTIVE if urgent else BROADCAST)

    async def send(self, chat: ChatRef, message: Message, key: str) -> str:
        """Returns the message's id, in a thread `THREAD/MESSAGE`.

        If the connection breaks, the message is sent again with the same nonce, and Discord returns the one it has.
        A post in a forum has no nonce and is not sent again here.
        """
        async with self._bounded(key):
            message_id = await self._try_to_send(chat, message, key)
        self._sent_at = asyncio.get_running_loop().time()
        self._blocked.pop(key, None)
        if chat.chat.isdigit() and message_id.isdigit():
            await self._publish(int(chat.chat), int(message_id))
        return message_id

    async def _try_to_send(self, chat: ChatRef, message: Message, key: str) -> str:
        unknown = False
        for attempt in range(1, _TRIES + 1):
            try:
                async with self.turn(chat.chat, urgent=True) if attempt > 1 else nullcontext():
                    return await self._send(chat, message, key)
            except Exception as error:  # noqa: BLE001 - whatever the library raises has a meaning for the outbox
                ours = self._ours(error, key)
                if unknown and isinstance(ours, SendRetryable) and ours.retry_after_s > _NONCE_S:
                    raise SendUnknown(str(ours)) from None  # a try may have arrived, and its nonce will be forgotten
                if not isinstance(ours, SendUnknown) or attempt == _TRIES or self._has_no_nonce(chat):
                    raise ours from None
                unknown = True
                note(log, "sending again", level=logging.WARNING, part=key, error=type(error).__name__)
                await asyncio.sleep(_AGAIN_S)
        raise SendUnknown("not reached")

    @asynccontextmanager
    async def _bounded(self, key: str = "") -> AsyncIterator[None]:
        """Whatever is raised inside becomes a SendError; after _LONGEST_S it is SendUnknown."""
        try:
            async with asyncio.timeout(_LONGEST_S):
                yield
        except Exception as error:  # noqa: BLE001 - as above
            raise self._ours(error, key) from None

    def _has_no_nonce(self, chat: ChatRef) -> bool:
        return not chat.thread and chat.chat.isdigit() and self._channels.forum(int(chat.chat)) is not None

    async def found(self, chat: ChatRef, message: Message, key: str) -> str | None:
        """The id of the part's message if it is among the channel's newest; "" if it is not.

        None for a message without buttons, such as a notice: only buttons carry the key.
        """
        async with self._bounded():
            if not any(card.choices for card in cards_of(message)):
                return None
            channel = await self._channels.number(chat.chat)
            forum = self._channels.forum(channel)
            if forum and not chat.thread:
                return await self._found_post(forum, key)
            inside = ""
            if message.inside and chat.thread:
                channel = int(chat.thread.partition("/")[0])
                inside = f"{channel}/"
            async for posted in self._client.get_partial_messageable(channel).history(limit=_HISTORY):
                if key in key_in(posted):
                    return f"{inside}{posted.id}"
        return ""

    @asynccontextmanager
    async def editing(self, chat: str) -> AsyncIterator[None]:
        """Edits have a pace of their own in each channel, but count towards the global limit."""
        async with (
            self._edits.turn(chat, group=False, priority=BROADCAST),
            self.turn(f"edits of {chat}", urgent=True),
        ):
            yield

    async def edit(self, chat: str, message_id: str, message: Message) -> None:
        async def edit(chart: Chart) -> None:
            view = layout(cards_of(message), picture=chart.address)
            await (await self._posted(chat, message_id)).edit(view=view, attachments=chart.files)

        async with self._bounded(), _unless_deleted():
            await self._charts.use(message, edit)

    async def delete(self, chat: str, message_id: str) -> None:
        async with self._bounded(), self.turn(chat, urgent=True), _unless_deleted():
            await (await self._posted(chat, message_id)).delete()

    async def _posted(self, chat: str, message_id: str) -> discord.PartialMessage:
        """The message with an id that `send` returned."""
        thread, _, number = message_id.rpartition("/")
        channel = int(thread) if thread else await self._channels.number(chat)
        return self._client.get_partial_messageable(channel).get_partial_message(int(number))

    async def _send(self, chat: ChatRef, message: Message, key: str) -> str:
        channel = await self._channels.number(chat.chat)
        self._channels.may_post(channel, inside=bool(message.inside))
        forum = self._channels.forum(channel)
        if forum and not chat.thread:
            return await self._post(forum, message, key)
        if not (message.inside and chat.thread):
            return str((await self._send_to(channel, message, key)).id)
        number = int(chat.thread.partition("/")[0])
        if not self._channels.is_open(channel, number):
            async with self.turn(f"threads of {channel}", urgent=True):
                await self._channels.open_thread(channel, number, message.inside)
        return f"{number}/{(await self._send_to(number, message, key)).id}"

    async def _send_to(self, channel: int, message: Message, key: str) -> discord.Message:
        reply: dict[str, Any] = {}
        if message.reply_to:
            number = int(message.reply_to)
            reference = discord.MessageReference(message_id=number, channel_id=channel, fail_if_not_exists=False)
            reply = {"reference": reference, "mention_author": False}

        async def send(chart: Chart) -> discord.Message:
            view = _prepared(message, key, chart)
            return await self._client.get_partial_messageable(channel).send(
                view=view,
                files=chart.files,
                nonce=f"paperboy-{key}"[-_NONCE:],
                silent=message.silent,
                allowed_mentions=discord.AllowedMentions.none(),
                **reply,
            )

        sent = await self._charts.use(message, send)
        await self._charts.remember(message, key, sent)
        return sent

    async def _post(self, forum: discord.ForumChannel, message: Message, key: str) -> str:
        """Make a post in a forum: a thread that begins with the message."""

        async def post(chart: Chart) -> tuple[discord.Thread, discord.Message]:
            view = _prepared(message, key, chart)
            return await forum.create_thread(
                name=message.inside or _NAMELESS,
                view=view,
                files=chart.files,
                silent=message.silent,
                allowed_mentions=discord.AllowedMentions.none(),
            )

        thread, first = await self._charts.use(message, post)
        await self._charts.remember(message, key, first)
        return f"{thread.id}/{first.id}"

    async def _found_post(self, forum: discord.ForumChannel, key: str) -> str:
        """The id of the forum's post that begins with the part; "" if there is none."""
        for thread in await forum.guild.active_threads():
            if thread.parent_id != forum.id:
                continue
            first = await thread.fetch_message(thread.id)
            if key in key_in(first):
                return f"{thread.id}/{first.id}"
        return ""

    async def _publish(self, channel: int, message_id: int) -> None:
        """Publish to the servers that follow an announcement channel; over the limit it stays in the channel only."""
        if not self._publishes or not self._channels.is_announcement(channel):
            return
        now, times = asyncio.get_running_loop().time(), self._published.setdefault(channel, deque())
        while times and times[0] <= now - _HOUR_S:
            times.popleft()
        if len(times) >= _PUBLISHED_AN_HOUR:
            note(log, "not published: ten an hour", channel=channel)
            return
        times.append(now)
        sent = self._client.get_partial_messageable(channel).get_partial_message(message_id)
        try:
            async with asyncio.timeout(_PUBLISH_S), self.turn(f"published by {channel}", urgent=True):
                await sent.publish()
        except Exception as error:  # noqa: BLE001 - the message is sent, whatever comes of this
            note(log, "not published", level=logging.WARNING, channel=channel, error=type(error).__name__)

    def _ours(self, error: Exception, key: str) -> SendError:
        """The SendError for whatever was raised. What Discord says to all channels halts them all."""
        self._refusals.record(error)
        self._pacer.halt(max(self._refusals.pause_s(), halt_s(error)))
        if is_blocked(error) and key:
            since = self._blocked.setdefault(key, asyncio.get_running_loop().time())
            if self._sent_at > since:
                del self._blocked[key]
                return SendRefused("a firewall before Discord refuses this message and takes others")
        return refused(error)


def _prepared(message: Message, key: str, chart: Chart) -> discord.ui.LayoutView:
    """The components of a message. Raises SendRefused if they cannot be made: nothing was sent."""
    try:
        return layout(cards_of(message), key, chart.address)
    except Exception as error:  # noqa: BLE001 - a stored rendering, perhaps of an older version
        raise SendRefused(f"cannot be rendered: {type(error).__name__}") from None


@asynccontextmanager
async def _unless_deleted() -> AsyncIterator[None]:
    """Does nothing about a message that does not exist any more."""
    try:
        yield
    except discord.HTTPException as error:
        if error.code != _NO_MESSAGE:
            raise
