"""A part of `paperboy run` ends with it, however that ends: its standard input is a pipe that the parent holds."""

import os
import signal
import threading

TIED = "PAPERBOY_TIED"
"""Set in the environment of a process whose standard input is such a pipe."""


def tie() -> None:
    """End this process as SIGTERM would when the parent is gone; does nothing for a process started by hand."""
    if os.environ.get(TIED):
        threading.Thread(target=_wait, name="lifeline", daemon=True).start()


def _wait() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
