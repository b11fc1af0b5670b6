"""A model invents claims in every section of every recorded day: no invented claim reaches a digest."""

import json

import pytest

from tests.digest.test_write_llm import everything, writer
from tests.fakes.model import FakeModel
from tests.fakes.writers import INVENTIONS, PARTS, answered, asked, section
from tests.recorded_days import Recorded

pytestmark = [pytest.mark.shared_data, pytest.mark.slow]


def inventing_everything(rules: str, material: str) -> str:
    """Returns honest sentences, plus every kind of invention in every part."""
    request, language = asked(rules, material)
    bad = [texts[0 if language == "ko" else 1] for texts in INVENTIONS.values()]
    if "rejected" in request:
        repairs = [{**each, "text": bad[place % len(bad)]} for place, each in enumerate(request["rejected"])]
        return json.dumps({"repairs": repairs}, ensure_ascii=False)
    written = [section(each, language) for each in request["sections"]]
    for each, asked_for in zip(written, request["sections"], strict=True):
        for part in PARTS:
            each[part] += [{"text": text, "papers": [asked_for["papers"][0]["paper"]]} for text in bad]
        each["tldrs"] = [{**line, "text": bad[place % len(bad)]} for place, line in enumerate(each["tldrs"])]
    return answered(written)


def test_no_invention_reaches_a_digest_in_two_hundred_sections(recorded: Recorded) -> None:
    sections = 0
    for edition in recorded.editions.values():
        for language in ("ko", "en"):
            digest = writer(FakeModel(inventing_everything)).write(edition, language)
            digest_text = everything(digest)
            for texts in INVENTIONS.values():
                assert not any(text in digest_text for text in texts)
            assert all(paper.tldr for paper in digest.papers)
            sections += sum(not each.extractive for each in digest.sections)
        if sections >= 200:
            return
    pytest.fail(f"only {sections} sections")


def test_the_same_edition_against_a_model_of_many_minds_is_one_text(recorded: Recorded) -> None:
    edition = next(iter(recorded.editions.values()))
    counter = iter(range(1_000))

    def moody(rules: str, material: str) -> str:
        request, language = asked(rules, material)
        written = [section(each, language) for each in request["sections"]]
        return answered([{**each, "findings": each["findings"][next(counter) % 3 :]} for each in written])

    model = FakeModel(moody)
    first, second, third = (writer(model).write(edition, "ko") for _ in range(3))
    assert first.sections == second.sections == third.sections
