"""Keep a lease alive while a long step runs, and stop the work when it is lost."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from workers.domain.errors import LeaseLost


@contextmanager
def keep_alive(renew: Callable[[], None], every_s: float) -> Iterator[Callable[[], None]]:
    """Call `renew` every `every_s` seconds until the body ends.

    Yields a check that raises LeaseLost once the lease is lost.
    """
    done, lost = threading.Event(), threading.Event()

    def beat() -> None:
        while not done.wait(every_s):
            try:
                renew()
            except LeaseLost:
                lost.set()
                return

    def check() -> None:
        if lost.is_set():
            raise LeaseLost("another process has taken over")

    keeper = threading.Thread(target=beat, name="lease", daemon=True)
    keeper.start()
    try:
        yield check
    finally:
        done.set()
        keeper.join()
