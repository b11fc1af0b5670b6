"""A model without a network: a function writes its answers; usage is counted once per prompt."""

from collections.abc import Callable

from workers.domain.completions import Completion, Prompt, Usage
from workers.domain.errors import ModelError


class FakeModel:
    """`writer` gets rules and material. Each call for a new prompt first raises the next of `faults`, if not None.

    `asked` holds these prompts in order; a prompt that was answered before gets the same answer without usage.
    """

    name = "fake"

    def __init__(self, writer: Callable[[str, str], str], faults: list[ModelError | None] | None = None) -> None:
        self._writer, self._faults = writer, list(faults or [])
        self.asked: list[Prompt] = []
        self._known: dict[tuple[str, str], str] = {}

    def complete(
        self, prompt: Prompt, deadline_s: float, on_progress: Callable[[str], None] | None = None
    ) -> Completion:
        known = self._known.get((prompt.rules, prompt.material))
        if known is not None:
            return Completion(known, Usage())
        self.asked.append(prompt)
        fault = self._faults.pop(0) if self._faults else None
        if fault is not None:
            raise fault
        text = self._known.setdefault((prompt.rules, prompt.material), self._writer(prompt.rules, prompt.material))
        if on_progress:
            for end in range(1, len(text) + 1):
                on_progress(text[:end])
        return Completion(text, Usage(1, len(prompt.rules + prompt.material) // 3, 0, len(text) // 2))
