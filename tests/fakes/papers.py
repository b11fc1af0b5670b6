"""Entries, papers and editions with realistic values; keyword arguments override fields."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from workers.domain.models import Authority, Edition, Entry, Link, Paper, RankedPaper, SourceReport

DAY = date(2025, 6, 3)

_ENTRY = Entry(
    source="arxiv",
    title="RACER: Rich Language-Guided Failure Recovery",
    url="https://arxiv.org/abs/2506.00019",
    abstract="We present RACER, a framework for robot manipulation. It outperforms the baseline by 6.2%.",
    arxiv_id="2506.00019",
    version=1,
    authors=("Ada Example", "Bo Sample"),
    categories=("cs.RO", "cs.CL"),
    announce_type="new",
    authority=Authority.ARXIV,
)

_PAPER = Paper(
    keys=(("arxiv", "2506.00019"), ("title", "racerrichlanguageguidedfailurerecovery")),
    title="RACER: Rich Language-Guided Failure Recovery",
    abstract="We present RACER, a framework for robot manipulation. It outperforms the baseline by 6.2%.",
    authors=("Ada Example", "Bo Sample"),
    links=(Link("arxiv", "https://arxiv.org/abs/2506.00019"),),
    categories=("cs.RO", "cs.CL"),
    sources=("arxiv",),
    arxiv_id="2506.00019",
    version=1,
    authority=Authority.ARXIV,
)

_DAYS_PAPERS = (
    (
        "Robotics",
        "TidyHand: Robotic Manipulation from Spoken Corrections",
        (
            "Household robots drop things and rarely know it. "
            "We present TidyHand, a policy for robotic manipulation that listens to spoken corrections while it works. "
            "A small memory keeps what was said. "
            "On 40 kitchen tasks TidyHand achieves a success rate of 81.5%, 23 points above imitation learning alone. "
            "Because corrections are plain words, the policy can be used by people without training. "
            "Objects that deform remain a limitation, which we leave to future work."
        ),
    ),
    (
        "Robotics",
        "Stairs Without Sight: Blind Locomotion for a Humanoid Robot",
        (
            "Cameras fail in smoke and darkness. "
            "This paper studies how a humanoid robot climbs stairs with reinforcement learning and no camera at all. "
            "The soles measure pressure. "
            "Compared to a vision-based controller, falls are reduced by 37% over 500 trials. "
            "The controller runs on-device, which makes it possible to deploy it in tunnels. "
            "It is not yet clear how the approach behaves on ice."
        ),
    ),
    (
        "Natural Language Processing",
        "LedgerQA: Question Answering over Annual Reports",
        (
            "Annual reports mix prose and tables. "
            "We introduce LedgerQA, a benchmark for question answering with a large language model over 1,200 reports. "
            "Each answer names its page. "
            "The best model reaches an accuracy of 64.3%, far below the 92.0% of accountants. "
            "The benchmark facilitates the audit of systems before they are deployed. "
            "Reasoning over footnotes remains challenging."
        ),
    ),
    (
        "Natural Language Processing",
        "Morphemes First: Tokenization for Agglutinative Languages",
        (
            "Subwords cut agglutinative words in odd places. "
            "We propose a tokenizer that follows morphemes and train a large language model of 1.3B parameters on it. "
            "Rare stems share their pieces. "
            "Experiments show that machine translation into Korean and Turkish improves by 2.8 points. "
            "The tokenizer is useful for languages with little text. "
            "Further work should look at code-switching."
        ),
    ),
    (
        "Audio & Speech",
        "WhisperLess: Speech Recognition on a Hearing Aid",
        (
            "We describe WhisperLess, a model for speech recognition that fits into 2 MB. "
            "Its word error rate exceeds that of a server model by only 1.1 points. "
            "The model enables captions without a telephone."
        ),
    ),
)


def entry(**overrides: Any) -> Entry:
    return replace(_ENTRY, **overrides)


def paper(**overrides: Any) -> Paper:
    return replace(_PAPER, **overrides)


def ranked_paper(n: int, label: str, **overrides: Any) -> RankedPaper:
    """Returns a paper whose id, key and link contain `n`, so that two numbers give two different papers."""
    arxiv_id = f"2506.{n:05}"
    own: dict[str, Any] = {
        "keys": (("arxiv", arxiv_id),),
        "arxiv_id": arxiv_id,
        "links": (Link("arxiv", f"https://arxiv.org/abs/{arxiv_id}"),),
    }
    return RankedPaper(n, paper(**(own | overrides)), label)


def edition(listed: Sequence[RankedPaper] | None = None, **overrides: Any) -> Edition:
    """Returns an edition of `listed`, or of two papers on robots, two on language and one on speech.

    `collected` is the number of listed and skipped papers.
    """
    if listed is None:
        listed = [
            ranked_paper(n, label, title=title, abstract=abstract)
            for n, (label, title, abstract) in enumerate(_DAYS_PAPERS, start=1)
        ]
    skipped = {"announced before": 3, "replacement": 12, "withdrawn": 0, "not selected": 80}
    new = len(listed) + skipped["not selected"]
    whole = Edition(
        day=DAY,
        ranked=tuple(listed),
        collected=len(listed) + sum(skipped.values()),
        skipped=skipped,
        sources=(SourceReport("arxiv", "ok", 112), SourceReport("huggingface", "ok", 20)),
        new_by_day={DAY: new},
    )
    return replace(whole, **overrides)


def quiet_edition(**overrides: Any) -> Edition:
    """Returns an edition of a day on which no source had papers."""
    sources = (SourceReport("arxiv", "quiet"), SourceReport("huggingface", "quiet"))
    return edition([], **({"collected": 0, "skipped": {}, "sources": sources, "new_by_day": {}} | overrides))
