"""A way out that remembers, and fails when told to."""

from collections.abc import Sequence

from workers.domain.deliveries import Message


class FakeSender:
    """Takes every message, but raises the next of `faults` first while there is one (None lets it through)."""

    def __init__(self, faults: Sequence[Exception | None] = ()) -> None:
        self.sent: list[tuple[str, str]] = []
        self.silent: list[bool] = []
        self.edited: list[tuple[str, str]] = []
        self.deleted: list[str] = []
        self._faults = list(faults)

    async def send(self, chat: str, thread: str, message: Message, key: str) -> str:
        self._may_fail()
        self.sent.append((chat, message.text))
        self.silent.append(message.silent)
        return f"m{len(self.sent)}"

    async def edit(self, chat: str, message_id: str, message: Message) -> None:
        self._may_fail()
        self.edited.append((message_id, message.text))

    async def delete(self, chat: str, message_id: str) -> None:
        self._may_fail()
        self.deleted.append(message_id)

    def _may_fail(self) -> None:
        fault = self._faults.pop(0) if self._faults else None
        if fault is not None:
            raise fault
