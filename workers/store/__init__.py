"""The store, on SQLite or PostgreSQL: the only place where state is kept for good."""

from workers.store.store import Store, open_store

__all__ = ["Store", "open_store"]
