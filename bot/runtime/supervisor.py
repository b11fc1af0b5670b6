"""Processes kept alive: started together, restarted when one dies, stopped together."""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from workers.runtime.logs import note
from workers.runtime.parent_process import TIED

log = logging.getLogger(__name__)

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0
_STEADY_S = 60.0
"""A part that ran this long is restarted without a pause."""


@dataclass(frozen=True)
class Process:
    """One process: its name in the diary, its command, and what it adds to the environment."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@asynccontextmanager
async def running(
    parts: Sequence[Process], environment: Mapping[str, str], stop_s: float = 10.0
) -> AsyncIterator[None]:
    """Run `parts` for the body; at its end, however it ends, they have all stopped, the last started first.

    A part gets `stop_s` seconds to end by itself.

    Each is the head of a session of its own: a Ctrl-C in the terminal reaches only us, and what a part started goes
    with it.
    """
    keepers: list[asyncio.Task[None]] = []
    try:
        keepers += [asyncio.create_task(_keep(part, environment, stop_s), name=part.name) for part in parts]
        yield
    finally:
        for keeper in reversed(keepers):
            keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeper


async def _keep(part: Process, environment: Mapping[str, str], stop_s: float) -> None:
    pause_s, loop = _FIRST_PAUSE_S, asyncio.get_running_loop()
    while True:
        started = loop.time()
        process = await asyncio.create_subprocess_exec(
            *part.command,
            env={**environment, **part.environment, TIED: "1"},
            stdin=asyncio.subprocess.PIPE,  # held open: a part that ties itself to it ends with us
            stdout=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            await _stop(process, stop_s)
            raise
        _kill_group(process)
        pause_s = _FIRST_PAUSE_S if loop.time() - started > _STEADY_S else min(pause_s * 2, _LONGEST_PAUSE_S)
        note(log, "part ended", level=logging.WARNING, part=part.name, code=code, again_in_s=pause_s)
        await asyncio.sleep(pause_s)


async def _stop(process: asyncio.subprocess.Process, stop_s: float) -> None:
    """SIGTERM; a second one after a while, at which an RQ worker gives its job up; then SIGKILL to all it started."""
    for patience_s in (stop_s, stop_s / 5):
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), patience_s)
            break
    else:
        note(log, "part killed", level=logging.WARNING, pid=process.pid)
    _kill_group(process)
    await process.wait()


def _kill_group(process: asyncio.subprocess.Process) -> None:
    """What a part left behind in its group; a job under way is not in it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
