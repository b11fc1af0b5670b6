"""One real call of a model in the digest's shape, to see whether it can write digests."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from workers.digest.llm_draft import judged
from workers.digest.llm_prompts import Task, write_prompt
from workers.domain.completions import Meter, Model, Purpose
from workers.domain.models import Edition, Language, Paper, RankedPaper
from workers.factcheck.check import Judge

_PAPERS = {
    "SlimCache: Smaller Caches for Long Prompts": (
        "We present SlimCache, which keeps only the keys that later tokens use. On 4 tasks it halves memory and loses "
        "0.3% accuracy."
    ),
    "A Benchmark of Caches for Language Models": (
        "We compare 12 cache methods on 30 tasks. Methods that drop keys early fail on long prompts, and no method is "
        "best everywhere."
    ),
}
"""Title → abstract of papers that do not exist."""


def trial(model: Model, language: Language, glossary: Mapping[str, str], deadline_s: float) -> None:
    """Ask for a section on two papers and check it as that of a digest; it is not stored. Raises a ModelError."""
    ranked = tuple(
        RankedPaper(n, Paper((), title, abstract, (), (), (), ()), "Others")
        for n, (title, abstract) in enumerate(_PAPERS.items(), start=1)
    )
    tasks, judge = [Task(0, ranked)], Judge(Edition(date.min, ranked, len(ranked), {}, (), {}), glossary)
    prompt = replace(write_prompt(tasks, language), purpose=Purpose.CHECK, is_kept=False)
    model.complete(prompt, lambda text: judged(text, tasks, judge, language), deadline_s, Meter())
