"""A way out that remembers, and fails when told to."""

from collections.abc import Sequence

from workers.domain.deliveries import Message


class FakeSender:
    """Takes every message, but raises the next of `faults` first while there is one (None lets it through)."""

    def __init__(self, faults: Sequence[Exception | None] = ()) -> None:
        self.sent: list[tuple[str, str]] = []
        self._faults = list(faults)

    async def send(self, chat: str, thread: str, message: Message) -> str:
        fault = self._faults.pop(0) if self._faults else None
        if fault is not None:
            raise fault
        self.sent.append((chat, message.text))
        return f"m{len(self.sent)}"
