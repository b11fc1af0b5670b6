"""Renews a lease while a long step runs, and tells the step when the lease is lost."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from workers.domain.errors import LeaseLost
from workers.runtime.boundary import reason_of
from workers.runtime.logs import note

log = logging.getLogger(__name__)


@contextmanager
def keep_alive(renew: Callable[[], None], every_s: float) -> Iterator[Callable[[], None]]:
    """Call `renew` in a thread every `every_s` seconds until the body ends or `renew` raises LeaseLost.

    After any other exception of `renew` the next beat tries again, so that a store that is away for a moment costs no
    lease.

    Yields a function that raises LeaseLost once the lease is lost; the body calls it between its steps.
    """
    done, lost = threading.Event(), threading.Event()

    def beat() -> None:
        while not done.wait(every_s):
            try:
                renew()
            except LeaseLost:
                lost.set()
                return
            except Exception as error:  # noqa: BLE001 - the store may answer at the next beat
                note(log, "lease not renewed", level=logging.WARNING, error=reason_of(error))

    def check() -> None:
        if lost.is_set():
            raise LeaseLost("another process has taken over")

    heartbeat = threading.Thread(target=beat, name="lease", daemon=True)
    heartbeat.start()
    try:
        yield check
    finally:
        done.set()
        heartbeat.join()
