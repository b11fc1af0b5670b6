"""Registers a platform's list of commands only if it has changed since the last time."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable

from workers.store import Store

_NAME = "commands"
"""Under which the hash of the list is stored, beside the platform's uploads."""


async def register_if_changed(
    store: Store, platform: str, commands: object, register: Callable[[], Awaitable[object]], bot: str = ""
) -> bool:
    """Call `register` if `commands`, as they are sent to the platform, differ from those registered last for `bot`.

    `bot` is the platform's id of the bot or application: another one has no commands yet. Returns whether `register`
    was called. If it raises, nothing is stored, so the next start tries again.
    """
    digest = hashlib.sha256(json.dumps(commands, sort_keys=True, default=str).encode()).hexdigest()
    if await asyncio.to_thread(store.uploads.file_id, platform, bot, _NAME) == digest:
        return False
    await register()
    await asyncio.to_thread(store.uploads.uploaded, platform, bot, _NAME, digest)
    return True
