"""A question on Discord from end to end: asked, answered sentence by sentence, also across a restart."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.runtime.sample import MORNING
from tests.e2e.conftest import Rehearsal
from tests.e2e.running import Running, running, until
from tests.e2e.test_questions import PAGE, writes
from tests.e2e.test_telegram import QUICK, ROWS
from tests.fakes.discord import TOKEN, DiscordServer, serving
from tests.fakes.openai import Endpoint
from tests.fakes.openai import serving as openai
from tests.fakes.web import Answer, web
from workers.runtime.clock import system_clock
from workers.store import Store, open_store

LAB = 501


@pytest.fixture
def server() -> Iterator[DiscordServer]:
    with serving() as fake:
        fake.room(LAB)
        yield fake


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    with openai(writes) as told:
        told.pause_s = 0.5
        for name, value in (("API_KEY", "sk-x"), ("BASE_URL", told.url), ("MODEL", "gpt-test")):
            monkeypatch.setenv(f"OPENAI_{name}", value)
        yield told


@pytest.fixture
def run(
    server: DiscordServer,
    endpoint: Endpoint,
    settings_file: Callable[..., Path],
    tmp_path: Path,
    rehearsal: Rehearsal,
) -> Iterator[Running]:
    rehearsal.move_to(MORNING)
    gateway, api = server.url.replace("http", "ws") + "/gw", f"{server.url}/api/v10"
    token = {"DISCORD_BOT_TOKEN": TOKEN, "DISCORD_API_URL": api, "DISCORD_GATEWAY_URL": gateway}
    with web(Answer(body=json.dumps(ROWS).encode())) as source, web(Answer(body=PAGE.encode())) as arxiv:
        settings = settings_file(
            [{"name": "huggingface", "kind": "huggingface", "url": source.url}],
            **{**QUICK, "arxiv": {"min_interval_s": 0, "base_url": arxiv.url}},
        )
        with running(settings, tmp_path, {**rehearsal.environment, **token}) as started:
            yield started


@pytest.fixture
def store(run: Running, server: DiscordServer, rehearsal: Rehearsal) -> Iterator[Store]:
    with open_store(f"sqlite:///{run.folder / 'store.db'}", system_clock(rehearsal.environment)) as opened:
        until(lambda: opened.texts.newest("ko") and server.online, told=run.err)
        yield opened


def shown(server: DiscordServer) -> list[str]:
    return [text for text in server.texts(LAB) if "1,234개" in text]


def question(store: Store) -> str:
    """About the paper on robots that think, by its number."""
    day = store.texts.newest("ko")
    text = store.texts.get(day, "ko") if day else None
    assert text is not None
    return f"{next(paper.n for paper in text.digest.papers if 'think' in paper.title)}번 논문의 데이터셋 규모는?"


@pytest.mark.parametrize("restarted", [False, True], ids=["undisturbed", "with a restart in between"])
def test_a_question_is_answered_sentence_by_sentence_and_once(
    restarted: bool, server: DiscordServer, run: Running, store: Store
) -> None:
    server.command("ask", LAB, question=question(store))
    until(lambda: shown(server), told=run.err)
    if restarted:
        server.online = False
        run.kill("discord")
        until(lambda: server.online, told=run.err)
    else:
        assert "12곳" not in shown(server)[0], "the second sentence is still being written"
    until(lambda: "12곳" in shown(server)[0], told=run.err)
    until(lambda: store.outbox.idle("discord") and not store.questions.unanswered(), told=run.err)
    assert len(shown(server)) == 1
    assert not any("질문을 받았습니다" in text for text in server.texts(LAB))
