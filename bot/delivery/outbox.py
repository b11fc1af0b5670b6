"""Serves the deliveries in the store: claims them, sends several at once, and goes on whatever happens to one."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from bot.delivery.courier import Courier
from bot.delivery.patience import until_back
from bot.delivery.ports import Follow, Render, Sender, Wakeup
from workers.domain.deliveries import Delivery, PartState
from workers.domain.errors import SettingsError, UnreadableDelivery
from workers.domain.units import Unit, UnitKind
from workers.runtime.boundary import Boundary, reason_of
from workers.runtime.logs import note
from workers.store import Store

log = logging.getLogger(__name__)

AT_ONCE = 128
"""Deliveries under way at once. It is several times what a platform's limits let through, so that the last deliveries
of a broadcast are sent as fast as the first ones."""
_PAUSE_S = 1.0
"""Seconds until the next claim after one that failed for a reason that is not the store's being away."""


async def deliver_next(store: Store, platform: str, sender: Sender, render: Render, urgent: bool = False) -> bool:
    """Send the oldest open delivery of `platform`; False if there is none.

    A crash leaves each part POSTED, PENDING or SENDING. A part that is found SENDING later becomes UNKNOWN and is not
    sent again, unless the platform can tell that it did not arrive. Edits and removals are repeated, because repeating
    them is harmless.
    """
    delivery = await _claim(store, platform, urgent, lambda: None)
    if delivery is None:
        return False
    await Courier(store, sender, render).deliver(delivery)
    return True


async def serve(
    store: Store,
    platform: str,
    sender: Sender,
    render: Render,
    wakeup: Wakeup,
    at_once: int = AT_ONCE,
    follow: Follow | None = None,
    beat: Callable[[], None] = lambda: None,
) -> None:
    """Send deliveries until cancelled: at most `at_once` at a time, and urgent ones beyond that.

    `follow` is called with each first message of a question whose answer is not written yet, `beat` whenever the store
    was asked for work. Raises SettingsError for a token that is refused.
    """
    courier, crew = Courier(store, sender, render), _Crew()
    try:
        while not crew.fault.done():
            delivery = await _claim(store, platform, len(crew.sending) >= at_once, beat)
            beat()
            if delivery is None:
                await _wait_for_news(wakeup, crew)
                continue
            task = crew.start(courier.deliver(delivery), sending=True)
            if follow and delivery.question_id and delivery.revision == 0:
                crew.start(_follow_once_sent(store, delivery, task, follow))
        crew.fault.result()
    finally:
        await crew.stop()


class _Crew:
    """The tasks of one `serve`. `fault` ends with the SettingsError of the first task that raised one."""

    def __init__(self) -> None:
        self.sending: set[asyncio.Task[None]] = set()
        self.fault: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None], sending: bool = False) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        for group in (self._tasks, *([self.sending] if sending else [])):
            group.add(task)
            task.add_done_callback(group.discard)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, SettingsError):
            if not self.fault.done():
                self.fault.set_exception(error)
        elif error is not None:
            note(log, "task failed", level=logging.ERROR, error=reason_of(error))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.fault.cancel()


async def _claim(store: Store, platform: str, urgent: bool, beat: Callable[[], None]) -> Delivery | None:
    """The next delivery, whatever goes wrong meanwhile: while nothing can be claimed, this waits and tries again."""
    while True:
        try:
            return await until_back(partial(store.outbox.claim, platform, urgent), beat)
        except UnreadableDelivery as error:
            unit = Unit(UnitKind.DELIVERY, str(error.delivery_id), str(error.chat))
            await asyncio.to_thread(Boundary(store.failures, store.clock).report, unit, str(error))
        except Exception as error:  # noqa: BLE001 - one query must not end the frontend
            note(log, "nothing claimed", level=logging.ERROR, error=reason_of(error), retry_in_s=_PAUSE_S)
            await asyncio.sleep(_PAUSE_S)


async def _follow_once_sent(store: Store, delivery: Delivery, sending: "asyncio.Task[None]", follow: Follow) -> None:
    """Call `follow` when the first message of a question's delivery is posted."""
    await asyncio.wait([sending])
    parts = await asyncio.to_thread(store.sent_messages.parts, f"question:{delivery.question_id}")
    for first in parts[:1]:
        if first.state == PartState.POSTED and first.message_id:
            await follow(delivery, first.message_id)


async def _wait_for_news(wakeup: Wakeup, crew: _Crew) -> None:
    """Return at a wakeup, or when a delivery has ended, because its chat may have another one."""
    waiting = asyncio.create_task(wakeup.wait())
    try:
        await asyncio.wait([waiting, crew.fault, *crew.sending], return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    error = waiting.exception() if waiting.done() and not waiting.cancelled() else None
    if error is not None:
        note(log, "wakeup failed", level=logging.WARNING, error=reason_of(error))
        await asyncio.sleep(_PAUSE_S)
