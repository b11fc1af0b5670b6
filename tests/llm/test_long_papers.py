"""A paper that is longer than the model's context is still asked of the model, with its best passages."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.openai import Endpoint, serving
from tests.fakes.papers import paper
from workers import config
from workers.answers.extractive import OpenPaper, Vocabulary
from workers.answers.generate import Answerer
from workers.answers.query import query_of
from workers.domain.passages import PaperText, Passage
from workers.llm import ModelEndpoint, OpenAiModel
from workers.store import Store
from workers.text.data import frequencies, glossary, korean_terms

SETTINGS = config.load(environment={}).model
VOCABULARY = Vocabulary(korean_terms(), glossary(), frequencies())
GOLD = "GripNet raises the success rate from 61% to 84% on 15 objects and is 2.5 times as fast as TactoNet."
SENTENCE = {"text": "GripNet raises the success rate from 61% to 84%.", "quote": "the success rate from 61% to 84%"}
COUNT = 400


def answering(body: dict[str, Any]) -> str:
    material = json.loads(body["messages"][-1]["content"])
    cites = [passage["id"] for passage in material.get("passages", []) if "TactoNet" in passage["text"]]
    return json.dumps({"answerable": True, "sentences": [{**SENTENCE, "cites": cites[:1]}]})


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serving(answering) as opened:
        yield opened


def long_paper(characters: int) -> OpenPaper:
    filler = "Robots move objects in many places and people look at them while they work on other things. "
    texts = [filler * (characters // len(filler) // COUNT + 1)] * COUNT
    texts[COUNT // 2] = GOLD
    passages = tuple(Passage(n, f"{n} Section", text, f"S{n}") for n, text in enumerate(texts, start=1))
    return OpenPaper("7", paper(title="GripNet: Holding Things Gently"), PaperText("html", passages))


def sent_tokens(body: dict[str, Any]) -> int:
    """Returns more tokens than any tokenizer gives for English."""
    return sum(len(message["content"]) for message in body["messages"]) // 3


@pytest.mark.parametrize("context_tokens", [2_048, 4_096, 8_192, 16_000, 32_000])
@pytest.mark.parametrize("talk", [0, 8])
def test_a_paper_of_any_length_is_asked_of_the_model(
    context_tokens: int, talk: int, endpoint: Endpoint, store: Store
) -> None:
    settings = SETTINGS.model_copy(update={"context_tokens": context_tokens})
    model = OpenAiModel(settings, ModelEndpoint("m", "sk-x", endpoint.url), store.model_calls)
    answerer = Answerer(model, VOCABULARY, context_tokens, 20)
    exchanges = [f"{n}: " + "What else is said of it in the paper? " * 40 for n in range(talk)]
    question = query_of("How fast is GripNet compared with TactoNet?", "en", {})
    given = answerer.answer(question, [long_paper(150_000)], exchanges)
    assert not given.extractive
    assert given.sentences[0].text == SENTENCE["text"]
    assert len(endpoint.seen) == 1
    body = endpoint.seen[0]
    assert sent_tokens(body) + body["max_completion_tokens"] <= context_tokens * 1.15


def test_a_model_whose_context_is_smaller_than_the_settings_say_gets_fewer_passages(
    endpoint: Endpoint, store: Store
) -> None:
    def small(body: Any) -> tuple[int, dict[str, Any]] | None:
        asked = sent_tokens(body)
        message = f"This model's maximum context length is 6000 tokens, you requested {asked} tokens in the messages."
        return (400, {"error": {"message": message}}) if asked + body["max_completion_tokens"] > 6_000 else None

    endpoint.profile = small
    model = OpenAiModel(SETTINGS, ModelEndpoint("m", "sk-x", endpoint.url), store.model_calls)
    question = query_of("How fast is GripNet compared with TactoNet?", "en", {})
    given = Answerer(model, VOCABULARY, SETTINGS.context_tokens, 20).answer(question, [long_paper(150_000)])
    assert not given.extractive
    assert len(endpoint.refused) <= 2
