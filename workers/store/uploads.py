"""Ids of files that a bot uploaded to its platform, so that each file is uploaded once."""

from sqlalchemy import ColumnElement, Engine, select

from workers.store.tables import upload
from workers.store.transactions import insert, read, write


class UploadStore:
    """`bot` is the platform's id of the bot: a file that one bot uploaded cannot be used by another."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def file_id(self, platform: str, bot: str, picture: str) -> str | None:
        """The platform's id (or address) of the picture; None if it was not uploaded yet."""
        with read(self._engine) as connection:
            query = select(upload.c.file_id).where(_is(platform, bot, picture))
            return connection.execute(query).scalar_one_or_none()

    def uploaded(self, platform: str, bot: str, picture: str, file_id: str) -> None:
        """Store the platform's id (or address) of the picture, in place of an earlier one."""
        with write(self._engine) as connection:
            connection.execute(
                insert(connection, upload)
                .values(platform=platform, bot=bot, picture=picture, file_id=file_id)
                .on_conflict_do_update(index_elements=["platform", "bot", "picture"], set_={"file_id": file_id})
            )

    def forget(self, platform: str, bot: str, picture: str) -> None:
        """Delete the id of a picture, because the platform does not accept it any more."""
        with write(self._engine) as connection:
            connection.execute(upload.delete().where(_is(platform, bot, picture)))


def _is(platform: str, bot: str, picture: str) -> ColumnElement[bool]:
    return (upload.c.platform == platform) & (upload.c.bot == bot) & (upload.c.picture == picture)
