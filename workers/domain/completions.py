"""Prompts to a language model, its answers, and what they cost, for any provider."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

_CHARACTERS_A_TOKEN = 2.5
"""English has about four characters per token, Korean about one and a half."""


def estimated_tokens(text: str) -> int:
    """Tokens of a text before a provider has counted them."""
    return math.ceil(len(text) / _CHARACTERS_A_TOKEN)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question to a model.

    `rules` are the system message, the same from call to call so that providers can cache them. `material` is the user
    message, which contains untrusted text. `shape` is the JSON schema of the answer and `name` its name; costs are
    recorded under `purpose`.
    """

    purpose: str
    rules: str
    material: str
    name: str
    shape: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counts them; `cached_tokens` are part of `input_tokens`. A stored answer costs none."""

    calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.calls + other.calls,
            self.input_tokens + other.input_tokens,
            self.cached_tokens + other.cached_tokens,
            self.output_tokens + other.output_tokens,
            self.cost_usd + other.cost_usd,
        )


@dataclass(frozen=True, slots=True)
class Completion:
    """The text of an answer, which should be JSON of the prompt's shape, and what this call cost."""

    text: str
    usage: Usage


class Model(Protocol):
    """A language model. A prompt that was answered before is answered from the store, without a call."""

    @property
    def name(self) -> str: ...

    def complete(
        self, prompt: Prompt, deadline_s: float, on_progress: Callable[[str], None] | None = None
    ) -> Completion:
        """The answer, within `deadline_s` seconds. Raises a subclass of ModelError that says what may help.

        `on_progress` is called with the text so far each time more arrives, but not for a stored answer. A prompt whose
        answer has begun to arrive is not sent again.
        """
        ...


class Ledger(Protocol):
    """The store of model answers and their costs."""

    def answer(self, key: str) -> str | None:
        """The stored answer to the prompt with that key; None where there is none."""
        ...

    def keep(self, key: str, purpose: str, model: str, text: str, usage: Usage) -> str:
        """Store the answer and its cost unless the key has an answer; returns the stored answer."""
        ...

    def spent_today(self) -> Usage:
        """The sum of today's calls (UTC)."""
        ...

    def learned(self, address: str, model: str) -> Mapping[str, int]:
        """What was learned of a model at an endpoint (see `llm.dialect`); empty where nothing was."""
        ...

    def learn(self, address: str, model: str, learned: Mapping[str, int]) -> None:
        """Keep what was learned in place of what was kept before."""
        ...
