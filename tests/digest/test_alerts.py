"""Owners get at most one alert per day and kind of problem, and no other messages."""

from datetime import date

from workers.digest.alerts import incomplete_sources, no_edition
from workers.domain.chats import ChatRef, direct_chat
from workers.domain.models import SourceReport

DAY = date(2025, 6, 3)
OWNERS = [("telegram", "9"), ("terminal", "here")]


class FakeOutbox:
    """Keeps the first notice of each idempotency key."""

    def __init__(self) -> None:
        self.notices: dict[str, tuple[ChatRef, str]] = {}

    def notify(self, idempotency_key: str, chat: ChatRef, language: str, notice: str) -> bool:
        new = idempotency_key not in self.notices
        self.notices.setdefault(idempotency_key, (chat, notice))
        return new


def test_a_day_without_an_edition_is_told_to_each_owner_once() -> None:
    outbox = FakeOutbox()
    assert no_edition(DAY, "arxiv: HTTP 503", OWNERS, outbox, "ko") == 2
    assert no_edition(DAY, "arxiv: HTTP 503", OWNERS, outbox, "ko") == 0
    assert no_edition(date(2025, 6, 4), "arxiv: HTTP 503", OWNERS, outbox, "ko") == 2
    chat, notice = outbox.notices["alert:failed:2025-06-03:telegram:9"]
    assert chat == direct_chat("telegram", "9")
    assert notice.startswith("2025-06-03 다이제스트를 아직 만들지 못했습니다(")
    assert "arxiv: HTTP 503" in notice


def test_a_source_that_failed_is_named_and_a_quiet_one_is_not() -> None:
    outbox = FakeOutbox()
    reports = [SourceReport("arxiv", "failed", reason="HTTP 503"), SourceReport("lab", "quiet")]
    assert incomplete_sources(DAY, reports, OWNERS[:1], outbox, "en") == 1
    ((_, notice),) = outbox.notices.values()
    assert "arxiv: could not be read (HTTP 503)" in notice
    assert "lab" not in notice


def test_late_and_partial_sources_are_named_too() -> None:
    outbox = FakeOutbox()
    reports = [
        SourceReport("arxiv", "partial", 5, reason="cs.AI: HTTP 503"),
        SourceReport("lab", "late", reason="soon"),
    ]
    assert incomplete_sources(DAY, reports, OWNERS[:1], outbox, "en") == 1
    ((_, notice),) = outbox.notices.values()
    assert "arxiv: only partly read (cs.AI: HTTP 503)" in notice
    assert "lab: not there yet (soon)" in notice


def test_a_good_day_is_no_news() -> None:
    outbox = FakeOutbox()
    assert incomplete_sources(DAY, [SourceReport("arxiv", "ok", 3)], OWNERS, outbox, "ko") == 0
    assert outbox.notices == {}
