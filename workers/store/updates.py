"""Updates of a platform, stored before they are confirmed to it, and the files it already has."""

from datetime import timedelta

from sqlalchemy import Engine, select, update

from workers.domain.ports import Clock
from workers.store.tables import inbox, upload
from workers.store.transactions import insert, read, write

_KEPT = timedelta(days=2)
"""After which an update that was dealt with is forgotten; Telegram repeats none that is a day old."""


class InboxStore:
    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock

    def take(self, platform: str, update_id: int, body: str) -> bool:
        """Keep an update; False where it was taken before."""
        with write(self._engine) as connection:
            now = self._clock.now()
            connection.execute(inbox.delete().where(inbox.c.done, inbox.c.received_at < now - _KEPT))
            taken = connection.execute(
                insert(connection, inbox)
                .values(platform=platform, update_id=update_id, body=body, done=False, received_at=now)
                .on_conflict_do_nothing()
                .returning(inbox.c.update_id)
            )
            return taken.one_or_none() is not None

    def done(self, platform: str, update_id: int) -> None:
        with write(self._engine) as connection:
            which = (inbox.c.platform == platform) & (inbox.c.update_id == update_id)
            connection.execute(update(inbox).where(which).values(done=True, body=""))

    def left(self, platform: str) -> list[str]:
        """The bodies of the updates that were taken and not dealt with, oldest first."""
        with read(self._engine) as connection:
            query = select(inbox.c.body).where(inbox.c.platform == platform, ~inbox.c.done).order_by(inbox.c.update_id)
            return list(connection.execute(query).scalars())

    def file_id(self, platform: str, picture: str) -> str | None:
        """The platform's own name of a picture that was uploaded before."""
        with read(self._engine) as connection:
            query = select(upload.c.file_id).where(upload.c.platform == platform, upload.c.picture == picture)
            return connection.execute(query).scalar_one_or_none()

    def uploaded(self, platform: str, picture: str, file_id: str) -> None:
        with write(self._engine) as connection:
            connection.execute(
                insert(connection, upload)
                .values(platform=platform, picture=picture, file_id=file_id)
                .on_conflict_do_update(index_elements=["platform", "picture"], set_={"file_id": file_id})
            )
