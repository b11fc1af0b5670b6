"""Ends a process of `paperboy run` when its parent ends, even if the parent is killed.

The parent keeps the other end of the process's standard input open; when the parent is gone, reading it ends.
"""

import os
import signal
import threading

EXIT_WITH_PARENT = "PAPERBOY_EXIT_WITH_PARENT"
"""Environment variable; set for a process whose standard input is a pipe that its parent keeps open."""


def exit_with_parent() -> None:
    """Send SIGTERM to this process when its parent ends. Does nothing unless EXIT_WITH_PARENT is set."""
    if os.environ.get(EXIT_WITH_PARENT):
        threading.Thread(target=_wait_for_parent, name="parent", daemon=True).start()


def _wait_for_parent() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
