"""Tests that a question on Discord is answered sentence by sentence, also after a restart."""

from collections.abc import Iterator

import pytest

from tests.e2e.asking import page, writes
from tests.e2e.running import Program, program
from tests.e2e.test_discord import environment, kill_frontend
from tests.e2e.test_telegram import PAPERS, TITLES
from tests.fakes.discord import DiscordServer, serving
from tests.fakes.openai import serving as openai
from tests.fakes.web import Answer, web
from workers.store import Store

CALM, RESTARTED = 501, 502


@pytest.fixture(scope="module")
def server() -> Iterator[DiscordServer]:
    with serving() as fake:
        fake.room(CALM)
        fake.room(RESTARTED)
        yield fake


@pytest.fixture(scope="module")
def paperboy(server: DiscordServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with openai(writes) as endpoint, web(Answer(body=page(TITLES[0]))) as site:
        endpoint.pause_s = 0.5
        model = {"OPENAI_API_KEY": "sk-x", "OPENAI_BASE_URL": endpoint.url, "OPENAI_MODEL": "gpt-test"}
        arxiv = {"min_interval_s": 0, "base_url": site.url}
        folder = tmp_path_factory.mktemp("discord")
        with program(folder, {**environment(server), **model}, PAPERS, arxiv=arxiv) as running:
            running.run.until(lambda: server.online)
            yield running


def shown(server: DiscordServer, channel: int) -> list[str]:
    return [text for text in server.texts(channel) if "1,234개" in text]


def question(store: Store) -> str:
    """Return a question that names the paper on thinking robots by its number."""
    day = store.texts.newest("ko")
    text = store.texts.get(day, "ko") if day else None
    assert text is not None
    return f"{next(paper.n for paper in text.digest.papers if 'think' in paper.title)}번 논문의 데이터셋 규모는?"


@pytest.mark.parametrize("channel", [CALM, RESTARTED], ids=["undisturbed", "with a restart in between"])
def test_a_question_is_answered_sentence_by_sentence_and_once(
    channel: int, server: DiscordServer, paperboy: Program
) -> None:
    run, store = paperboy.run, paperboy.store
    run.until(lambda: server.online)
    server.command("ask", channel, question=question(store))
    run.until(lambda: shown(server, channel))
    if channel == RESTARTED:
        kill_frontend(paperboy, server)
        run.until(lambda: server.online)
    else:
        assert "12곳" not in shown(server, channel)[0], "the second sentence is still being written"
    run.until(lambda: "12곳" in shown(server, channel)[0])
    run.until(lambda: store.outbox.idle("discord") and not store.questions.unanswered())
    assert len(shown(server, channel)) == 1
    assert not any("질문을 받았습니다" in text for text in server.texts(channel))
