"""Where a model fails the next one is asked, readers see one answer, and the failure is recorded for the owners."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.fakes.openai import Endpoint, serving
from tests.fakes.openai_profiles import Refusal
from workers import config
from workers.domain.completions import Meter, Prompt, Purpose
from workers.domain.errors import (
    AnswerUnusable,
    BudgetExceeded,
    ContentFiltered,
    ContextTooLong,
    ModelDown,
    ModelError,
    ModelRefused,
)
from workers.llm import Fallbacks, ModelEndpoint, OpenAiModel
from workers.store import Store

SETTINGS = config.load(environment={}).model.model_copy(update={"timeout_s": 1.0})
PROMPT = Prompt(Purpose.WRITE, "Some rules.", "Some material.", "answer", {"type": "object"})


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serving(lambda body: f'{{"by": "{body["model"]}"}}') as opened:
        yield opened


class Subject:
    """Models a, b and c, and the failures that were recorded."""

    def __init__(self, endpoint: Endpoint, store: Store, **changed: object) -> None:
        settings = SETTINGS.model_copy(update=changed)
        self.failures: list[tuple[str, type[ModelError]]] = []
        models = [
            OpenAiModel(settings, ModelEndpoint(name, "sk-x", endpoint.url), store.model_calls, lambda _s: None)
            for name in "abc"
        ]
        self.model = Fallbacks(models, lambda name, error: self.failures.append((name, type(error))))
        self.meter = Meter()

    def ask(self, prompt: Prompt = PROMPT, on_progress: Callable[[str], None] | None = None) -> str:
        return self.model.complete(prompt, str, 20, self.meter, on_progress)


def refusing(**statuses: int) -> Callable[[Mapping[str, Any]], Refusal | None]:
    def profile(body: Mapping[str, Any]) -> Refusal | None:
        status = statuses.get(body["model"])
        return (status, {"error": {"message": "content_filter" if status == 422 else "no"}}) if status else None

    return profile


@pytest.mark.parametrize(
    ("status", "error"), [(404, ModelRefused), (401, ModelRefused), (503, ModelDown), (429, ModelDown)]
)
def test_the_next_model_answers_and_the_failure_is_recorded(
    status: int, error: type[ModelError], endpoint: Endpoint, store: Store
) -> None:
    endpoint.profile = refusing(a=status, b=status)
    subject = Subject(endpoint, store)
    assert subject.ask() == '{"by": "c"}'
    assert subject.failures == [("a", error), ("b", error)]
    assert subject.meter.models == ["c"]
    asked = len(endpoint.seen)
    assert Subject(endpoint, store).ask() == '{"by": "c"}'
    assert len(endpoint.seen) == asked, "what one of them has answered is paid for"


def test_a_model_that_failed_is_left_out_for_a_while(endpoint: Endpoint, store: Store) -> None:
    endpoint.profile = refusing(a=404)
    subject = Subject(endpoint, store)
    for n in range(3):
        subject.ask(Prompt(Purpose.WRITE, f"Rules {n}", "", "answer", {}))
    assert [body["model"] for body in endpoint.seen] == ["a", "b", "b", "b"]


def test_another_model_may_take_what_a_filter_refused(endpoint: Endpoint, store: Store) -> None:
    endpoint.profile = refusing(a=422)
    subject = Subject(endpoint, store)
    assert subject.ask() == '{"by": "b"}'
    assert subject.failures == [], "the model works"


def test_the_last_failure_is_the_error(endpoint: Endpoint, store: Store) -> None:
    endpoint.profile = refusing(a=404, b=404, c=401)
    subject = Subject(endpoint, store)
    with pytest.raises(ModelRefused, match="the key is refused"):
        subject.ask()
    assert [name for name, _ in subject.failures] == ["a", "b", "c"]


def test_a_spent_budget_is_the_same_for_all_models(endpoint: Endpoint, store: Store) -> None:
    subject = Subject(endpoint, store, daily_tokens=10)
    with pytest.raises(BudgetExceeded):
        subject.ask()
    assert subject.failures == [("a", BudgetExceeded)]


@pytest.mark.parametrize("error", [ContextTooLong, ContentFiltered])
def test_what_is_about_the_prompt_is_told_to_nobody(error: type[ModelError], endpoint: Endpoint, store: Store) -> None:
    message = "content filter" if error is ContentFiltered else "maximum context length is 10 tokens"
    endpoint.profile = lambda _body: (400, {"error": {"message": message}})
    subject = Subject(endpoint, store)
    with pytest.raises(error):
        subject.ask()
    assert subject.failures == []


def test_an_answer_whose_beginning_readers_have_seen_is_not_begun_by_another_model(
    endpoint: Endpoint, store: Store
) -> None:
    piece = b'data: {"choices": [{"delta": {"content": "{"}}]}\n\n'
    endpoint.raw = ("text/event-stream", piece)
    subject = Subject(endpoint, store)
    with pytest.raises(ModelDown):
        subject.ask(on_progress=lambda _text: None)
    assert [body["model"] for body in endpoint.seen] == ["a"]


def test_answers_that_cannot_be_used_are_told_from_the_second_in_a_row(endpoint: Endpoint, store: Store) -> None:
    def unusable(_text: str) -> str:
        raise AnswerUnusable("no")

    subject = Subject(endpoint, store)
    for n in range(4):
        if n == 1:
            subject.ask()  # one that can be used
        with pytest.raises(AnswerUnusable):
            subject.model.complete(Prompt(Purpose.WRITE, f"Rules {n}", "", "answer", {}), unusable, 20, Meter())
    assert subject.failures == [("a", AnswerUnusable)]


def test_a_model_whose_context_is_always_too_short_is_told_of(endpoint: Endpoint, store: Store) -> None:
    endpoint.profile = lambda _body: (400, {"error": {"message": "prompt is too long"}})
    subject = Subject(endpoint, store)
    for n in range(4):
        with pytest.raises(ContextTooLong):
            subject.ask(Prompt(Purpose.WRITE, f"Rules {n}", "", "answer", {}))
    assert subject.failures == [("a", ContextTooLong)]
