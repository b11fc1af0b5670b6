"""Calls and tokens of a recorded day written with a model: `python -m tests.benchmarks.tokens`.

40 papers of 2025-06-03, labels included, with a model that gives answers of realistic length; tokens are counted with
o200k. In a second run one sentence in ten is wrong, and every sentence, of a section or its tldrs, to see what repairs
cost. For comparison, in the same run: the ancestor's scheme (one call to name the categories, then one per category
with the whole conversation so far) and one call per paper.
"""

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from rs_bpe.bpe import openai as vocabularies

from tests.benchmarks.recorded import SHARED, recorded_file
from tests.fakes.failures import NoBoundary
from tests.fakes.model import FakeModel
from tests.fakes.writers import answered, asked, repaired, section
from tests.recorded_days import recorded_days
from workers.digest.arrange import sections
from workers.digest.classify_llm import label
from workers.digest.write_extractive import Extractive
from workers.digest.write_llm import ModelWriter
from workers.domain.completions import Meter, Prompt, Purpose
from workers.domain.models import Edition
from workers.text.data import glossary
from workers.text.latex import readable

Count = Callable[[str], int]
DAY = date(2025, 6, 3)
_KOREAN = "이 논문은 새로운 방법을 제안하고 여러 자료에서 실험으로 확인하며, 기존 방법과 나누어 비교합니다."
"""A sentence of a model's usual length in characters."""


def main() -> None:
    recorded_file("feeds/full_days_parsed")
    count = vocabularies.o200k_base().count
    with tempfile.TemporaryDirectory() as folder:
        recorded = recorded_days(SHARED, Path(folder))
    edition = recorded.editions[DAY]
    model = FakeModel(_realistic)
    papers = [item.paper for item in edition.ranked]
    label(papers, recorded.categories, model, 60, Meter())
    extractive = Extractive(recorded.categories, glossary(), NoBoundary())
    writer = ModelWriter(extractive, model, glossary(), 600, 1, 32_000, NoBoundary())
    writer.write(edition, "ko")
    first = _usage(model.asked, count)
    print(f"papers: {len(papers)}")
    for name, value in zip(("calls", "input_tokens", "output_tokens"), first, strict=True):
        print(f"{name}: {value}")
    print(f"repairs: {sum(prompt.purpose == 'repair' for prompt in model.asked)}")
    for prompt in model.asked:
        material = json.loads(prompt.material)
        by_section = isinstance(material, dict)
        size = sum(len(each["papers"]) for each in material["sections"]) if by_section else len(material)
        print(
            f"call {prompt.purpose} of {size}: {count(prompt.rules + prompt.material)} in, {count(_answer(prompt))} out"
        )
    before = len(model.asked)
    writer.write(edition, "ko")
    print(f"rerun_calls: {len(model.asked) - before}")
    writer.write(edition, "en")
    print(f"second_language_calls: {len(model.asked) - before}")
    for title, wrong in {"one_in_ten_wrong": 10, "all_wrong_but_one": 1}.items():
        for figure, shown in _repaired(edition, writer, wrong, count).items():
            print(f"{title}_{figure}: {shown}")
    for name, figures in {"ancestor": _ancestor(edition, count), "one_a_paper": _one_a_paper(edition, count)}.items():
        for key, value in zip(("calls", "input_tokens", "output_tokens"), figures, strict=True):
            print(f"{name}_{key}: {value}")


def _realistic(rules: str, material: str) -> str:
    """Returns the honest answer to a prompt; all labels are Robotics."""
    if '"labels"' in rules:
        return json.dumps({"labels": [{"i": each["i"], "category": "Robotics"} for each in json.loads(material)]})
    request, language = asked(rules, material)
    if "rejected" in request:
        return repaired(request, language)
    return answered([section(each, language) for each in request["sections"]])


def _repaired(edition: Edition, writer: ModelWriter, wrong: int, count: Count) -> dict[str, str]:
    """Returns what repairs cost where every `wrong`-th sentence has an invented number, and what is lost."""
    seen = iter(range(10_000))

    def sloppy(rules: str, material: str) -> str:
        text = _realistic(rules, material)
        if '"rejected"' in material:
            return text
        written = json.loads(text)
        for each in written["sections"]:
            sentences = [claim for part in ("themes", "findings", "impact", "tldrs") for claim in each[part]]
            for claim in sentences[1:] if wrong == 1 else sentences:
                if next(seen) % wrong == 0:
                    claim["text"] = "정확도가 97.31% 올랐습니다."
        return json.dumps(written, ensure_ascii=False)

    model = FakeModel(sloppy)
    use = replace(writer, model=model).write(edition, "ko").model
    first = _usage([prompt for prompt in model.asked if prompt.purpose != Purpose.REPAIR], count)
    repairs = [prompt for prompt in model.asked if prompt.purpose == Purpose.REPAIR]
    sent = sum(count(prompt.text) for prompt in repairs)
    received = sum(count(sloppy(prompt.rules, prompt.material)) for prompt in repairs)
    return {
        "repairs": str(len(repairs)),
        "repair_input_share": f"{sent / first[1]:.3f}",
        "repair_output_share": f"{received / first[2]:.3f}",
        "repair_share": f"{(sent + received) / (first[1] + first[2]):.3f}",
        "dropped_claims": str(use.dropped_claims),
    }


def _answer(prompt: Prompt) -> str:
    """Returns the answer whose tokens are counted: every sentence has a model's usual length."""
    text = _realistic(prompt.rules, prompt.material)
    if '"labels"' in prompt.rules:
        return text
    written = json.loads(text)["sections"]
    for each in written:
        for part in ("themes", "findings", "impact", "tldrs"):
            each[part] = [{**claim, "text": _KOREAN} for claim in each[part]]
    return answered(written)


def _usage(prompts: Sequence[Prompt], count: Count) -> tuple[int, int, int]:
    return (
        len(prompts),
        sum(count(prompt.rules + prompt.material) for prompt in prompts),
        sum(count(_answer(prompt)) for prompt in prompts),
    )


def _ancestor(edition: Edition, count: Count) -> tuple[int, int, int]:
    """Returns (calls, input tokens, output tokens) of 1 + C calls, each with the whole conversation so far."""
    titles = count("\n".join(item.paper.title for item in edition.ranked))
    history, tokens_in, tokens_out = titles, titles, titles
    for group in sections(edition.ranked):
        question = sum(count(f"{item.paper.title} {readable(item.paper.abstract)}") for item in group)
        answer = count(_KOREAN) * 12
        tokens_in, tokens_out = tokens_in + history + question, tokens_out + answer
        history += question + answer
    return 1 + len(sections(edition.ranked)), tokens_in, tokens_out


def _one_a_paper(edition: Edition, count: Count) -> tuple[int, int, int]:
    rules = 400
    tokens_in = sum(rules + count(f"{item.paper.title} {readable(item.paper.abstract)}") for item in edition.ranked)
    return len(edition.ranked), tokens_in, len(edition.ranked) * count(_KOREAN) * 5


if __name__ == "__main__":
    main()
