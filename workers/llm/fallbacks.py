"""Several models in order: the next one is asked where one is down or refuses, and failures are told to the owners."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

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
from workers.llm.client import OpenAiModel
from workers.runtime.logs import note

log = logging.getLogger(__name__)
T = TypeVar("T")
OnFailure = Callable[[str, ModelError], None]
"""Gets the name of a model and the error that ended its work."""
_SHARE_OF_TIME = 0.5
"""Of the time that is left, for each model that has another one after it."""
_REST_S = 300.0
"""Seconds for which a model that failed is left out where there is another one."""
_UNUSABLE = 2
"""Answers in a row that cannot be used, after which the owners are told; one may be chance."""


class Fallbacks:
    """See `domain.completions.Model`. A prompt that one of the models has answered before is answered from that."""

    def __init__(self, models: Sequence[OpenAiModel], on_failure: OnFailure) -> None:
        self.models, self._on_failure = models, on_failure
        self._unusable = 0.0
        self._rests: dict[str, float] = {}
        """Model that failed → when it is asked again (`time.monotonic`)."""
        self.name = models[0].name

    def complete(
        self,
        prompt: Prompt,
        read: Callable[[str], T],
        deadline_s: float,
        meter: Meter,
        on_progress: Callable[[str], None] | None = None,
    ) -> T:
        for model in self.models:
            for known in model.stored(prompt, read):
                return known
        end, has_begun = time.monotonic() + deadline_s, False

        def watched(text: str) -> None:
            nonlocal has_begun
            has_begun = True
            if on_progress:
                on_progress(text)

        progress = watched if on_progress else None
        *others, last = self.models
        for model in others:
            if time.monotonic() < self._rests.get(model.name, 0):
                continue
            try:
                left_s = _SHARE_OF_TIME * (end - time.monotonic())
                return self._noted(model, prompt, read, left_s, meter, progress)
            except (ModelDown, ModelRefused, ContentFiltered) as error:
                if has_begun:  # readers have seen its beginning
                    raise
                if not isinstance(error, ContentFiltered):
                    self._rests[model.name] = time.monotonic() + _REST_S
                note(log, "the next model is asked", level=logging.WARNING, model=model.name, error=error)
        return self._noted(last, prompt, read, end - time.monotonic(), meter, progress)

    def close(self) -> None:
        for model in self.models:
            model.close()

    def _noted(
        self,
        model: OpenAiModel,
        prompt: Prompt,
        read: Callable[[str], T],
        deadline_s: float,
        meter: Meter,
        on_progress: Callable[[str], None] | None,
    ) -> T:
        try:
            found = model.complete(prompt, read, deadline_s, meter, on_progress)
        except (ModelDown, ModelRefused, BudgetExceeded) as error:
            self._on_failure(model.name, error)
            raise
        except (AnswerUnusable, ContextTooLong) as error:
            # A section that is too long is halved, and its halves may do.
            self._unusable += (1 if isinstance(error, AnswerUnusable) else 0.5) * (prompt.purpose == Purpose.WRITE)
            if self._unusable >= _UNUSABLE:
                self._on_failure(model.name, error)
                self._unusable = 0
            raise
        self._unusable = 0
        return found
