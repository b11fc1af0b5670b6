"""Tests that the pacer keeps the platforms' limits; the event loop's time jumps from timer to timer."""

import asyncio
import itertools
import random
from collections import Counter

import pytest

from bot.delivery.pacing import BROADCAST, INTERACTIVE, Pacer
from bot.platforms import Limits
from tests.fakes.fast_time import run_fast
from workers.domain.errors import SendRetryable

QUICK = Limits(overall=5, window_s=0.1, chat_gap_s=0.1, group=4)


async def send(pacer: Pacer, chat: str, log: list[tuple[float, str]], priority: int = BROADCAST) -> None:
    async with pacer.turn(chat, group=chat.startswith("-"), priority=priority):
        log.append((asyncio.get_running_loop().time(), chat))


def most_sends_in(window_s: float, times: list[float]) -> int:
    return max(sum(start <= at < start + window_s for at in times) for start in times)


def test_no_window_of_the_platforms_holds_more_however_the_line_bunches_them() -> None:
    """Random network delays let messages that were sent evenly arrive in groups."""

    async def scenario() -> list[float]:
        pacer, arrived, chance = Pacer(QUICK), list[float](), random.Random(7)  # noqa: S311 - no secret

        async def one(chat: str) -> None:
            async with pacer.turn(chat, group=False, priority=BROADCAST):
                before, after = chance.uniform(0, 0.08), chance.uniform(0, 0.02)
                await asyncio.sleep(before)
                arrived.append(asyncio.get_running_loop().time())
                await asyncio.sleep(after)

        await asyncio.gather(*(one(f"{n}") for n in range(60)))
        return sorted(arrived)

    assert most_sends_in(0.0999, run_fast(scenario())) <= QUICK.overall


def test_a_quick_line_is_used_to_the_full() -> None:
    async def scenario() -> list[tuple[float, str]]:
        pacer, log = Pacer(QUICK), list[tuple[float, str]]()
        await asyncio.gather(*(send(pacer, f"{n}", log) for n in range(31)))
        return log

    times = [at for at, _ in run_fast(scenario())]
    assert 0.49 <= times[-1] - times[0] <= 0.7, "31 at 5 in a tenth of a second"


def test_who_gives_up_in_their_turn_gives_it_back() -> None:
    async def scenario() -> None:
        pacer = Pacer(Limits(overall=1, window_s=0.05, chat_gap_s=0))
        for _ in range(3):
            going = asyncio.create_task(send(pacer, "a", []))
            await asyncio.sleep(0)
            going.cancel()
            await asyncio.gather(going, return_exceptions=True)
        await asyncio.wait_for(send(pacer, "b", []), 5)

    run_fast(scenario())


def test_one_chat_waits_for_its_own_gap_and_holds_up_nobody() -> None:
    async def scenario() -> list[tuple[float, str]]:
        pacer, log = Pacer(QUICK), list[tuple[float, str]]()
        await asyncio.gather(*(send(pacer, "a", log) for _ in range(3)), send(pacer, "b", log))
        return log

    log = run_fast(scenario())
    assert Counter(chat for _, chat in log) == {"a": 3, "b": 1}
    a = [at for at, chat in log if chat == "a"]
    assert all(later - earlier >= 0.0999 for earlier, later in itertools.pairwise(a))
    assert [chat for _, chat in log][:2] == ["a", "b"]


def test_who_waits_for_an_answer_goes_before_a_broadcast() -> None:
    async def scenario() -> list[tuple[float, str]]:
        pacer, log = Pacer(QUICK), list[tuple[float, str]]()
        broadcast = [asyncio.create_task(send(pacer, f"{n}", log)) for n in range(20)]
        await asyncio.sleep(0)
        await send(pacer, "person", log, INTERACTIVE)
        await asyncio.gather(*broadcast)
        return log

    assert [chat for _, chat in run_fast(scenario())].index("person") <= QUICK.overall, (
        "next after the sends already under way"
    )


