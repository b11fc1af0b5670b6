"""One closed edition with texts in two languages, for tests of frontends."""

from datetime import date

from tests.fakes.failures import NoBoundary
from tests.fakes.papers import paper
from workers import config
from workers.digest.write_extractive import Extractive
from workers.domain.models import Edition, RankedPaper, Selection, SourceAnswer, SourceReport, Text
from workers.store import Store
from workers.text.data import glossary

DAY = date(2025, 6, 3)


def closed_edition(store: Store) -> Edition:
    """Closes an edition of two robotics papers, one of them from two sources, and one on speech; returns it."""
    papers = [
        paper(
            keys=(("arxiv", f"2506.0000{n}"),),
            arxiv_id=f"2506.0000{n}",
            title=title,
            abstract=f"We present {title.partition(':')[0]}, a method. It gains {n}.5% over the baseline.",
            sources=("arxiv", "huggingface") if n == 1 else ("arxiv",),
        )
        for n, title in enumerate(
            ["Grip: Hold [bold]fast[/bold]", "Walk: Let's <think> first", "Say: Speech now"], start=1
        )
    ]
    ranked = [
        RankedPaper(n, each, label)
        for n, (each, label) in enumerate(zip(papers, ["Robotics", "Robotics", "Audio & Speech"], strict=True), start=1)
    ]
    attempt = store.editions.claim(DAY)
    assert attempt is not None
    answers = [SourceAnswer(SourceReport("arxiv", "ok", 3)), SourceAnswer(SourceReport("huggingface", "ok", 1))]
    store.editions.close(DAY, attempt, Selection(tuple(papers), {}), ranked, answers)
    closed = store.editions.get(DAY)
    assert closed is not None
    writer = Extractive(config.load(environment={}).closed_list(), glossary(), NoBoundary())
    for language in ("ko", "en"):
        store.texts.save(DAY, Text(writer.write(closed, language), None))
    return closed
