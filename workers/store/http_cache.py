"""The last answer of each address that could be read, so that a source need not send an unchanged feed again."""

import zlib
from datetime import timedelta

from sqlalchemy import Engine, select

from workers.domain.ports import CachedAnswer, Clock
from workers.store.tables import http_cache
from workers.store.transactions import insert, read, write

_KEPT = timedelta(days=3)
"""Older answers are deleted, because a URL with a date in it is asked on one day only."""


class HttpCacheStore:
    """Implements `domain.ports.HttpCache`."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock

    def get(self, key: str) -> CachedAnswer | None:
        with read(self._engine) as connection:
            row = connection.execute(select(http_cache).where(http_cache.c.key == key)).one_or_none()
        if row is None:
            return None
        return CachedAnswer(zlib.decompress(row.body), row.etag, row.last_modified, row.content_type)

    def put(self, key: str, answer: CachedAnswer) -> None:
        now = self._clock.now()
        values = {
            "etag": answer.etag,
            "last_modified": answer.last_modified,
            "content_type": answer.content_type,
            "body": zlib.compress(answer.body, level=1),
            "kept_at": now,
        }
        with write(self._engine) as connection:
            connection.execute(http_cache.delete().where(http_cache.c.kept_at < now - _KEPT))
            connection.execute(
                insert(connection, http_cache)
                .values(key=key, **values)
                .on_conflict_do_update(index_elements=["key"], set_=values)
            )
