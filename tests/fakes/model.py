"""A model without a network: a function writes its answers; usage is counted once per prompt."""

from collections.abc import Callable
from typing import TypeVar

from workers.domain.completions import Meter, Prompt, Usage
from workers.domain.errors import ModelError

T = TypeVar("T")


class FakeModel:
    """`writer` gets rules and material. Each call for a new prompt first raises the next of `faults`, if not None.

    `asked` holds these prompts in order; a prompt that had a usable answer before gets the same one without usage.
    """

    name = "fake"

    def __init__(self, writer: Callable[[str, str], str], faults: list[ModelError | None] | None = None) -> None:
        self._writer, self._faults = writer, list(faults or [])
        self.asked: list[Prompt] = []
        self._known: dict[tuple[str, str], str] = {}

    def complete(
        self,
        prompt: Prompt,
        read: Callable[[str], T],
        deadline_s: float,
        meter: Meter,
        on_progress: Callable[[str], None] | None = None,
    ) -> T:
        known = self._known.get((prompt.rules, prompt.material))
        if known is not None:
            return read(known)
        self.asked.append(prompt)
        fault = self._faults.pop(0) if self._faults else None
        if fault is not None:
            raise fault
        text = self._writer(prompt.rules, prompt.material)
        if on_progress:
            for end in [*range(1, len(text), 3), len(text)]:  # a token has about three characters
                on_progress(text[:end])
        meter.add(prompt.purpose, Usage(1, len(prompt.text) // 3, 0, len(text) // 2))
        found = read(text)
        meter.answered(self.name)
        self._known[prompt.rules, prompt.material] = text
        return found
