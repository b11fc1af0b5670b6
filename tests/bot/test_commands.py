"""What people type, and what they get."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.access import Speaker
from bot.commands import Desk, Reply, answer
from tests.fakes.clock import FakeClock
from workers import config
from workers.domain.blocks import Block, Closing, Opening, SectionBlock
from workers.domain.models import Edition
from workers.store import Store
from workers.store.subscriptions import Wanted

MEMBER = Speaker("telegram", "7", "-100")
ADMIN = Speaker("telegram", "8", "-100", manages=True)
OWNER = Speaker("telegram", "9", "9", manages=True)

Desks = Callable[..., Desk]


@pytest.fixture
def desks(store: Store) -> Desks:
    """A desk with these settings; telegram:9 is its owner."""

    def make(**changed: Any) -> Desk:
        settings = config.load(environment={}).model_copy(update={"owners": ("telegram:9",), **changed})
        return Desk(store, settings, settings.closed_list())

    return make


@pytest.fixture
def desk(desks: Desks) -> Desk:
    return desks()


def lines(reply: Reply) -> tuple[str, ...]:
    (block,) = reply.blocks
    assert isinstance(block, Closing)
    return block.lines


def only_line(reply: Reply) -> str:
    return lines(reply)[0]


def shown(line: str, desk: Desk, speaker: Speaker = MEMBER) -> list[Block]:
    return list(answer(line, speaker, "ko", desk).blocks)


def notices(store: Store) -> list[str]:
    """What waits for the owners, in order."""
    found = []
    while delivery := store.outbox.claim("telegram"):
        found.append(f"{delivery.chat}: {delivery.notice}")
        store.outbox.finish(delivery)
    return found


def test_digest_shows_the_whole_edition(desk: Desk, edition: Edition) -> None:
    blocks = shown("/digest", desk)
    assert isinstance(blocks[0], Opening)
    assert isinstance(blocks[-1], Closing)


def test_digest_with_a_category_shows_that_one(desk: Desk, edition: Edition) -> None:
    (block,) = shown("/digest 로보틱스", desk)
    assert isinstance(block, SectionBlock)


def test_an_unknown_category_names_those_there_are(desk: Desk, edition: Edition) -> None:
    told = only_line(answer("/digest 점성술", MEMBER, "ko", desk))
    assert told == "그런 분류가 없습니다. 있는 분류: 로보틱스, 음성·오디오"


def test_without_an_edition_digest_says_so(desk: Desk) -> None:
    assert only_line(answer("/digest", MEMBER, "en", desk)) == "There is no digest yet."


def test_an_edition_that_was_taken_back_is_not_shown(desk: Desk, edition: Edition) -> None:
    desk.store.editions.retract(edition.day)
    assert only_line(answer("/digest", MEMBER, "en", desk)) == "There is no digest yet."


def test_help_names_every_command(desk: Desk) -> None:
    told = lines(answer("/help", MEMBER, "ko", desk))
    assert [line.split(" —")[0] for line in told] == [
        *("/digest", "/digest 분류", "/subscribe", "/unsubscribe", "/help", "/quit"),
    ]


def test_a_question_is_answered_honestly(desk: Desk) -> None:
    assert "아직" in only_line(answer("1번 논문은 무엇을 제안했나요?", MEMBER, "ko", desk))


@pytest.mark.parametrize(("line", "ends"), [("/quit", True), ("/QUIT", True), ("", False), ("/nonsense", False)])
def test_only_goodbye_ends(line: str, ends: bool, desk: Desk) -> None:
    assert answer(line, MEMBER, "en", desk).ends is ends


def test_who_manages_a_chat_subscribes_it_and_the_newest_edition_is_due_at_once(desk: Desk, edition: Edition) -> None:
    told = only_line(answer("/subscribe", ADMIN, "ko", desk))
    assert told == "구독했습니다. 평일 09:00(Asia/Seoul)에 다이제스트를 보내 드립니다."
    (due,) = desk.store.subscriptions.due(desk.store.clock.now())
    assert (due.chat, due.language) == ("-100", "ko")


def test_who_does_not_manage_it_cannot(desk: Desk) -> None:
    for line in ("/subscribe", "/unsubscribe"):
        assert "관리할 수 있고" in only_line(answer(line, MEMBER, "ko", desk))
    assert desk.store.subscriptions.due(desk.store.clock.now()) == []


def test_unsubscribing_pauses_this_thread_alone_and_keeps_its_settings(desk: Desk, bot_clock: FakeClock) -> None:
    for thread in ("", "5"):
        desk.store.subscriptions.add(Wanted("telegram", "-100", bot_clock.now(), thread=thread, slot="07:00"))
    assert "멈추었습니다" in only_line(answer("/unsubscribe", ADMIN, "ko", desk))
    assert [due.thread for due in desk.store.subscriptions.due(bot_clock.now())] == ["5"]


def test_with_approval_a_chat_waits_until_an_owner_says_yes(desks: Desks, edition: Edition) -> None:
    desk = desks(access="approve")
    assert "운영자에게" in only_line(answer("/subscribe", ADMIN, "ko", desk))
    assert desk.store.subscriptions.due(desk.store.clock.now()) == []
    assert notices(desk.store) == [
        "9: telegram:-100 채팅에서 구독을 신청했습니다. 승인하려면 /approve telegram:-100 을 입력하세요."
    ]
    answer("/subscribe", ADMIN, "ko", desk)
    assert notices(desk.store) == [], "asked once a day"
    assert "운영자만" in only_line(answer("/approve telegram:-100", ADMIN, "ko", desk))
    assert only_line(answer("/approve telegram:-100", OWNER, "ko", desk)) == "승인했습니다: telegram:-100"
    assert [due.chat for due in desk.store.subscriptions.due(desk.store.clock.now())] == ["-100"]
    assert "기다리는 채팅이 아닙니다" in only_line(answer("/approve telegram:-100", OWNER, "ko", desk))


def test_a_list_lets_in_who_stands_on_it_and_the_owner(desks: Desks) -> None:
    desk = desks(access="list", allowed=("telegram:-200",))
    assert "허락된" in only_line(answer("/subscribe", ADMIN, "ko", desk))
    assert "구독했습니다" in only_line(answer("/subscribe", Speaker("telegram", "8", "-200", manages=True), "ko", desk))
    assert "구독했습니다" in only_line(answer("/subscribe", OWNER, "ko", desk))


def test_a_code_makes_one_owner_once_and_not_for_ever(desk: Desk, bot_clock: FakeClock) -> None:
    code = desk.store.owners.new_code()
    assert "맞지 않거나" in only_line(answer("/owner WRONG-CODE", ADMIN, "ko", desk))
    assert "이제 운영자" in only_line(answer(f"/owner {code.lower()}", ADMIN, "ko", desk))
    assert "맞지 않거나" in only_line(answer(f"/owner {code}", MEMBER, "ko", desk))
    assert desk.store.owners.all() == [("telegram", "8")]
    late = desk.store.owners.new_code()
    bot_clock.advance(24 * 3600)
    assert "맞지 않거나" in only_line(answer(f"/owner {late}", MEMBER, "ko", desk))


def test_a_new_code_voids_the_one_before(desk: Desk) -> None:
    first, _ = desk.store.owners.new_code(), desk.store.owners.new_code()
    assert "맞지 않거나" in only_line(answer(f"/owner {first}", ADMIN, "ko", desk))
