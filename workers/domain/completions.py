"""Prompts to a language model, its answers, and what they cost, for any provider."""

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

_ASCII_A_TOKEN, _OTHERS_A_TOKEN = 3.5, 1.2
"""Characters: English prose has more than four of them in a token, JSON and formulas fewer; Korean has one to two."""


def estimated_tokens(text: str) -> int:
    """Tokens of a text before a provider has counted them, rather too many than too few."""
    ascii_characters = len(text.encode("ascii", "ignore"))
    return math.ceil(ascii_characters / _ASCII_A_TOKEN + (len(text) - ascii_characters) / _OTHERS_A_TOKEN)


class Purpose(StrEnum):
    """What a call is for; costs are recorded under it."""

    LABEL = "label"
    WRITE = "write"
    REPAIR = "repair"
    ANSWER = "answer"
    REWRITE = "rewrite"
    EMBED = "embed"
    CHECK = "check"

    @property
    def is_for_questions(self) -> bool:
        return self in {Purpose.ANSWER, Purpose.REWRITE, Purpose.EMBED}


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question to a model.

    `rules` are the system message, the same from call to call so that providers can cache them. `material` is the user
    message, which contains untrusted text. `shape` is the JSON schema of the answer and `name` its name.
    """

    purpose: Purpose
    rules: str
    material: str
    name: str
    shape: Mapping[str, Any]
    answer_tokens: int | None = None
    """Tokens that a proper answer needs at most; None: as many as the settings allow."""
    is_kept: bool = True
    """Whether the answer may be one that is stored, and is stored."""

    @property
    def text(self) -> str:
        return self.rules + self.material


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

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens


NO_USE = Usage()


@dataclass
class Meter:
    """Adds up what some calls cost, those that gave no usable answer too; several threads may add."""

    used: dict[Purpose, Usage] = field(default_factory=dict)
    models: list[str] = field(default_factory=list)
    """The models that gave a usable answer, in the order of their first one."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, purpose: Purpose, usage: Usage) -> None:
        with self._lock:
            self.used[purpose] = self.used.get(purpose, Usage()) + usage

    def answered(self, model: str) -> None:
        with self._lock:
            if model not in self.models:
                self.models.append(model)

    def total(self, *purposes: Purpose) -> Usage:
        """The sum for some purposes, or for all."""
        with self._lock:
            return sum((usage for each, usage in self.used.items() if not purposes or each in purposes), Usage())


class Model(Protocol):
    """A language model. A prompt that was answered before is answered from the store, without a call."""

    @property
    def name(self) -> str: ...

    def complete(
        self,
        prompt: Prompt,
        read: Callable[[str], T],
        deadline_s: float,
        meter: Meter,
        on_progress: Callable[[str], None] | None = None,
    ) -> T:
        """What `read` makes of the answer, within `deadline_s` seconds. Raises a ModelError that says what may help.

        `read` raises AnswerUnusable for an answer that cannot be used; such an answer is not stored. An answer that was
        cut off may be usable. What the calls cost is added to `meter`. `on_progress` is called with the text so far
        each time more arrives, but not for a stored answer; a prompt whose answer has begun is then not sent again.
        """
        ...


class Embeddings(Protocol):
    """An embedding model. A text whose vector is stored costs no call."""

    def embed(self, texts: Sequence[str], deadline_s: float, meter: Meter) -> list[Sequence[float]]:
        """One vector for each text, in order, all of one length. Raises a ModelError.

        Vectors that have come before `deadline_s` seconds are over are stored in any case.
        """
        ...


@dataclass(frozen=True, slots=True)
class Caps:
    """Limits of a UTC day; None: no limit. Of each, questions cannot use the share `digest_share`."""

    tokens: int | None = None
    usd: float | None = None
    digest_share: float = 0.0


class Ledger(Protocol):
    """The store of model answers, vectors and costs."""

    def answer(self, key: str) -> str | None:
        """The stored answer to the prompt with that key; None where there is none."""
        ...

    def keep(self, key: str, purpose: Purpose, model: str, text: str) -> None:
        """Store the answer in place of what is stored under the key."""
        ...

    def reserve(self, model: str, purpose: Purpose, estimate: Usage, caps: Caps) -> None:
        """Set `estimate` aside for a call of today. Raises BudgetExceeded if a cap would be exceeded."""
        ...

    def settle(self, model: str, purpose: Purpose, estimate: Usage, usage: Usage) -> None:
        """Count `usage` in place of the estimate that was set aside; no calls in it: the call failed."""
        ...

    def learned(self, address: str, model: str) -> Mapping[str, int]:
        """What was learned of a model at an endpoint (see `llm.dialect`); empty where nothing was."""
        ...

    def learn(self, address: str, model: str, learned: Mapping[str, int]) -> None:
        """Keep what was learned in place of what was kept before."""
        ...

    def vectors(self, keys: Sequence[str]) -> Mapping[str, Sequence[float]]:
        """Key → stored vector, for those that are stored."""
        ...

    def keep_vectors(self, vectors: Mapping[str, Sequence[float]]) -> None: ...

    def discard_vectors(self, keys: Sequence[str]) -> None: ...
