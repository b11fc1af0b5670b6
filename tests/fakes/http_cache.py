"""An HTTP cache in memory."""

from workers.domain.ports import CachedAnswer


class FakeHttpCache:
    def __init__(self) -> None:
        self.kept: dict[str, CachedAnswer] = {}

    def get(self, url: str) -> CachedAnswer | None:
        return self.kept.get(url)

    def put(self, url: str, answer: CachedAnswer) -> None:
        self.kept[url] = answer
