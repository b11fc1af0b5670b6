"""Runs broadcasts whose frontend is killed at a random moment, beside chats and updates with faults of their own."""

import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import yaml
from sqlalchemy import select

from tests.chaos.neighbours import Trouble, is_flooded, request, spoil
from tests.e2e.running import Rehearsal
from tests.fakes.edition import DAY, closed_edition
from tests.waiting import until
from workers.domain.chats import ChatRef
from workers.domain.deliveries import PartState, View
from workers.domain.units import UnitKind
from workers.runtime.clock import system_clock
from workers.store import Store, open_store
from workers.store.tables import delivery, part

_CHATS = 10
_LEASE_S = 3.0


class Place(Protocol):
    """A platform's fake server as the rounds use it."""

    @property
    def platform(self) -> str: ...

    @property
    def view(self) -> View: ...

    @property
    def longest_s(self) -> float:
        """Seconds after a broadcast's beginning within which the frontend is killed."""
        ...

    def environment(self) -> Mapping[str, str]: ...

    def open(self, chat: int) -> None:
        """Create the chat on the server."""
        ...

    def neighbours(self, base: int) -> Mapping[Trouble, ChatRef]:
        """Create a round's chats with a fault of their own; their numbers are `base` and what `number_of` adds."""
        ...

    def disturb(self) -> None:
        """Send updates that make no sense."""
        ...

    def messages(self) -> Counter[tuple[str, str]]:
        """Return (chat, beginning of a message) → number of such messages in the chat."""
        ...


@dataclass(frozen=True)
class Outcome:
    """Message parts by state. `twice` counts repeated messages, `lost` counts parts stored as posted but missing.

    `neighbours` are the states of the parts of chats with a fault of their own, which count for `twice` and `lost` too.
    `restarts` is how often a frontend ended that was not killed. `on_their_way` has for each kill the number of
    messages that were being sent.
    """

    states: Mapping[str, int]
    neighbours: Mapping[str, int]
    restarts: int
    twice: int
    lost: int
    on_their_way: Sequence[int]


def run(place: Place, rounds: int, seed: int) -> Outcome:
    """Run `rounds` broadcasts to new chats with a kill -9 in each; a last process then finishes the work."""
    chance = random.Random(seed)  # noqa: S311 - which moment is no secret
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/store.db"
        settings = Path(folder) / "settings.yaml"
        settings.write_text(yaml.safe_dump({"store": {"url": url}, "lease": {"delivery_s": _LEASE_S}}), "utf-8")
        clock = Rehearsal(Path(folder) / "ahead")
        clock.move_to(datetime.now(UTC))
        environment = {**clock.environment, **place.environment()}
        on_their_way: list[int] = []
        ended = 0
        with open_store(url, system_clock(environment), delivery_lease_s=_LEASE_S) as store:
            closed_edition(store)
            spoil(store)
            for number in range(rounds):
                chats = range(number * 100 + 1, number * 100 + _CHATS + 1)
                for chat in chats:
                    place.open(chat)
                    store.outbox.request(f"round:{chat}", ChatRef(place.platform, str(chat)), DAY, place.view)
                request(store, place.neighbours(number * 100), place.view)
                with _frontend(place, settings, environment) as process:
                    _until_under_way(store, f"round:{chats[0]}")
                    place.disturb()
                    time.sleep(chance.uniform(0, place.longest_s))
                    ended += process.poll() is not None
                    process.kill()
                    process.wait()
                on_their_way.append(_sending(store))
            with _frontend(place, settings, environment) as process:
                until(lambda: not _open(store, "round:%"))
                until(lambda: _given_up(store, clock), every_s=0.3)
                ended += process.poll() is not None
            return _outcome(store, place, on_their_way, ended)


def _open(store: Store, keys: str) -> dict[int, str]:
    """The id and the chat of each open delivery whose idempotency key is like `keys`."""
    columns = select(delivery.c.id, delivery.c.chat)
    with store.engine.connect() as connection:
        query = columns.where(delivery.c.done_at.is_(None), delivery.c.idempotency_key.like(keys))
        return {row.id: row.chat for row in connection.execute(query)}


def _given_up(store: Store, clock: Rehearsal) -> bool:
    """Whether only chats that have to wait an hour are left; else time passes, once all others wait for their next try.

    A delivery that is being tried does not wait: its lease would expire.
    """
    left = {number for number, chat in _open(store, "%").items() if not is_flooded(chat)}
    tries = [each for each in store.failures.newest(1000) if each.unit.kind is UnitKind.DELIVERY and each.attempts]
    waiting = {int(each.unit.key): each.retry_at for each in tries if each.retry_at and each.unit.key.isdigit()}
    now = store.clock.now()
    if left and all(waiting.get(number, now) > now for number in left):
        clock.move_to(max(waiting[number] for number in left))
    return not left


@contextmanager
def _frontend(place: Place, settings: Path, environment: Mapping[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-P", "-m", "bot", place.platform, "--config", str(settings)]
    everything = {**os.environ, "REDIS_URL": "redis://127.0.0.1:9/0", **environment}
    with subprocess.Popen(command, env=everything, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def _until_under_way(store: Store, idempotency_key: str) -> None:
    until(lambda: store.sent_messages.parts(idempotency_key))


def _sending(store: Store) -> int:
    """Return the number of parts being sent. Raises AssertionError if a delivery has more than one."""
    with store.engine.connect() as connection:
        query = select(part.c.delivery_id).where(part.c.state == PartState.SENDING)
        deliveries = connection.execute(query).scalars().all()
    assert len(deliveries) == len(set(deliveries))
    return len(deliveries)


def _outcome(store: Store, place: Place, on_their_way: Sequence[int], restarts: int) -> Outcome:
    with store.engine.connect() as connection:
        query = select(delivery.c.chat, delivery.c.idempotency_key, part.c.n, part.c.state).join(delivery)
        rows = connection.execute(query).all()
    messages = place.messages()
    in_chat: Counter[str] = Counter()
    for (chat, _), count in messages.items():
        in_chat[chat] += count
    by_chat: Counter[str] = Counter(row.chat for row in rows if row.state == "posted")
    unknown: Counter[str] = Counter(row.chat for row in rows if row.state == "unknown")
    lost = sum(max(0, by_chat[chat] - in_chat[chat]) for chat in by_chat)
    surplus = sum(max(0, in_chat[chat] - by_chat[chat] - unknown[chat]) for chat in in_chat)
    twice = sum(count - 1 for count in messages.values())
    states = Counter(row.state for row in rows if row.idempotency_key.startswith("round:"))
    neighbours = Counter(row.state for row in rows if row.idempotency_key.startswith("neighbour:"))
    return Outcome(states, neighbours, restarts, max(twice, surplus), lost, on_their_way)
