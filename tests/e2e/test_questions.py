"""Questions from end to end: asked in a chat, answered from the paper, once, whatever dies in between."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.runtime.sample import MORNING
from tests.e2e.conftest import Rehearsal
from tests.e2e.running import Running, running, until
from tests.e2e.test_telegram import QUICK, ROWS
from tests.fakes.openai import Endpoint, material
from tests.fakes.openai import serving as openai
from tests.fakes.telegram import TOKEN, TelegramServer, serving
from tests.fakes.telegram_wire import Posted
from tests.fakes.web import Answer, web
from workers.runtime.clock import system_clock
from workers.store import Store, open_store

READER = 8
FILLER = "Robots fall often, and nobody has counted how often they do so in homes with carpets and cats. " * 12
PAGE = f"""<html><body><article>
<h1 class="ltx_title ltx_title_document">Let's &lt;think&gt; about robots</h1>
<section id="S1"><h2 class="ltx_title">1 Introduction</h2>
<div id="S1.p1" class="ltx_para"><p class="ltx_p">{FILLER}</p></div></section>
<section id="S3"><h2 class="ltx_title">3 Data</h2>
<div id="S3.p2" class="ltx_para"><p class="ltx_p">The training dataset holds 1,234 demonstrations of robots that were
collected in 12 kitchens.</p></div></section></article></body></html>"""


@pytest.fixture
def readable() -> threading.Event:
    """Until it is set arXiv does not answer."""
    return threading.Event()


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with serving() as fake:
        fake.room(READER, "private")
        yield fake


@pytest.fixture
def run(
    server: TelegramServer,
    settings_file: Callable[..., Path],
    tmp_path: Path,
    rehearsal: Rehearsal,
    readable: threading.Event,
) -> Iterator[Running]:
    rehearsal.move_to(MORNING)
    environment = {**rehearsal.environment, "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": server.url}
    with (
        web(Answer(body=json.dumps(ROWS).encode())) as source,
        web(Answer(body=PAGE.encode(), hold=readable)) as arxiv,
    ):
        settings = settings_file(
            [{"name": "huggingface", "kind": "huggingface", "url": source.url}],
            **{**QUICK, "arxiv": {"min_interval_s": 0, "base_url": arxiv.url}},
        )
        with running(settings, tmp_path, environment) as started:
            yield started


@pytest.fixture
def store(run: Running, rehearsal: Rehearsal) -> Iterator[Store]:
    with open_store(f"sqlite:///{run.folder / 'store.db'}", system_clock(rehearsal.environment)) as opened:
        until(lambda: opened.texts.newest("ko"), told=run.err)
        yield opened


def robots(server: TelegramServer, run: Running) -> Posted:
    """The posted section with the robotics papers."""
    server.say(READER, READER, "/digest")
    until(lambda: any("로보틱스" in text and "1 + 1" in text for text in server.texts(READER)), told=run.err)
    return next(each for each in server.posted if "로보틱스" in each.text and "1 + 1" in each.text)


def ask(server: TelegramServer, post: Posted) -> None:
    """The reader answers the section with a question about the paper on robots that think."""
    place = [line for line in post.text.splitlines() if line[:1].isdigit()]
    number = next(line.partition(".")[0] for line, title in zip(place, _titles(post), strict=False) if "think" in title)
    server.say(READER, READER, f"{number}번 논문의 데이터셋 규모는?", reply_to_message=server.wire(post))


def _titles(post: Posted) -> list[str]:
    lines = post.text.splitlines()
    return [lines[n + 1] for n, line in enumerate(lines[:-1]) if line[:1].isdigit() and ". " in line[:5]]


def answers(server: TelegramServer) -> list[str]:
    return [text for text in server.texts(READER) if "1,234 demonstrations" in text]


def test_a_reply_to_a_section_is_answered_from_the_paper(
    server: TelegramServer, run: Running, store: Store, readable: threading.Event
) -> None:
    readable.set()
    ask(server, robots(server, run))
    until(lambda: answers(server), told=run.err)
    (answer,) = answers(server)
    assert "Let's <think> about robots" in answer.splitlines()[0]
    assert "전문(HTML)을 읽었습니다." in answer
    assert "[3 Data]" in answer
    kept = store.questions.get(1)
    assert kept is not None
    assert kept.answer is not None
    assert kept.answer.sentences[0].cites[0].url.endswith("#S3.p2")
    assert not any("질문을 받았습니다" in text for text in server.texts(READER)), "the answer took its place"


@pytest.mark.parametrize("victim", ["questions", "telegram", "valkey", "all that Valkey holds"])
def test_whatever_dies_while_it_is_answered_it_is_answered_once(
    victim: str, server: TelegramServer, run: Running, store: Store, readable: threading.Event
) -> None:
    ask(server, robots(server, run))
    until(lambda: store.questions.get(1) and not store.questions.unanswered(), told=run.err)  # it is being answered
    run.kill(victim) if victim in run.parts() else run.flush()
    readable.set()
    until(lambda: answers(server), told=run.err)
    until(lambda: store.outbox.idle("telegram"), told=run.err)
    assert len(answers(server)) == 1


def writes(body: dict[str, Any]) -> str:
    """The model's answer of two sentences; labels and the digest's texts are not its business here."""
    shown = material(body)
    if "question" not in shown:
        return "{}"
    name = next(each["id"] for each in shown["passages"] if "1,234" in each["text"])
    place = {"cites": [name], "quote": "The training dataset holds 1,234 demonstrations of robots"}
    first = {"text": "학습 데이터셋에는 시연 1,234개가 있습니다.", **place}
    second = {"text": "시연은 부엌 12곳에서 모았습니다.", **place}
    return json.dumps({"answerable": True, "sentences": [first, second]}, ensure_ascii=False)


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    with openai(writes) as told:
        told.pause_s = 0.4
        for name, value in (("API_KEY", "sk-x"), ("BASE_URL", told.url), ("MODEL", "gpt-test")):
            monkeypatch.setenv(f"OPENAI_{name}", value)
        yield told


def test_with_a_model_the_answer_is_shown_sentence_by_sentence(
    endpoint: Endpoint, server: TelegramServer, run: Running, store: Store, readable: threading.Event
) -> None:
    readable.set()
    ask(server, robots(server, run))
    until(lambda: any("1,234개" in text for text in server.texts(READER)), told=run.err)
    answer = next(each for each in server.posted if "1,234개" in each.text)
    assert "12곳" not in answer.text, "the second sentence is still being written"
    assert store.questions.unanswered() == []
    until(lambda: "12곳" in answer.text, told=run.err)

    def kept() -> list[str]:
        question = store.questions.get(1)
        return [each.text for each in question.answer.sentences] if question and question.answer else []

    until(kept, told=run.err)
    assert kept() == ["학습 데이터셋에는 시연 1,234개가 있습니다.", "시연은 부엌 12곳에서 모았습니다."]
    until(lambda: store.outbox.idle("telegram"), told=run.err)
    assert server.edited.count(answer.message_id) >= 2
    assert any(body.get("stream") for body in endpoint.seen)
