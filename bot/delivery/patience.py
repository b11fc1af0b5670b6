"""Calls of the store while the store is away (locked, full, restarted): repeated, or put off with their message."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

from workers.domain.errors import SendRetryable
from workers.runtime.boundary import reason_of
from workers.runtime.logs import note
from workers.store.transactions import is_store_away

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")
FIRST_PAUSE_S = 0.5
_AGAIN_S = 5.0
"""Seconds until a message is tried again for which the store could not be asked."""
LONGEST_PAUSE_S = 10.0
"""The pause is doubled after each try, up to this."""


async def until_stored(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of `call`, which is run in a thread, again and again while the store is away.

    Raises whatever else `call` raises.
    """
    return await until_back(partial(call, *args, **kwargs), lambda: None)


async def until_back(call: Callable[[], T], beat: Callable[[], None]) -> T:
    """The same; `beat` is called after each try: a part that waits for the store is not stuck."""
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            return await asyncio.to_thread(call)
        except Exception as error:
            if not is_store_away(error):
                raise
            note(log, "store away", level=logging.WARNING, error=reason_of(error), retry_in_s=pause_s)
        beat()
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


async def before_sending(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of `call`, which a sender needs before it sends anything.

    Raises SendRetryable if the call fails: without that, a message that was surely not sent would count as unknown.
    """
    try:
        return await asyncio.to_thread(call, *args, **kwargs)
    except Exception as error:  # noqa: BLE001 - whatever the store did, nothing was sent
        raise SendRetryable(f"store: {reason_of(error)}", _AGAIN_S) from None
