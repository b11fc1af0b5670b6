"""Runs processes: starts them together, restarts one that ends, stops them together."""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from workers.runtime.logs import note
from workers.runtime.parent_process import EXIT_WITH_PARENT

log = logging.getLogger(__name__)

_FIRST_PAUSE_S = 0.5
"""Before the restart of a process that ran longer than _STEADY_S. Otherwise its last pause is doubled."""
_LONGEST_PAUSE_S = 30.0
_STEADY_S = 60.0


@dataclass(frozen=True)
class Process:
    """A process to run: its name in the log, its command, and what is added to its environment."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@asynccontextmanager
async def running(
    processes: Sequence[Process], environment: Mapping[str, str], stop_s: float = 10.0
) -> AsyncIterator[None]:
    """Run `processes` while the body runs; when it ends, stop them all, the last one first.

    A process gets `stop_s` seconds to end by itself. Each one leads a session of its own, so that a Ctrl-C in the
    terminal reaches only the supervisor, and so that the processes it started are stopped with it.
    """
    tasks: list[asyncio.Task[None]] = []
    try:
        tasks += [
            asyncio.create_task(_keep_running(process, environment, stop_s), name=process.name) for process in processes
        ]
        yield
    finally:
        for task in reversed(tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _keep_running(process: Process, environment: Mapping[str, str], stop_s: float) -> None:
    pause_s, loop = _FIRST_PAUSE_S, asyncio.get_running_loop()
    while True:
        started = loop.time()
        child = await asyncio.create_subprocess_exec(
            *process.command,
            env={**environment, **process.environment, EXIT_WITH_PARENT: "1"},
            stdin=asyncio.subprocess.PIPE,  # it ends with this process, see workers.runtime.parent_process
            stdout=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            exit_code = await child.wait()
        except asyncio.CancelledError:
            await _stop(child, stop_s)
            raise
        _kill_group(child)
        pause_s = _FIRST_PAUSE_S if loop.time() - started > _STEADY_S else min(pause_s * 2, _LONGEST_PAUSE_S)
        note(log, "process ended", level=logging.WARNING, process=process.name, exit_code=exit_code, retry_in_s=pause_s)
        await asyncio.sleep(pause_s)


async def _stop(child: asyncio.subprocess.Process, stop_s: float) -> None:
    """Send SIGTERM, after `stop_s` a second one, and after another fifth of it SIGKILL to the whole group.

    At the second SIGTERM, an RQ worker gives up the job that it is working on.
    """
    for patience_s in (stop_s, stop_s / 5):
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.wait(), patience_s)
            break
    else:
        note(log, "process killed", level=logging.WARNING, pid=child.pid)
    _kill_group(child)
    await child.wait()


def _kill_group(child: asyncio.subprocess.Process) -> None:
    """Kill what is left of the process group of `child`. The job of an RQ worker is in another group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
