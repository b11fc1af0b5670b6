"""An HTTP cache in memory."""

from workers.domain.ports import CachedAnswer


class FakeHttpCache:
    def __init__(self) -> None:
        self.kept: dict[str, CachedAnswer] = {}

    def get(self, key: str) -> CachedAnswer | None:
        return self.kept.get(key)

    def put(self, key: str, answer: CachedAnswer) -> None:
        self.kept[key] = answer
