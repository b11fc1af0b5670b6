"""What a language model is asked and what it answers, whichever it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Prompt:
    """`rules` are ours and stay the same from call to call, so that providers can cache them; `material` is untrusted.

    `shape` is the JSON schema of the answer, called `name`; `purpose` is what the call is accounted under.
    """

    purpose: str
    rules: str
    material: str
    name: str
    shape: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them, `cached_tokens` a part of `input_tokens`; none for a stored answer."""

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
    """The answer's text, JSON where the model did as asked, and what it cost now."""

    text: str
    usage: Usage


class Model(Protocol):
    """Any language model. The same prompt is paid for once."""

    @property
    def name(self) -> str: ...

    def complete(
        self, prompt: Prompt, deadline_s: float, on_progress: Callable[[str], None] | None = None
    ) -> Completion:
        """Answer within `deadline_s` seconds. Raises a ModelError, whose kind says what may help.

        `on_progress` is called with the whole text so far as it arrives, unless the answer was stored. If the
        connection breaks after that, the prompt is not sent again.
        """
        ...


class Ledger(Protocol):
    """The store, as far as paying once and stopping in time needs it."""

    def answer(self, key: str) -> str | None:
        """What that prompt was answered with before."""
        ...

    def keep(self, key: str, purpose: str, model: str, text: str, usage: Usage) -> str:
        """Keep the first answer to a prompt with its cost; returns the one that is kept."""
        ...

    def spent_today(self) -> Usage: ...
