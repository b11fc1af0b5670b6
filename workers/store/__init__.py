"""The one store, for SQLite and PostgreSQL: what is true stands here."""

from workers.store.engine import Store, open_store

__all__ = ["Store", "open_store"]
