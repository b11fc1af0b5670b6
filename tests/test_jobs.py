"""RQ jobs: each takes one id and can run twice without a second effect."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml
from sqlalchemy import text

from bot.__main__ import main
from bot.runtime.sample import DAY
from bot.runtime.sample.server import serving
from tests.fakes.clock import FakeClock
from tests.fakes.empty_store import empty_store
from tests.fakes.papers import paper
from tests.fakes.subscriptions import NewSubscription
from tests.fakes.web import Answer, web
from workers import config, jobs
from workers.bootstrap import answer_services
from workers.digest import pipeline
from workers.domain.chats import ChatRef, direct_chat
from workers.domain.deliveries import View
from workers.domain.errors import EditionFailed
from workers.domain.models import Paper
from workers.domain.questions import QuestionRequest
from workers.domain.units import TRIES, Unit, UnitKind
from workers.runtime.clock import SystemClock
from workers.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The store that jobs find through the environment, configured with the sample day's sources."""
    url = empty_store(tmp_path / "store.db")
    with serving() as base, open_store(url, SystemClock()) as opened:
        settings = {
            "store": {"url": url},
            "sources": [
                {"name": "huggingface", "kind": "huggingface", "url": f"{base}/api/daily_papers"},
                {"name": "deeplearn", "kind": "deeplearn", "url": base},
            ],
        }
        (tmp_path / "settings.yaml").write_text(yaml.safe_dump(settings), "utf-8")
        monkeypatch.setenv("PAPERBOY_CONFIG", str(tmp_path / "settings.yaml"))
        monkeypatch.delenv("REDIS_URL", raising=False)
        yield opened


def test_a_job_makes_the_edition_in_every_language_that_is_read_and_publishes(store: Store) -> None:
    store.subscriptions.add(NewSubscription(ChatRef("terminal", "a"), store.clock.now(), view=View("en")))
    jobs.make_edition(DAY.isoformat())
    korean, english = store.texts.get(DAY, "ko"), store.texts.get(DAY, "en")
    assert korean is not None
    assert english is not None
    assert [paper.title for paper in korean.digest.papers] == [paper.title for paper in english.digest.papers]
    delivery = store.outbox.claim("terminal")
    assert delivery is not None
    assert (delivery.day, delivery.view.language) == (DAY, "en")


