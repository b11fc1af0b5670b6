"""Sending to Discord: cards become components, its errors ours; a nonce per part keeps it from posting one twice."""

import asyncio
import io
import logging
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import date

import aiohttp
import discord
from discord import ui

from bot.discord.render import Card, cards_of
from bot.pacing import BROADCAST, INTERACTIVE, Pacer
from workers.domain.deliveries import Message
from workers.domain.errors import ChatGone, NotSent, SendRefused, SendUnknown
from workers.logs import note
from workers.store import Store

log = logging.getLogger(__name__)

PLATFORM = "discord"
CHART = "chart.png"
_TRIES, _AGAIN_S = 3, 1.0
"""Sends with one nonce, well within the few minutes for which Discord knows it again."""
_GONE = frozenset({10003, 10004, 50001, 50007, 50013, 160005})
"""Unknown channel or server, missing access, closed private messages, missing permissions, locked thread
(discord.com/developers/docs/topics/opcodes-and-status-codes#json)."""
_NO_MESSAGE = 10008
_LATER = frozenset({500, 502, 503, 504})


class DiscordSender:
    """See `bot.outbox.Sender`; answers to people who wait go before broadcasts."""

    def __init__(self, client: discord.Client, store: Store, pacer: Pacer) -> None:
        self._client, self._store, self._pacer = client, store, pacer

    def turn(self, chat: str, urgent: bool) -> AbstractAsyncContextManager[None]:
        return self._pacer.turn(chat, group=False, priority=INTERACTIVE if urgent else BROADCAST)

    async def send(self, chat: str, thread: str, message: Message, key: str) -> str:  # noqa: ARG002 - a thread is a channel
        """Sent again with the same nonce where the line breaks: Discord then answers with what it has."""
        for attempt in range(1, _TRIES + 1):
            try:
                async with self.turn(chat, urgent=True) if attempt > 1 else nullcontext():
                    return await self._post(await self._channel(chat), message, key)
            except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
                ours = self._ours(error)
                if not isinstance(ours, SendUnknown) or attempt == _TRIES:
                    raise ours from None
                note(log, "sending again", level=logging.WARNING, part=key, error=type(error).__name__)
                await asyncio.sleep(_AGAIN_S)
        raise SendUnknown("not reached")

    async def edit(self, chat: str, message_id: str, message: Message) -> None:
        channel = self._client.get_partial_messageable(await self._channel(chat))
        try:
            view, files = layout(cards_of(message)), await self._files(message)
            await channel.get_partial_message(int(message_id)).edit(view=view, attachments=files)
        except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
            if getattr(error, "code", 0) != _NO_MESSAGE:
                raise self._ours(error) from None

    async def delete(self, chat: str, message_id: str) -> None:
        channel = self._client.get_partial_messageable(await self._channel(chat))
        try:
            await channel.get_partial_message(int(message_id)).delete()
        except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
            if getattr(error, "code", 0) != _NO_MESSAGE:
                raise self._ours(error) from None

    async def _channel(self, chat: str) -> int:
        """A channel's own number; for `@PERSON` that of the private one with them, which is opened."""
        if not chat.startswith("@"):
            return int(chat)
        user = self._client.get_user(int(chat[1:])) or await self._client.fetch_user(int(chat[1:]))
        return (await user.create_dm()).id

    async def _post(self, channel: int, message: Message, key: str) -> str:
        sent = await self._client.get_partial_messageable(channel).send(
            view=layout(cards_of(message)),
            files=await self._files(message),
            nonce=f"paperboy-{key}",
            silent=message.silent,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        return str(sent.id)

    async def _files(self, message: Message) -> list[discord.File]:
        if not message.chart:
            return []
        day, language, _ = message.chart.split(" ")
        text = await asyncio.to_thread(self._store.editions.text, date.fromisoformat(day), language)
        if text is None or text.chart_png is None:
            raise SendRefused("the chart of this edition is not in the store")
        return [discord.File(io.BytesIO(text.chart_png), filename=CHART)]

    def _ours(self, error: Exception) -> Exception:
        """What the catcher does next; the order matters, for Discord's errors are subclasses of one another."""
        if isinstance(error, discord.RateLimited):
            self._pacer.halt(error.retry_after)
            return NotSent(str(error), error.retry_after)
        if isinstance(error, aiohttp.ClientConnectorError):
            return NotSent(type(error).__name__, _AGAIN_S)
        if not isinstance(error, discord.HTTPException) or error.status in _LATER:
            return SendUnknown(type(error).__name__)
        if error.status == 429:
            return NotSent("HTTP 429", 5 * _AGAIN_S)
        told = f"HTTP {error.status} ({error.code}): {error.text}"
        return ChatGone(told) if error.code in _GONE or error.status in {403, 404} else SendRefused(told)


def layout(cards: list[Card]) -> ui.LayoutView:
    """The components of a message."""
    view = ui.LayoutView(timeout=None)
    for card in cards:
        if card.chart:
            view.add_item(ui.MediaGallery(discord.MediaGalleryItem(f"attachment://{CHART}")))
        colour = int(card.colour[1:], 16) if card.colour else None
        view.add_item(ui.Container(ui.TextDisplay(card.text), accent_colour=colour))
    return view
