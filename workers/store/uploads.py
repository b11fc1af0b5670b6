"""Ids of files that were uploaded to a platform, so that each file is uploaded once."""

from sqlalchemy import Engine, select

from workers.store.tables import upload
from workers.store.transactions import insert, read, write


class UploadStore:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def file_id(self, platform: str, picture: str) -> str | None:
        """The platform's id (or address) of the picture; None if it was not uploaded yet."""
        with read(self._engine) as connection:
            query = select(upload.c.file_id).where(upload.c.platform == platform, upload.c.picture == picture)
            return connection.execute(query).scalar_one_or_none()

    def uploaded(self, platform: str, picture: str, file_id: str) -> None:
        """Store the platform's id (or address) of the picture, in place of an earlier one."""
        with write(self._engine) as connection:
            connection.execute(
                insert(connection, upload)
                .values(platform=platform, picture=picture, file_id=file_id)
                .on_conflict_do_update(index_elements=["platform", "picture"], set_={"file_id": file_id})
            )
