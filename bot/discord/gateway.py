"""Discord's gateway: whether it is alive, and events that the library cannot read."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import discord

from workers.runtime.boundary import reason_of
from workers.runtime.logs import note

log = logging.getLogger(__name__)

_LOOK_S = 5.0
"""Seconds between two looks; Discord wants a heartbeat about every 41 s."""
_NEEDED = frozenset({"READY", "RESUMED"})
"""Events without which there is no session: the connection begins again if one of them cannot be read."""
Parser = Callable[[Any], Any]


async def watch(client: discord.AutoShardedClient, beat: Callable[[], None], every_s: float = _LOOK_S) -> None:
    """Call `beat` whenever the gateway has confirmed a heartbeat of every shard, until cancelled.

    The library reports no confirmations, but each changes the latency that it measures.
    """
    seen: dict[int, float] = {}
    waiting: set[int] = set()
    while True:
        latencies = dict(client.latencies)
        waiting = (waiting or set(latencies)) & set(latencies)
        confirmed = {shard for shard, latency in latencies.items() if latency != seen.get(shard, float("inf"))}
        seen = latencies
        waiting -= confirmed
        if confirmed and not waiting:
            beat()
        await asyncio.sleep(every_s)


def guard(parsers: dict[str, Parser]) -> None:
    """Let an event that the library cannot read cost itself alone: without this, it ends the client."""
    for event, parse in parsers.items():
        if event not in _NEEDED:
            parsers[event] = _guarded(event, parse)


def _guarded(event: str, parse: Parser) -> Parser:
    def guarded(data: Any) -> Any:
        try:
            return parse(data)
        except Exception as error:  # noqa: BLE001 - the boundary of one event
            note(log, "event not read", level=logging.WARNING, gateway_event=event, error=reason_of(error))
            return None

    return guarded
