"""Tests the replies to the lines that people type."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.commands.context import Reply, Services
from bot.commands.permissions import Actor
from bot.commands.router import answer
from bot.commands.subscriptions import target
from tests.fakes.clock import FakeClock
from tests.fakes.subscriptions import NewSubscription
from workers import config
from workers.domain.blocks import Block, ChoiceBlock, OverviewBlock, SectionBlock, TextBlock
from workers.domain.chats import ChatRef, direct_chat
from workers.domain.deliveries import Notify
from workers.domain.models import Edition
from workers.domain.questions import QuestionRequest
from workers.domain.units import Unit, UnitKind
from workers.store import Store

MEMBER = Actor("7", ChatRef("telegram", "-100"))
ADMIN = Actor("8", ChatRef("telegram", "-100"), manages=True)
OWNER = Actor("9", ChatRef("telegram", "9"), manages=True)

MakeServices = Callable[..., Services]


@pytest.fixture
def make_services(store: Store) -> MakeServices:
    """Makes services with the changed settings; telegram:9 is their owner."""

    def make(**changed: Any) -> Services:
        settings = config.load(environment={}).model_copy(update={"owners": ("telegram:9",), **changed})
        return Services(store, settings, settings.closed_list())

    return make


@pytest.fixture
def services(make_services: MakeServices) -> Services:
    return make_services()


def lines(reply: Reply) -> tuple[str, ...]:
    block, *_ = reply.blocks
    assert isinstance(block, TextBlock)
    return block.lines


def only_line(reply: Reply) -> str:
    return lines(reply)[0]


def shown(line: str, services: Services, actor: Actor = MEMBER) -> list[Block]:
    return list(answer(line, actor, "ko", services).blocks)


def notices(store: Store) -> list[str]:
    """Return the owners' pending notices in order and finish them."""
    found = []
    while delivery := store.outbox.claim("telegram"):
        found.append(f"{delivery.chat.chat}: {delivery.notice}")
        store.outbox.finish(delivery)
    return found


def test_digest_shows_the_whole_edition(services: Services, edition: Edition) -> None:
    blocks = shown("/digest", services)
    assert isinstance(blocks[0], OverviewBlock)
    assert isinstance(blocks[-1], TextBlock)


def test_digest_with_a_category_shows_that_one(services: Services, edition: Edition) -> None:
    block, choices = shown("/digest 로보틱스", services)
    assert isinstance(block, SectionBlock)
    assert isinstance(choices, ChoiceBlock)
    assert [choice.line for choice in choices.choices] == ["/ask 2025-06-03 1"]


@pytest.mark.parametrize("space", ["\n", "\t", " \r\n ", "\u00a0", "\u3000"])
def test_any_white_space_separates_the_words_of_a_command(space: str, services: Services, edition: Edition) -> None:
    assert shown(f"/digest{space}2025-06-03{space}로보틱스", services) == shown("/digest 2025-06-03 로보틱스", services)
    assert shown(f" /DIGEST{space}로보틱스", services) == shown("/digest 로보틱스", services)
    assert target(f"/settings{space}12{space}time") == 12


def test_an_unknown_category_names_those_there_are(services: Services, edition: Edition) -> None:
    line = only_line(answer("/digest 점성술", MEMBER, "ko", services))
    assert line == "그런 분류가 없습니다. 있는 분류: 로보틱스, 음성·오디오"


def test_without_an_edition_digest_says_so(services: Services) -> None:
    assert only_line(answer("/digest", MEMBER, "en", services)) == "There is no digest yet."


def test_an_edition_that_was_taken_back_is_not_shown(services: Services, edition: Edition) -> None:
    services.store.editions.retract(edition.day)
    assert only_line(answer("/digest", MEMBER, "en", services)) == "There is no digest yet."


def test_help_names_every_command(services: Services) -> None:
    help_lines = lines(answer("/help", MEMBER, "ko", services))
    assert [line.split(" —")[0] for line in help_lines] == [
        *("/digest", "/digest 2025-06-03 로보틱스", "/subscribe", "/unsubscribe", "/settings", "/language", "/test"),
        *("/ask 질문", "/forget", "/help"),
    ]


def test_a_question_is_kept_and_its_answer_comes_by_the_outbox(services: Services) -> None:
    assert answer("1번 논문은 무엇을 제안했나요?", MEMBER, "ko", services) == Reply()
    assert services.store.questions.unanswered() == [1]


@pytest.mark.parametrize(("line", "ends"), [("/quit", True), ("/QUIT", True), ("", False), ("/nonsense", False)])
def test_only_goodbye_ends(line: str, ends: bool, services: Services) -> None:
    assert answer(line, MEMBER, "en", services).ends is ends


