"""The charts of messages on Discord: uploaded once by each application, then shown from where they are."""

import io
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import discord

from bot.delivery.charts import ChartFiles
from bot.discord.components import CHART, is_picture_missing, layout
from bot.discord.renderer import cards_of
from bot.platforms import DISCORD
from workers.domain.deliveries import Message
from workers.runtime.logs import note
from workers.store import Store

log = logging.getLogger(__name__)

T = TypeVar("T")
PLATFORM = DISCORD.name


@dataclass(frozen=True, slots=True)
class Chart:
    """A message's chart: the file to upload, or its address if Discord has it already; both empty without a chart."""

    files: Sequence[discord.File] = ()
    address: str = ""


class Charts:
    def __init__(self, client: discord.Client, store: Store) -> None:
        self._client, self._store = client, store

    async def use(self, message: Message, use: Callable[[Chart], Awaitable[T]]) -> T:
        """Use the chart that Discord has, if it has one; if Discord refuses its address, forget it and upload again."""
        if not message.chart:
            return await use(Chart())
        address = await self._files.file_id(message.chart)
        if address:
            try:
                return await use(Chart(address=address))
            except discord.HTTPException as error:
                if error.status != 400:
                    raise
                note(log, "chart's address refused", level=logging.WARNING, chart=message.chart, code=error.code)
                await self._files.forget(message.chart)
        return await use(await self._uploaded(message))

    async def _uploaded(self, message: Message) -> Chart:
        png = await self._files.png(message.chart)
        return Chart([discord.File(io.BytesIO(png), filename=CHART)])

    async def remember(self, message: Message, key: str, sent: discord.Message) -> None:
        """Store the chart's address without its signature, which expires; Discord signs it again in each message.

        If Discord found nothing at the address, because the message that it belongs to was deleted, the chart is
        uploaded into this message. That must not fail the message, which is sent.
        """
        if not message.chart:
            return
        try:
            if is_picture_missing(sent):
                await self._files.forget(message.chart)
                chart = await self._uploaded(message)
                sent = await sent.edit(view=layout(cards_of(message), key), attachments=chart.files)
            if sent.attachments:
                await self._files.uploaded(message.chart, sent.attachments[0].url.partition("?")[0])
        except Exception as error:  # noqa: BLE001 - see above
            note(log, "chart not remembered", level=logging.WARNING, error=type(error).__name__)

    @property
    def _files(self) -> ChartFiles:
        """Known only once the client is logged in: another application's files cannot be used."""
        return ChartFiles(self._store, PLATFORM, str(self._client.application_id or ""))
