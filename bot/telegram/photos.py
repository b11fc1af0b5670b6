"""Sends charts: by Telegram's own id of the file, else as an upload, else the text alone."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from telegram import Bot, Message
from telegram.error import BadRequest

from bot.delivery.charts import ChartFiles
from bot.telegram.errors import forbids_photos, is_done, is_of_chat
from workers.domain.chats import ChatRef
from workers.domain.errors import SendRefused
from workers.domain.units import Unit, UnitKind
from workers.runtime.boundary import reason_of
from workers.runtime.logs import note
from workers.store import Store

log = logging.getLogger(__name__)

T = TypeVar("T")
Picture = str | bytes
"""Telegram's id of a file, or the file."""


class Photos:
    """A chart that Telegram does not take never costs the message: it goes out as text, and the owner is told once."""

    def __init__(self, store: Store, bot: Bot) -> None:
        self._store = store
        self._charts = ChartFiles(store, "telegram", bot.token.partition(":")[0])  # a token begins with the bot's id

    async def send(
        self, chat: ChatRef, name: str, photo: Callable[[Picture], Awaitable[T]], text: Callable[[], Awaitable[T]]
    ) -> T:
        """The result of `photo` with the chart `name`, or of `text` if Telegram refuses the picture.

        An id that is refused, e.g. because another bot uploaded the file, is forgotten, and the file uploaded again.
        Raises TelegramError for what is not about the picture.
        """
        try:
            sent = await self._send_photo(name, photo)
        except SendRefused as error:
            return await self._send_text(chat, str(error), text)
        except BadRequest as error:
            if is_of_chat(error) or is_done(error):
                raise
            reason = "the chat forbids photos: allow them" if forbids_photos(error) else f"{error}"
            return await self._send_text(chat, reason, text)
        await self._quietly(asyncio.to_thread(self._store.failures.clear, _unit(chat)))
        return sent

    async def _send_photo(self, name: str, photo: Callable[[Picture], Awaitable[T]]) -> T:
        file_id = await self._charts.file_id(name)
        if file_id:
            try:
                return await photo(file_id)
            except BadRequest as error:
                if is_of_chat(error) or is_done(error) or forbids_photos(error):
                    raise
                note(log, "file id refused", level=logging.WARNING, chart=name, error=error)
                await self._charts.forget(name)
        sent = await photo(await self._charts.png(name))
        if isinstance(sent, Message) and sent.photo:
            await self._quietly(self._charts.uploaded(name, sent.photo[-1].file_id))
        return sent

    async def _send_text(self, chat: ChatRef, reason: str, text: Callable[[], Awaitable[T]]) -> T:
        sent = await text()
        report = self._store.failures.report
        await self._quietly(asyncio.to_thread(report, _unit(chat), f"posted without the chart ({reason})"))
        return sent

    async def _quietly(self, recording: Awaitable[object]) -> None:
        """The message is posted already: a store that refuses a note about it must not make it count as unknown."""
        try:
            await recording
        except Exception as error:  # noqa: BLE001 - see above
            note(log, "not recorded", level=logging.WARNING, error=reason_of(error))


def _unit(chat: ChatRef) -> Unit:
    """One for each chat and not for each day, so that the owner is told once."""
    return Unit(UnitKind.DELIVERY, f"photos {chat}", str(chat))
