"""The charts of editions on one platform: each is uploaded once, then sent by the platform's own id of the file."""

import asyncio

from workers.domain.deliveries import PictureName
from workers.domain.errors import SendRefused
from workers.store import Store


class ChartFiles:
    """Charts by the name that `Message.chart` has."""

    def __init__(self, store: Store, platform: str) -> None:
        self._store, self._platform = store, platform

    async def file_id(self, name: str) -> str | None:
        """The platform's id, or address, of a chart that it has; None if it must be uploaded."""
        return await asyncio.to_thread(self._store.uploads.file_id, self._platform, name)

    async def png(self, name: str) -> bytes:
        """The picture itself. Raises SendRefused if the store has none, e.g. because the text was written again."""
        picture = PictureName.parse(name)
        text = await asyncio.to_thread(self._store.texts.get, picture.day, picture.language)
        if text is None or text.chart_png is None:
            raise SendRefused("the chart of this edition is not in the store")
        return text.chart_png

    async def uploaded(self, name: str, file_id: str) -> None:
        """Remember under which id, or address, the platform has the chart."""
        await asyncio.to_thread(self._store.uploads.uploaded, self._platform, name, file_id)
