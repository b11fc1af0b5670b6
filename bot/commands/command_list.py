"""Registers a platform's list of commands only if it has changed since the last time."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable

from workers.store import Store

_NAME = "commands"
"""Under which the hash of the list is stored, beside the platform's uploads."""


async def register_if_changed(
    store: Store, platform: str, commands: object, register: Callable[[], Awaitable[object]]
) -> bool:
    """Call `register` if `commands`, as they are sent to the platform, differ from those registered last.

    Returns whether it was called. If it raises, nothing is stored, so the next start tries again.
    """
    digest = hashlib.sha256(json.dumps(commands, sort_keys=True, default=str).encode()).hexdigest()
    if await asyncio.to_thread(store.uploads.file_id, platform, _NAME) == digest:
        return False
    await register()
    await asyncio.to_thread(store.uploads.uploaded, platform, _NAME, digest)
    return True