def test_who_manages_a_chat_subscribes_it_and_the_newest_edition_is_due_at_once(
    services: Services, edition: Edition
) -> None:
    line = only_line(answer("/subscribe", ADMIN, "ko", services))
    assert line == "구독했습니다. 평일 09:00(Asia/Seoul)에 다이제스트를 보내 드립니다."
    (due,) = services.store.subscriptions.due(services.store.clock.now())
    assert (due.chat, due.view.language) == (ChatRef("telegram", "-100"), "ko")


def test_a_new_subscription_takes_its_defaults_from_the_settings(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        'subscription: {time: "18:30", zone: Europe/Berlin, weekdays: [sun, sat], notify: never}', encoding="utf-8"
    )
    settings = config.load(file, environment={})
    answer("/subscribe", ADMIN, "ko", Services(store, settings, settings.closed_list()))
    kept = store.subscriptions.of(ChatRef("telegram", "-100"))
    assert kept is not None
    assert (kept.slot, kept.zone, kept.weekdays, kept.notify) == ("18:30", "Europe/Berlin", (5, 6), Notify.NEVER)


def test_who_does_not_manage_it_cannot(services: Services) -> None:
    for line in ("/subscribe", "/unsubscribe"):
        assert "관리할 수 있고" in only_line(answer(line, MEMBER, "ko", services))
    assert services.store.subscriptions.due(services.store.clock.now()) == []


def test_unsubscribing_pauses_this_thread_alone_and_keeps_its_settings(
    services: Services, bot_clock: FakeClock
) -> None:
    for thread in ("", "5"):
        services.store.subscriptions.add(
            NewSubscription(ChatRef("telegram", "-100", thread), bot_clock.now(), slot="07:00")
        )
    assert "멈추었습니다" in only_line(answer("/unsubscribe", ADMIN, "ko", services))
    assert [due.chat.thread for due in services.store.subscriptions.due(bot_clock.now())] == ["5"]


def test_with_approval_a_chat_waits_until_an_owner_says_yes(make_services: MakeServices, edition: Edition) -> None:
    services = make_services(access="approve")
    assert "운영자에게" in only_line(answer("/subscribe", ADMIN, "ko", services))
    assert services.store.subscriptions.due(services.store.clock.now()) == []
    assert notices(services.store) == [
        "@9: telegram:-100 채팅에서 구독을 신청했습니다. 승인하려면 /approve telegram:-100 을 입력하세요."
    ]
    answer("/subscribe", ADMIN, "ko", services)
    assert notices(services.store) == [], "asked once a day"
    assert "운영자만" in only_line(answer("/approve telegram:-100", ADMIN, "ko", services))
    assert only_line(answer("/approve telegram:-100", OWNER, "ko", services)) == "승인했습니다: telegram:-100"
    assert [due.chat.chat for due in services.store.subscriptions.due(services.store.clock.now())] == ["-100"]
    assert "기다리는 채팅이 아닙니다" in only_line(answer("/approve telegram:-100", OWNER, "ko", services))


def test_a_list_lets_in_who_stands_on_it_and_the_owner(make_services: MakeServices) -> None:
    services = make_services(access="list", allowed=("telegram:-200",))
    assert "허락된" in only_line(answer("/subscribe", ADMIN, "ko", services))
    assert "구독했습니다" in only_line(
        answer("/subscribe", Actor("8", ChatRef("telegram", "-200"), manages=True), "ko", services)
    )
    assert "구독했습니다" in only_line(answer("/subscribe", OWNER, "ko", services))


def test_a_code_makes_one_owner_once_and_not_for_ever(services: Services, bot_clock: FakeClock) -> None:
    code = services.store.owners.new_code()
    assert "맞지 않거나" in only_line(answer("/owner WRONG-CODE", ADMIN, "ko", services))
    assert "이제 운영자" in only_line(answer(f"/owner {code.lower()}", ADMIN, "ko", services))
    assert "맞지 않거나" in only_line(answer(f"/owner {code}", MEMBER, "ko", services))
    assert services.store.owners.all() == [("telegram", "8")]
    late = services.store.owners.new_code()
    bot_clock.advance(24 * 3600)
    assert "맞지 않거나" in only_line(answer(f"/owner {late}", MEMBER, "ko", services))


def test_a_new_code_voids_the_one_before(services: Services) -> None:
    first, _ = services.store.owners.new_code(), services.store.owners.new_code()
    assert "맞지 않거나" in only_line(answer(f"/owner {first}", ADMIN, "ko", services))


@pytest.mark.parametrize("arguments", ["2025-06-03", "20250603", "6/3", "2025.6.3", "2025-06-03 en"])
def test_a_day_is_asked_for_as_people_write_it(arguments: str, services: Services, edition: Edition) -> None:
    opening, *_ = shown(f"/digest {arguments}", services)
    assert isinstance(opening, OverviewBlock)
    assert opening.title.startswith("AI papers" if arguments.endswith("en") else "2025년 6월 3일")


