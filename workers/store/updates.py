"""Updates from a platform: each is stored before it is confirmed, so that a crash loses none."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Engine, select, update

from workers.domain.ports import Clock
from workers.store.tables import platform_update
from workers.store.transactions import insert, read, write

_KEPT = timedelta(days=2)
"""How long a handled update is kept. Telegram sends no update again after 24 hours."""


@dataclass(frozen=True, slots=True)
class StoredUpdate:
    """An update as the platform sent it; `update_id` orders the updates of a bot."""

    update_id: int
    body: str


class UpdateStore:
    """`bot` is the platform's id of the bot, because each bot's updates are numbered on their own."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock

    def take(self, platform: str, bot: str, update_id: int, body: str) -> bool:
        """Store an update; False if it was stored before."""
        with write(self._engine) as connection:
            now = self._clock.now()
            connection.execute(
                platform_update.delete().where(platform_update.c.done, platform_update.c.received_at < now - _KEPT)
            )
            taken = connection.execute(
                insert(connection, platform_update)
                .values(platform=platform, bot=bot, update_id=update_id, body=body, done=False, received_at=now)
                .on_conflict_do_nothing()
                .returning(platform_update.c.update_id)
            )
            return taken.one_or_none() is not None

    def done(self, platform: str, bot: str, update_id: int) -> None:
        """Mark an update as handled, and delete its body."""
        with write(self._engine) as connection:
            handled = _of(platform, bot) & (platform_update.c.update_id == update_id)
            connection.execute(update(platform_update).where(handled).values(done=True, body=""))

    def left(self, platform: str, bot: str) -> list[StoredUpdate]:
        """The updates that are not handled yet, oldest first."""
        with read(self._engine) as connection:
            query = (
                select(platform_update.c.update_id, platform_update.c.body)
                .where(_of(platform, bot), ~platform_update.c.done)
                .order_by(platform_update.c.update_id)
            )
            return [StoredUpdate(row.update_id, row.body) for row in connection.execute(query)]

    def adopt(self, platform: str, bot: str) -> None:
        """Take the updates of older versions, which did not store the bot, for this bot's."""
        with write(self._engine) as connection:
            connection.execute(update(platform_update).where(_of(platform, "")).values(bot=bot))


def _of(platform: str, bot: str) -> ColumnElement[bool]:
    return (platform_update.c.platform == platform) & (platform_update.c.bot == bot)
