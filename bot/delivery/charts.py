"""The charts of editions on one platform: a bot uploads each once, then sends it by the platform's id of the file."""

import asyncio

from bot.delivery.patience import before_sending
from workers.domain.deliveries import PictureName
from workers.domain.errors import SendRefused
from workers.store import Store


class ChartFiles:
    """Charts by the name that `Message.chart` has. `bot` is the platform's id of the bot that uploads them.

    What is called before a message is sent raises SendRetryable if the store cannot be asked.
    """

    def __init__(self, store: Store, platform: str, bot: str = "") -> None:
        self._store, self._platform, self._bot = store, platform, bot

    async def file_id(self, name: str) -> str | None:
        """The platform's id, or address, of a chart that it has; None if it must be uploaded."""
        return await before_sending(self._store.uploads.file_id, self._platform, self._bot, name)

    async def png(self, name: str) -> bytes:
        """The picture itself. Raises SendRefused if the store has none, e.g. because the text was written again."""
        picture = PictureName.parse(name)
        text = await before_sending(self._store.texts.get, picture.day, picture.language)
        if text is None or text.chart_png is None:
            raise SendRefused("the chart of this edition is not in the store")
        return text.chart_png

    async def uploaded(self, name: str, file_id: str) -> None:
        """Remember under which id, or address, the platform has the chart."""
        await asyncio.to_thread(self._store.uploads.uploaded, self._platform, self._bot, name, file_id)

    async def forget(self, name: str) -> None:
        """Forget the id of a chart that the platform refused, so that the chart is uploaded again."""
        await before_sending(self._store.uploads.forget, self._platform, self._bot, name)
