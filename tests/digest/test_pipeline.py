"""What goes wrong in a part of an edition costs that part alone, is recorded, and the edition comes out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.empty_store import empty_store
from tests.fakes.papers import entry
from tests.fakes.source import FakeSource
from workers import config
from workers.bootstrap import boundary, pipeline_context
from workers.digest import pipeline
from workers.digest.pipeline import PipelineConfig, PipelineContext
from workers.digest.select import Weights
from workers.digest.sentences import Extract, Extractor
from workers.digest.write_extractive import Extractive
from workers.domain.models import Category, Digest, Edition, Language, Paper
from workers.domain.units import UnitKind
from workers.store import Store, open_store
from workers.text.data import glossary

DAY = date(2025, 6, 3)
ROBOTS = "Robots that grasp objects fail. We present a robot policy for grasping. It improves grasping by 3%."
SPEECH = "Speech recognition is hard. We present a speech recognition model. It improves recognition by 2%."


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    with open_store(empty_store(tmp_path / "store.db"), clock) as opened:
        yield opened


def make(store: Store, languages: Sequence[str] = ("ko",), **changed: object) -> PipelineContext:
    """Makes the edition of DAY from four papers of two categories; returns the context that it was made in."""
    settings = config.load(environment={})
    papers = [
        entry(arxiv_id=f"2506.0000{n}", title=f"A Robot Policy for Grasping {n}", abstract=ROBOTS) for n in (1, 2)
    ] + [entry(arxiv_id=f"2506.0000{n}", title=f"A Speech Recognition Model {n}", abstract=SPEECH) for n in (3, 4)]
    chosen = PipelineConfig(
        sources=[FakeSource("arxiv", {DAY: papers})],
        daily=frozenset(),
        calendar=settings.calendar(),
        categories=settings.closed_list(),
        glossary=glossary(),
        weights=Weights(**settings.select.model_dump()),
        max_papers=40,
        lease_s=60,
    )
    context = pipeline_context(replace(chosen, **changed), store)  # type: ignore[arg-type]  # any field
    pipeline.make_day(DAY, languages, context)
    return context


class OddExtractor(Extractor):
    """Fails at the abstracts that contain `word`."""

    def __init__(self, word: str) -> None:
        super().__init__(glossary())
        self._word = word

    def read(self, paper: Paper) -> Extract:
        if self._word in paper.abstract:
            raise RecursionError("too deep")
        return super().read(paper)


class OddWriter(Extractive):
    """A writer whose extractor fails at some abstracts, or that fails at a language as a whole."""

    def __init__(self, store: Store, word: str = "-", fails_at: str = "") -> None:
        super().__init__(config.load(environment={}).closed_list(), glossary(), boundary(store))
        self._extractor, self._fails_at = OddExtractor(word), fails_at

    def write(self, edition: Edition, language: Language) -> Digest:
        if language == self._fails_at:
            raise KeyError("what the paper says")
        return super().write(edition, language)


def reasons(store: Store, kind: UnitKind) -> dict[str, str]:
    return {failure.unit.key: failure.reason for failure in store.failures.newest(50) if failure.unit.kind == kind}


def test_an_abstract_that_cannot_be_read_costs_its_own_line(store: Store) -> None:
    make(store, writer=OddWriter(store, "speech"))
    text = store.texts.get(DAY, "ko")
    assert text is not None
    lines = {paper.title.split(" ")[1]: bool(paper.tldr) for paper in text.digest.papers}
    assert lines == {"Robot": True, "Speech": False}
    findings = {section.category: section.synthesis.findings for section in text.digest.sections if section.synthesis}
    assert findings["Robotics"]
    assert not findings["Audio & Speech"]
    assert len(reasons(store, UnitKind.SECTION)) == 2
    assert all(reason.startswith("RecursionError in ") for reason in reasons(store, UnitKind.SECTION).values())


def test_a_language_that_cannot_be_written_costs_itself_and_is_tried_three_times(
    store: Store, clock: FakeClock
) -> None:
    context = make(store, ["en", "ko"], writer=OddWriter(store, fails_at="en"))
    assert store.texts.languages(DAY) == ["ko"]
    assert reasons(store, UnitKind.TEXT)["2025-06-03 en"].startswith("KeyError in ")
    clock.advance(30)
    tries = 1
    while store.texts.unwritten_days(["ko", "en"]):
        pipeline.make_day(DAY, ["ko", "en"], context)
        tries += 1
        assert store.texts.unwritten_days(["ko", "en"]) == [], "not at once"
        clock.advance(120)
    assert tries == 3
    assert [failure.unit.key for failure in store.failures.untold()] == ["2025-06-03 en"]


def test_a_language_that_succeeds_at_last_is_no_failure_any_more(store: Store, clock: FakeClock) -> None:
    context = make(store, ["en"], writer=OddWriter(store, fails_at="en"))
    clock.advance(30)
    pipeline.make_day(DAY, ["en"], replace(context, config=replace(context.config, writer=OddWriter(store))))
    assert store.texts.languages(DAY) == ["en"]
    assert store.failures.newest(5) == []


def test_a_chart_that_cannot_be_drawn_costs_the_chart(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def draw(edition: Edition, categories: Sequence[Category], language: Language) -> bytes:
        raise ValueError("a font")

    monkeypatch.setattr(pipeline, "draw", draw)
    make(store)
    text = store.texts.get(DAY, "ko")
    assert text is not None
    assert (text.chart_png, text.digest.chart) == (None, None)
    assert len(text.digest.papers) == 4
    assert list(reasons(store, UnitKind.SECTION)) == ["2025-06-03 ko chart"]


def test_a_claim_that_cannot_be_checked_is_not_published(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from workers.factcheck.check import Judge

    faults = Judge.faults

    def odd(judge: Judge, claim: object, allowed: frozenset[int], language: str) -> list[str]:
        if "2%" in str(claim):
            raise IndexError
        check: Callable[..., list[str]] = faults
        return check(judge, claim, allowed, language)

    monkeypatch.setattr(Judge, "faults", odd)
    make(store)
    text = store.texts.get(DAY, "ko")
    assert text is not None
    shown = str(text.digest)
    assert "3%" in shown
    assert "2%" not in shown
    failed = reasons(store, UnitKind.SECTION)
    assert all(reason.startswith("IndexError in ") for reason in failed.values())
    assert any("Audio & Speech" in key for key in failed), "a claim that can be checked clears no other one's failure"
