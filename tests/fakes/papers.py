"""Papers and editions with realistic values, any of them changed by name."""

from dataclasses import replace
from typing import Any

from workers.domain.models import Link, Paper

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
)


def paper(**overrides: Any) -> Paper:
    return replace(_PAPER, **overrides)
