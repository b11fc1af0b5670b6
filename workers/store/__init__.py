"""The one store, for SQLite and PostgreSQL: what is true stands here."""

from workers.store.store import Store, open_store

__all__ = ["Store", "open_store"]
