"""Tests that a question in a chat is answered once from the paper, whichever process dies meanwhile."""

import itertools
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import pytest
from sqlalchemy import select

from tests.e2e.asking import page, writes
from tests.e2e.running import Program, paper_row, program
from tests.fakes.openai import serving as openai
from tests.fakes.telegram import TOKEN, TelegramServer, serving
from tests.fakes.telegram_wire import Posted
from tests.fakes.web import Answer, web
from workers.domain.questions import Question
from workers.store import Store
from workers.store.tables import question

TITLES = [f"Robot number {n}" for n in range(1, 6)]
PAPERS = [paper_row(n, title) for n, title in enumerate(TITLES, start=1)]
"""Each test asks about a different paper, because the text of a read paper is stored."""
READERS = range(8, 8 + len(PAPERS))


@pytest.fixture(scope="module")
def readable() -> threading.Event:
    """While this event is not set, arXiv does not answer."""
    return threading.Event()


@pytest.fixture(scope="module")
def server() -> Iterator[TelegramServer]:
    with serving() as fake:
        for reader in READERS:
            fake.room(reader, "private")
        yield fake


@pytest.fixture(scope="module")
def paperboy(
    server: TelegramServer, readable: threading.Event, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Program]:
    with answering(server, tmp_path_factory.mktemp("questions"), readable) as running:
        yield running


@contextmanager
def answering(
    server: TelegramServer,
    folder: Path,
    readable: threading.Event | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Program]:
    environment = {**environment, "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": server.url}
    pages = {f"2410.0000{n}": page(title) for n, title in enumerate(TITLES, start=1)}
    with web(Answer(bodies=pages, hold=readable)) as site:
        arxiv = {"min_interval_s": 0, "base_url": site.url}
        with program(folder, environment, PAPERS, arxiv=arxiv) as running:
            yield running


def ask(server: TelegramServer, paperboy: Program, n: int) -> int:
    """Let a reader reply to the digest with a question about paper `n`; returns the reader's id."""
    reader = READERS[n - 1]
    server.say(reader, reader, "/digest")
    title = TITLES[n - 1]
    section = paperboy.run.until(
        lambda: next((post for post in server.posted if _is_section_with(post, reader, title)), None)
    )
    numbered = itertools.pairwise(section.text.splitlines())  # "3. its summary", then its title
    number = next(found[1] for line, below in numbered if title in below and (found := re.match(r"(\d+)\. ", line)))
    server.say(reader, reader, f"{number}번 논문의 데이터셋 규모는?", reply_to_message=server.wire(section))
    return reader


def _is_section_with(post: Posted, reader: int, title: str) -> bool:
    return post.chat == reader and "로보틱스" in post.text and title in post.text and not post.file


def question_of(store: Store, reader: int) -> Question | None:
    """Return the reader's only question; None if it is not stored yet."""
    with store.engine.connect() as connection:
        number = connection.execute(select(question.c.id).where(question.c.person == str(reader))).scalar_one_or_none()
    return None if number is None else store.questions.get(number)


def answers(server: TelegramServer, reader: int) -> list[str]:
    return [text for text in server.texts(reader) if "1,234 demonstrations" in text]


def test_a_reply_to_a_section_is_answered_from_the_paper(
    server: TelegramServer, paperboy: Program, readable: threading.Event
) -> None:
    readable.set()
    reader = ask(server, paperboy, 1)
    paperboy.run.until(lambda: answers(server, reader))
    (answer,) = answers(server, reader)
    assert "Robot number 1" in answer.splitlines()[0]
    assert "전문(HTML)을 읽었습니다." in answer
    assert "[3 Data]" in answer
    kept = question_of(paperboy.store, reader)
    assert kept is not None
    assert kept.answer is not None
    assert kept.answer.sentences[0].cites[0].url.endswith("#S3.p2")
    assert not any("질문을 받았습니다" in text for text in server.texts(reader)), "the answer took its place"


@pytest.mark.parametrize(
    ("n", "victim"), [(2, "questions"), (3, "telegram"), (4, "valkey"), (5, "all that Valkey holds")]
)
def test_whatever_dies_while_it_is_answered_it_is_answered_once(
    n: int, victim: str, server: TelegramServer, paperboy: Program, readable: threading.Event
) -> None:
    run, store = paperboy.run, paperboy.store
    readable.clear()
    reader = ask(server, paperboy, n)
    run.until(lambda: question_of(store, reader) and not store.questions.unanswered())  # it is being answered
    run.kill(victim) if victim in run.processes() else run.flush()
    readable.set()
    run.until(lambda: answers(server, reader) and store.outbox.idle("telegram"))
    assert len(answers(server, reader)) == 1


def test_with_a_model_the_answer_is_shown_sentence_by_sentence(
    tmp_path: Path,
) -> None:
    with openai(writes) as endpoint, serving() as server:
        endpoint.pause_s = 0.4
        server.room(READERS[0], "private")
        model = {"OPENAI_API_KEY": "sk-x", "OPENAI_BASE_URL": endpoint.url, "OPENAI_MODEL": "gpt-test"}
        with answering(server, tmp_path, environment=model) as paperboy:
            _shows_sentences_as_they_come(server, paperboy)
        assert any(body.get("stream") for body in endpoint.seen)


def _shows_sentences_as_they_come(server: TelegramServer, paperboy: Program) -> None:
    run, store = paperboy.run, paperboy.store
    reader = ask(server, paperboy, 1)
    answer = run.until(lambda: next((post for post in server.posted if "1,234개" in post.text), None))
    assert "12곳" not in answer.text, "the second sentence is still being written"
    run.until(lambda: store.questions.unanswered() == [])  # its lease is held, if need be again on a busy machine
    run.until(lambda: "12곳" in answer.text)

    def kept() -> list[str]:
        found = question_of(store, reader)
        return [sentence.text for sentence in found.answer.sentences] if found and found.answer else []

    run.until(kept)
    assert kept() == ["학습 데이터셋에는 시연 1,234개가 있습니다.", "시연은 부엌 12곳에서 모았습니다."]
    run.until(lambda: store.outbox.idle("telegram"))
    assert server.edited.count(answer.message_id) >= 2
