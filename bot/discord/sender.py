"""Sends, edits and deletes messages on Discord, and turns its errors into SendErrors; nothing is posted twice.

For some minutes a nonce keeps a repeated send from being a second message. After that, and in forums, the channel's
history shows whether a message part arrived: its key is in the message's components.
"""

import asyncio
import io
import logging
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord

from bot.delivery.charts import ChartFiles
from bot.delivery.pacing import BROADCAST, INTERACTIVE, Pacer
from bot.discord.components import CHART, key_in, layout
from bot.discord.permissions import Channels, RefusalCount, refused
from bot.discord.renderer import cards_of
from bot.platforms import Limits
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Message
from workers.domain.errors import SendError, SendUnknown
from workers.runtime.logs import note
from workers.store import Store

log = logging.getLogger(__name__)

PLATFORM = "discord"
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
_FAULTS = (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class _Chart:
    """A message's chart: the file to upload, or its address if Discord has it already; both empty without a chart."""

    files: Sequence[discord.File] = ()
    address: str = ""


class DiscordSender:
    """See `bot.delivery.ports.Sender`; replies to people are sent before broadcasts."""

    def __init__(self, client: discord.Client, store: Store, pacer: Pacer, publishes: bool = True) -> None:
        self._client, self._pacer, self._publishes = client, pacer, publishes
        self._charts, self._refusals = ChartFiles(store, PLATFORM), RefusalCount()
        self._channels, self._edits = Channels(client), Pacer(_EDITS)
        self._published: dict[int, deque[float]] = {}

    def turn(self, chat: str, urgent: bool) -> AbstractAsyncContextManager[None]:
        return self._pacer.turn(chat, group=False, priority=INTERACTIVE if urgent else BROADCAST)

    async def send(self, chat: ChatRef, message: Message, key: str) -> str:
        """Returns the message's id, in a thread `THREAD/MESSAGE`.

        If the connection breaks, the message is sent again with the same nonce, and Discord returns the one it has.
        A post in a forum has no nonce and is not sent again here.
        """
        for attempt in range(1, _TRIES + 1):
            try:
                async with self.turn(chat.chat, urgent=True) if attempt > 1 else nullcontext():
                    return await self._send(chat, message, key)
            except _FAULTS as error:
                ours = self._ours(error)
                if not isinstance(ours, SendUnknown) or attempt == _TRIES or self._has_no_nonce(chat):
                    raise ours from None
                note(log, "sending again", level=logging.WARNING, part=key, error=type(error).__name__)
                await asyncio.sleep(_AGAIN_S)
        raise SendUnknown("not reached")

    def _has_no_nonce(self, chat: ChatRef) -> bool:
        return not chat.thread and chat.chat.isdigit() and self._channels.forum(int(chat.chat)) is not None

    async def found(self, chat: ChatRef, message: Message, key: str) -> str | None:
        """The id of the part's message if it is among the channel's newest; "" if it is not.

        None for a message without buttons, such as a notice: only buttons carry the key.
        """
        if not any(card.choices for card in cards_of(message)):
            return None
        try:
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
        except _FAULTS as error:
            raise self._ours(error) from None
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
        try:
            chart = await self._chart(message)
            view = layout(cards_of(message), picture=chart.address)
            await (await self._posted(chat, message_id)).edit(view=view, attachments=chart.files)
        except _FAULTS as error:
            if getattr(error, "code", 0) != _NO_MESSAGE:
                raise self._ours(error) from None

    async def delete(self, chat: str, message_id: str) -> None:
        try:
            async with self.turn(chat, urgent=True):
                await (await self._posted(chat, message_id)).delete()
        except _FAULTS as error:
            if getattr(error, "code", 0) != _NO_MESSAGE:
                raise self._ours(error) from None

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
            sent = await self._send_to(channel, message, key)
            await self._publish(channel, sent)
            return str(sent.id)
        number = int(chat.thread.partition("/")[0])
        if not self._channels.is_open(channel, number):
            async with self.turn(f"threads of {channel}", urgent=True):
                await self._channels.open_thread(channel, number, message.inside)
        return f"{number}/{(await self._send_to(number, message, key)).id}"

    async def _send_to(self, channel: int, message: Message, key: str) -> discord.Message:
        chart = await self._chart(message)
        reply: dict[str, Any] = {}
        if message.reply_to:
            number = int(message.reply_to)
            reference = discord.MessageReference(message_id=number, channel_id=channel, fail_if_not_exists=False)
            reply = {"reference": reference, "mention_author": False}
        sent = await self._client.get_partial_messageable(channel).send(
            view=layout(cards_of(message), key, chart.address),
            files=chart.files,
            nonce=f"paperboy-{key}",
            silent=message.silent,
            allowed_mentions=discord.AllowedMentions.none(),
            **reply,
        )
        await self._remember(message, sent)
        return sent

    async def _post(self, forum: discord.ForumChannel, message: Message, key: str) -> str:
        """Make a post in a forum: a thread that begins with the message."""
        chart = await self._chart(message)
        created = await forum.create_thread(
            name=message.inside,
            view=layout(cards_of(message), key, chart.address),
            files=chart.files,
            silent=message.silent,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        await self._remember(message, created.message)
        return f"{created.thread.id}/{created.message.id}"

    async def _found_post(self, forum: discord.ForumChannel, key: str) -> str:
        """The id of the forum's post that begins with the part; "" if there is none."""
        for thread in await forum.guild.active_threads():
            if thread.parent_id != forum.id:
                continue
            first = await thread.fetch_message(thread.id)
            if key in key_in(first):
                return f"{thread.id}/{first.id}"
        return ""

    async def _chart(self, message: Message) -> _Chart:
        if not message.chart:
            return _Chart()
        address = await self._charts.file_id(message.chart)
        if address:
            return _Chart(address=address)
        png = await self._charts.png(message.chart)
        return _Chart([discord.File(io.BytesIO(png), filename=CHART)])

    async def _remember(self, message: Message, sent: discord.Message) -> None:
        """Store the chart's address without its signature, which expires; Discord signs it again in each message."""
        if message.chart and sent.attachments:
            url = sent.attachments[0].url.partition("?")[0]
            await self._charts.uploaded(message.chart, url)

    async def _publish(self, channel: int, sent: discord.Message) -> None:
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
        try:
            async with self.turn(f"published by {channel}", urgent=True):
                await asyncio.wait_for(sent.publish(), _PUBLISH_S)
        except _FAULTS as error:
            note(log, "not published", level=logging.WARNING, channel=channel, error=type(error).__name__)

    def _ours(self, error: Exception) -> Exception:
        """The SendError for one of Discord's; a pause that Discord asks for holds for everything that is sent."""
        if isinstance(error, SendError):
            return error
        self._refusals.record(error)
        self._pacer.halt(self._refusals.pause_s())
        if isinstance(error, discord.RateLimited):
            self._pacer.halt(error.retry_after)
        return refused(error)