def test_told_to_wait_nothing_is_sent_before_that() -> None:
    async def scenario() -> float:
        pacer, log = Pacer(QUICK), list[tuple[float, str]]()
        await send(pacer, "a", log)
        pacer.halt(0.3)
        pacer.halt(0.1)
        await send(pacer, "b", log, INTERACTIVE)
        return log[1][0] - log[0][0]

    assert run_fast(scenario()) >= 0.299


def test_a_chat_that_is_told_to_wait_waits_alone() -> None:
    async def scenario() -> list[tuple[float, str]]:
        pacer, log = Pacer(QUICK), list[tuple[float, str]]()
        pacer.refused("a", 8)
        pacer.refused("a", 2)
        await asyncio.gather(*(send(pacer, chat, log) for chat in ("a", "b", "c")))
        return log

    log = run_fast(scenario())
    assert [chat for _, chat in log] == ["b", "c", "a"]
    assert log[-1][0] >= 8, "the longer pause counts"


def test_a_long_pause_of_a_chat_is_not_waited_for_and_costs_no_turn() -> None:
    async def scenario() -> float:
        pacer, log = Pacer(Limits(overall=1, window_s=0.1, chat_gap_s=0)), list[tuple[float, str]]()
        waiting = asyncio.create_task(send(pacer, "b", log))
        await asyncio.sleep(0)
        pacer.refused("a", 43_838)
        with pytest.raises(SendRetryable, match="told to wait") as raised:
            await send(pacer, "a", log, INTERACTIVE)
        await waiting
        await send(pacer, "b", log)
        assert [chat for _, chat in log] == ["b", "b"]
        return raised.value.retry_after_s

    assert 43_837 < run_fast(scenario()) <= 43_838


def test_who_waits_when_a_long_pause_begins_is_let_off_too() -> None:
    async def scenario() -> None:
        pacer, log = Pacer(Limits(overall=9, window_s=1, chat_gap_s=5)), list[tuple[float, str]]()
        await send(pacer, "a", log)
        waiting = asyncio.create_task(send(pacer, "a", log))
        await asyncio.sleep(1)
        pacer.refused("a", 600)
        with pytest.raises(SendRetryable):
            await waiting

    run_fast(scenario())


def test_after_three_chats_in_a_row_everybody_waits_until_the_first_may_go_again() -> None:
    async def scenario(between: bool) -> float:
        pacer, log = Pacer(QUICK), list[tuple[float, str]]()
        for chat, seconds in (("a", 43_838), ("b", 6), ("b", 7), ("c", 9)):
            pacer.refused(chat, seconds)
            if between:
                await send(pacer, "other", log)
        await send(pacer, "d", log, INTERACTIVE)
        return log[-1][0]

    assert 6.9 < run_fast(scenario(between=False)) < 7.5
    assert run_fast(scenario(between=True)) < 2, "a send that succeeded says that the pauses are the chats' own"


def test_a_group_has_its_own_minute() -> None:
    moment = 1000.0

    async def scenario() -> None:
        nonlocal moment
        pacer = Pacer(QUICK, now=lambda: moment)
        for _ in range(4):
            await send(pacer, "-1", [])
            moment += 1
        fifth = asyncio.create_task(send(pacer, "-1", []))
        await send(pacer, "2", [])
        assert not fifth.done()
        moment += 57
        other = asyncio.create_task(send(pacer, "3", []))
        await asyncio.sleep(0)
        moment += 1
        await asyncio.wait_for(asyncio.gather(fifth, other), 5)

    run_fast(scenario())


def test_who_gives_up_waiting_takes_no_turn() -> None:
    async def scenario() -> list[tuple[float, str]]:
        pacer, log = Pacer(QUICK), list[tuple[float, str]]()
        await send(pacer, "a", log)
        impatient = asyncio.create_task(send(pacer, "a", log))
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.gather(impatient, return_exceptions=True)
        await send(pacer, "a", log)
        return log

    assert len(run_fast(scenario())) == 2