def test_a_paper_of_the_day_is_explained(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    jobs.make_edition(DAY.isoformat())
    assert main(["digest", "--explain", "2409.15277"]) == 0
    title, label, first, *_ = capsys.readouterr().out.splitlines()
    assert title.startswith("A Preliminary Study of o1 in Medicine")
    assert label == "Healthcare AI"
    assert first.startswith("  Healthcare AI: ")
    assert main(["digest", "--explain", "2409.99999"]) == 1
    assert "was never collected" in capsys.readouterr().err


def test_a_job_that_runs_twice_changes_nothing(store: Store) -> None:
    jobs.make_edition(DAY.isoformat())
    first = store.texts.get(DAY, "ko")
    jobs.make_edition(DAY.isoformat())
    assert store.texts.get(DAY, "ko") == first


def test_sources_that_show_no_past_give_a_later_day_nothing_twice(store: Store) -> None:
    jobs.make_edition(DAY.isoformat())
    later = date(2024, 10, 7)
    jobs.make_edition(later.isoformat())
    edition = store.editions.get(later)
    assert edition is not None
    assert edition.ranked == ()
    assert edition.skipped == {"announced before": 11}


def test_a_collection_is_kept_for_the_edition_and_asked_for_once(store: Store) -> None:
    jobs.collect_source(f"{DAY} huggingface")
    kept = store.source_answers.kept("huggingface", DAY)
    assert kept is not None
    assert len(kept.entries) == 6
    jobs.collect_source(f"{DAY} nobody")
    jobs.make_edition(DAY.isoformat())
    assert store.source_answers.kept("huggingface", DAY) is None


def test_when_every_source_fails_the_owners_hear_of_it_once_and_no_chat_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = empty_store(tmp_path / "store.db")
    with web(Answer(status=500)) as broken, open_store(url, SystemClock()) as store:
        sources = [{"name": "huggingface", "kind": "huggingface", "url": broken.url}]
        settings = {"store": {"url": url}, "sources": sources, "owners": ["telegram:9"]}
        (tmp_path / "settings.yaml").write_text(yaml.safe_dump(settings), "utf-8")
        monkeypatch.setenv("PAPERBOY_CONFIG", str(tmp_path / "settings.yaml"))
        monkeypatch.delenv("REDIS_URL", raising=False)
        store.subscriptions.add(NewSubscription(ChatRef("telegram", "-100"), store.clock.now()))
        for _ in range(2):
            with pytest.raises(EditionFailed, match="huggingface failed: HTTP 500"):
                jobs.make_edition(DAY.isoformat())
        alert = store.outbox.claim("telegram")
        assert alert is not None
        assert (alert.chat, alert.day) == (direct_chat("telegram", "9"), None)
        assert "huggingface failed: HTTP 500" in (alert.notice or "")
        assert store.outbox.claim("telegram") is None


def test_an_edition_that_cannot_be_made_is_told_after_three_tries_and_forgotten_once_it_is_made(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(*_: object) -> list[Paper]:
        raise IndexError("what a title says")

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "merge", odd)
        for _ in range(TRIES):
            with pytest.raises(IndexError):
                jobs.make_edition(DAY.isoformat())
    (failure,) = store.failures.untold()
    assert str(failure.unit) == f"edition {DAY}"
    assert failure.reason.startswith("IndexError")
    jobs.make_edition(DAY.isoformat())
    assert store.failures.newest(5) == []


def test_a_paper_that_cannot_be_read_now_is_read_again_later_then_given_up(tmp_path: Path, clock: FakeClock) -> None:
    url = empty_store(tmp_path / "store.db")
    one = paper(arxiv_id="2506.00001", title="A Method for Robots")
    with web(Answer(status=503)) as site, open_store(url, clock) as store:
        settings = config.load(environment={"DATABASE_URL": url})
        arxiv = settings.arxiv.model_copy(update={"base_url": site.url, "min_interval_s": 0})
        http = settings.http.model_copy(update={"patience_s": 0})
        services = answer_services(settings.model_copy(update={"arxiv": arxiv, "http": http}), store)
        finals = []
        for _ in range(TRIES):
            finals.append(services.fetch(one).is_final)
            asked = len(site.seen)
            services.fetch(one)
            assert len(site.seen) in {asked, asked + 2}, "not at once, unless it was given up"
            clock.advance(120)
        (failure,) = store.failures.untold()
    assert finals == [False, False, True]
    assert "HTTP 503" in failure.reason


def test_a_post_without_an_arxiv_id_is_read_from_its_abstract(store: Store) -> None:
    services = answer_services(config.load(environment={}), store)
    post = replace(paper(arxiv_id=None, title="A post of a laboratory", abstract="What is new."), keys=())
    assert [passage.text for passage in services.fetch(post).text.passages] == ["What is new."]


def test_a_question_that_fails_three_times_is_told_once_and_recorded(store: Store) -> None:
    chat = ChatRef("telegram", "7")
    question = store.questions.ask("q", QuestionRequest(chat, "7", "en", "What is new?"))
    assert question is not None
    _execute(store, "UPDATE question SET keyed = '[1]'")  # cannot be read
    for n in range(1, 6):
        jobs.answer_question(str(question))
        failure = store.failures.of(Unit(UnitKind.QUESTION, str(question)))
        assert failure is not None
        assert failure.attempts == min(n, 3)
        _execute(store, "UPDATE question SET lease_until = NULL")  # the lease has expired
    assert failure is not None
    assert failure.given_up
    _execute(store, "UPDATE question SET keyed = '{}'")
    answered = store.questions.get(question)
    assert answered is not None
    assert answered.answer is not None
    assert (answered.revision, answered.answer.line[:36]) == (1, "Sorry, this question could not be an")


def _execute(store: Store, statement: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(text(statement))
