"""Runs broadcasts whose frontend is killed at a random moment and started again."""

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
from pathlib import Path
from typing import Protocol

import yaml
from sqlalchemy import select

from tests.fakes.edition import DAY, closed_edition
from tests.waiting import until
from workers.domain.chats import ChatRef
from workers.domain.deliveries import PartState, View
from workers.runtime.clock import SystemClock
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

    def messages(self) -> Counter[tuple[str, str]]:
        """Return (chat, beginning of a message) → number of such messages in the chat."""
        ...


@dataclass(frozen=True)
class Outcome:
    """Message parts by state. `twice` counts repeated messages, `lost` counts parts stored as posted but missing.

    `on_their_way` has for each kill the number of messages that were being sent.
    """

    states: Mapping[str, int]
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
        on_their_way: list[int] = []
        with open_store(url, SystemClock(), delivery_lease_s=_LEASE_S) as store:
            closed_edition(store)
            for number in range(rounds):
                chats = range(number * _CHATS + 1, (number + 1) * _CHATS + 1)
                for chat in chats:
                    place.open(chat)
                    store.outbox.request(f"round:{chat}", ChatRef(place.platform, str(chat)), DAY, place.view)
                with _frontend(place, settings) as process:
                    _until_under_way(store, f"round:{chats[0]}")
                    time.sleep(chance.uniform(0, place.longest_s))
                    process.kill()
                    process.wait()
                on_their_way.append(_sending(store))
            with _frontend(place, settings):
                until(lambda: store.outbox.idle(place.platform))
            return _outcome(store, place, on_their_way)


@contextmanager
def _frontend(place: Place, settings: Path) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-P", "-m", "bot", place.platform, "--config", str(settings)]
    environment = {**os.environ, "REDIS_URL": "redis://127.0.0.1:9/0", **place.environment()}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
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


def _outcome(store: Store, place: Place, on_their_way: Sequence[int]) -> Outcome:
    with store.engine.connect() as connection:
        rows = connection.execute(select(delivery.c.chat, part.c.n, part.c.state).join(delivery)).all()
    messages = place.messages()
    in_chat: Counter[str] = Counter()
    for (chat, _), count in messages.items():
        in_chat[chat] += count
    by_chat: Counter[str] = Counter(row.chat for row in rows if row.state == "posted")
    unknown: Counter[str] = Counter(row.chat for row in rows if row.state == "unknown")
    lost = sum(max(0, by_chat[chat] - in_chat[chat]) for chat in by_chat)
    surplus = sum(max(0, in_chat[chat] - by_chat[chat] - unknown[chat]) for chat in in_chat)
    twice = sum(count - 1 for count in messages.values())
    return Outcome(Counter(row.state for row in rows), max(twice, surplus), lost, on_their_way)