@pytest.mark.parametrize("arguments", ["2025-06-02", "2025-13-40 robotics", "2025-06-02 로보틱스"])
def test_a_day_without_an_edition_is_not_made(arguments: str, services: Services, edition: Edition) -> None:
    assert not isinstance(shown(f"/digest {arguments}", services)[0], OverviewBlock)


def test_a_section_is_asked_for_by_its_place(services: Services, edition: Edition) -> None:
    section, _ = shown("/digest 2025-06-03 2 ko", services)
    assert isinstance(section, SectionBlock)
    assert section.name == "음성·오디오"


def test_the_newest_digest_is_posted_now_unless_it_stands_there(services: Services, edition: Edition) -> None:
    answer("/subscribe", ADMIN, "ko", services, "telegram:1")
    first = answer("/post 1", ADMIN, "ko", services, "telegram:2")
    assert "곧 올립니다" in only_line(first)
    assert "이미 올렸습니다" in only_line(answer("/post 1", ADMIN, "ko", services, "telegram:3"))
    answer("/settings layout compact", ADMIN, "ko", services, "telegram:4")
    assert "곧 올립니다" in only_line(answer("/post 1", ADMIN, "ko", services, "telegram:5")), "it looks different now"


def test_a_preview_comes_in_private_as_the_settings_have_it(services: Services, edition: Edition) -> None:
    answer("/subscribe", ADMIN, "ko", services, "telegram:1")
    answer("/settings layout compact", ADMIN, "ko", services, "telegram:2")
    answer("/test", ADMIN, "ko", services, "telegram:3")
    delivery = services.store.outbox.claim("telegram")
    assert delivery is not None
    assert delivery.chat == direct_chat("telegram", "8")
    assert (delivery.view.layout, delivery.view.place) == ("compact", "private")


def test_a_digest_comes_as_its_chat_sees_them(services: Services, edition: Edition) -> None:
    answer("/subscribe", ADMIN, "ko", services, "telegram:1")
    answer("/settings categories robotics", ADMIN, "ko", services, "telegram:2")
    reply = answer("/digest", ADMIN, "ko", services, "telegram:3")
    assert isinstance(reply.blocks[1], ChoiceBlock)
    delivery = services.store.outbox.claim("telegram")
    assert delivery is not None
    assert delivery.view.categories == ("Robotics",)


def test_questions_have_a_daily_limit_told_in_a_friendly_line(make_services: MakeServices) -> None:
    services = make_services(questions=config.QuestionSettings(per_person_a_day=2, deadline_s=1))
    replies = [answer(f"{n}번 논문은?", MEMBER, "ko", services, f"telegram:{n}") for n in range(3)]
    assert [bool(reply.blocks) for reply in replies] == [False, False, True]
    assert only_line(replies[2]) == "오늘은 질문을 2개까지 받습니다. 내일 다시 물어봐 주세요."


def test_status_is_the_owners_alone(services: Services, edition: Edition) -> None:
    assert "운영자만" in only_line(answer("/status", MEMBER, "ko", services))
    status_lines = lines(answer("/status", OWNER, "ko", services))
    assert status_lines[1] == "최근 호: 2025-06-03, 모은 논문 3편 중 3편"
    assert "구독: 0곳, 쉬는 곳 0곳" in status_lines


def test_the_status_counts_the_failures_that_it_does_not_list(services: Services) -> None:
    for n in range(23):
        services.store.failures.report(Unit(UnitKind.DELIVERY, f"{n}", f"telegram:{n}"), "a reason")
    status_lines = lines(answer("/status", OWNER, "ko", services))
    assert sum("a reason" in line for line in status_lines) == 20
    assert status_lines[-1] == "그 밖의 실패한 작업 3개"


def test_a_question_is_stored_without_what_no_database_takes(services: Services, store: Store) -> None:
    answer("half of a pair: \ud83d,\x00\x1b[2J\n\n1번 논문은?", MEMBER, "ko", services, "telegram:1")
    (number,) = store.questions.unanswered()
    question = store.questions.get(number)
    assert question is not None
    assert question.asked.text == "half of a pair: ?, [2J\n\n1번 논문은?"


def test_a_question_is_asked_again_in_its_own_chat_alone(services: Services, store: Store) -> None:
    chat = ChatRef("telegram", "-100", "5")
    number = store.questions.ask("telegram:1", QuestionRequest(chat, "7", "ko", "왜?"))
    for elsewhere in (ChatRef("telegram", "-200"), ChatRef("discord", "-100")):
        answer(f"/again {number} 1", Actor("7", elsewhere), "ko", services)
    assert store.questions.unanswered() == [number]
    answer(f"/again {number} 1", MEMBER, "ko", services)
    again = store.questions.get(store.questions.unanswered()[-1])
    assert again is not None
    assert (again.asked.chat, again.asked.text) == (MEMBER.chat, "[1] 왜?")
