"""A question from its row to its answer: its paper is found and read once, and it is answered once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.edition import DAY, closed_edition
from tests.fakes.empty_store import empty_store
from tests.fakes.papers import paper
from workers.answers.extractive import Vocabulary
from workers.answers.pipeline import answer_question
from workers.answers.services import AnswerServices, FetchedText
from workers.domain.answers import Answer
from workers.domain.chats import ChatRef
from workers.domain.models import Paper
from workers.domain.passages import PaperText, Passage
from workers.domain.questions import PostedMessage, QuestionRequest
from workers.store import Store, open_store, papers
from workers.store.transactions import write
from workers.text.data import frequencies, glossary, korean_terms


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2025, 6, 3, 8, tzinfo=UTC))


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> "Sequence[Store]":
    opened = open_store(empty_store(tmp_path / "store.db"), clock)
    closed_edition(opened)
    return [opened]


class AnsweringWorker:
    """Answers questions of a store; papers are read from memory. `read` holds the titles of papers read."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.read: list[str] = []
        self.is_final = True
        vocabulary = Vocabulary(korean_terms(), glossary(), frequencies())
        self.services = AnswerServices(store.paper_texts, self._read, store.texts.get, store.texts.newest, vocabulary)

    def _read(self, paper: Paper) -> FetchedText:
        self.read.append(paper.title)
        passage = Passage(1, "2 Method", f"{paper.title} uses a dataset of 40 hours.", "S2.p1")
        return FetchedText(PaperText("html", (passage,)), self.is_final)

    def ask(self, text: str, papers: tuple[int, ...] = (), day: date | None = DAY) -> Answer:
        post = PostedMessage(day, "ko", papers) if day else None
        number = self.store.questions.ask(
            f"c:{text}", QuestionRequest(ChatRef("telegram", "5"), "7", "ko", text, None, post)
        )
        assert number is not None
        assert answer_question(number, self.store.questions, self.services)
        kept = self.store.questions.get(number)
        assert kept is not None
        assert kept.answer is not None
        return kept.answer


@pytest.fixture
def worker(store: Sequence[Store]) -> AnsweringWorker:
    return AnsweringWorker(store[0])


def titles(given: Answer) -> list[str]:
    return [head.title.partition(":")[0] for head in given.heads]


def test_a_text_that_may_be_better_later_is_not_kept(worker: AnsweringWorker) -> None:
    worker.is_final = False
    for text in ("1번 논문의 데이터셋은?", "1번 논문의 데이터는?"):
        worker.ask(text)
    assert len(worker.read) == 2


def test_a_printed_number_means_the_editions_paper_and_it_is_read_once(worker: AnsweringWorker) -> None:
    given = worker.ask("3번 논문의 데이터셋은?", (1, 2))
    assert (titles(given), given.heads[0].label, given.heads[0].read) == (["Say"], "3", "html")
    assert given.sentences[0].cites[0].url == "https://arxiv.org/html/2506.00003v1#S2.p1"
    worker.ask("3번은 몇 시간인가요?")
    assert worker.read == ["Say: Speech now"]


def test_an_ordinal_means_the_place_in_the_post(worker: AnsweringWorker) -> None:
    assert titles(worker.ask("두 번째 논문은요?", (3, 1))) == ["Grip"]


def test_two_papers_are_compared(worker: AnsweringWorker) -> None:
    assert titles(worker.ask("1이랑 3 비교해줘")) == ["Grip", "Say"]


def test_what_names_no_paper_is_about_what_the_talk_was_about(worker: AnsweringWorker, clock: FakeClock) -> None:
    worker.ask("2번은 무엇인가요?")
    assert titles(worker.ask("그건 왜?", day=None)) == ["Walk"]
    clock.advance(25 * 3600)
    assert titles(worker.ask("그럼 그건 왜 그런가요?", day=None)) != ["Walk"]


def test_words_find_the_paper_and_two_close_ones_are_asked_back(worker: AnsweringWorker) -> None:
    back = worker.ask("present a method, gains over the baseline?", (1, 2, 3))
    assert back.heads == ()
    assert back.line == "어느 논문에 대한 질문인가요?"
    assert {label for label, _ in back.choices} == {"1", "2", "3"}
    assert titles(worker.ask("speech recognition 논문은 무엇을 썼나요? Speech now")) == ["Say"]


def test_the_whole_archive_is_searched_where_no_edition_fits(worker: AnsweringWorker) -> None:
    older = paper(keys=(("arxiv", "2505.00001"),), arxiv_id="2505.00001", title="Coral", abstract="Bleaching of reefs.")
    with write(worker.store.engine) as connection:
        papers.keep(connection, [older], date(2025, 5, 1))
    given = worker.ask("Which reefs show bleaching?", day=None)
    assert titles(given) == ["Coral"]


def test_the_terms_of_a_question_are_computed_once(store: Sequence[Store]) -> None:
    class CountingTerms(dict[str, str]):
        used = 0

        def items(self) -> Any:
            self.used += 1
            return super().items()

    counted, worker = CountingTerms(korean_terms()), AnsweringWorker(store[0])
    vocabulary = replace(worker.services.vocabulary, korean_terms=counted)
    worker.services = replace(worker.services, vocabulary=vocabulary)
    worker.ask("어느 논문이 가장 좋은 결과를 보였나요?", (1, 2, 3))
    assert counted.used == 1


def test_an_unknown_paper_is_said_to_be_none(worker: AnsweringWorker) -> None:
    given = worker.ask("2401.99999 논문은요?", day=None)
    assert given.heads == ()


def test_a_question_is_answered_once_and_by_one(worker: AnsweringWorker, clock: FakeClock) -> None:
    number = worker.store.questions.ask(
        "c:1", QuestionRequest(ChatRef("telegram", "5"), "7", "ko", "1번은?", None, PostedMessage(DAY, "ko"))
    )
    assert number is not None
    first = worker.store.questions.claim(number)
    assert first == 1
    assert not answer_question(number, worker.store.questions, worker.services), "somebody answers it"
    assert worker.store.questions.unanswered() == []
    clock.advance(21)
    assert worker.store.questions.unanswered() == [number]
    assert answer_question(number, worker.store.questions, worker.services)
    assert not answer_question(number, worker.store.questions, worker.services)
    with pytest.raises(Exception, match="taken over"):
        worker.store.questions.answer(number, first, Answer(False, line="late"))


def test_what_fails_three_times_is_told(worker: AnsweringWorker, clock: FakeClock) -> None:
    number = worker.store.questions.ask(
        "c:1", QuestionRequest(ChatRef("telegram", "5"), "7", "ko", "1번은?", None, PostedMessage(DAY, "ko"))
    )
    assert number is not None
    for _ in range(3):
        assert worker.store.questions.claim(number) is not None
        clock.advance(21)
    assert answer_question(number, worker.store.questions, worker.services)
    question = worker.store.questions.get(number)
    assert question is not None
    assert question.answer is not None
    assert question.answer.line.startswith("죄송합니다")
