"""What one model at one endpoint takes: how a request is put, and what is learned from the calls that it refuses.

The parameters of chat.completions are OpenAI's; other endpoints refuse some of them, each in its own words, and
OpenAI's models differ too. A refusal is read by its `param`, else by its text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workers.domain.completions import Prompt

_WAYS: Mapping[str, tuple[str, ...]] = {
    "format": ("json_schema", "json_object", ""),
    "usage": ("stream_options", ""),
    "temperature": ("temperature", ""),
    "limit": ("max_completion_tokens", "max_tokens", ""),
    "system": ("system", "user"),
}
"""Part of a request → the ways to put it, the usual one first; "" leaves the part out."""
_WORDS: Mapping[str, tuple[str, ...]] = {
    "format": (
        *("response_format", "json_schema", "json_object", "json mode", "structured output", "schema", "grammar"),
        "additionalproperties",
    ),
    "usage": ("stream_options", "include_usage"),
    "temperature": ("temperature",),
    "limit": ("max_completion_tokens", "max_tokens"),
    "system": (
        *("system role", "system message", "system prompt", "system instruction", "developer instruction"),
        *("'system'", '"system"', "roles must alternate", "conversation roles"),
    ),
}
"""Part of a request → what a refusal of it contains."""
_CONTEXT = re.compile(
    r"context.{0,20}(?:length|window|size)|too long|too many tokens|(?:request|prompt|input).{0,20}too large"
    r"|reduce the length|exceeds? .{0,40}tokens"
)
_CONTEXT_TOKENS = re.compile(r"(?:context.{0,30}?(?:is|of|:)|\blimit)\s*:?\s*(\d{3,7})\b")
_MOST_TOKENS = re.compile(
    r"(?:at most|up to|less than or equal to|<=|maximum (?:allowed )?(?:value|number)?.{0,20}?)[\s`'\"]*(\d{2,7})"
)
_FEWEST_TOKENS = 256
"""Of an answer; with less room than this nothing is asked."""


@dataclass
class Dialect:
    """The places in _WAYS, and numbers of tokens: `context` and `most_tokens` are the endpoint's own limits.

    `room` is for what a model thinks before it answers.
    """

    places: dict[str, int] = field(default_factory=dict)
    context: int | None = None
    most_tokens: int | None = None
    room: int = 0

    @classmethod
    def of(cls, learned: Mapping[str, int]) -> "Dialect":
        places = {part: learned[part] for part, ways in _WAYS.items() if 0 < learned.get(part, 0) < len(ways)}
        return cls(places, learned.get("context"), learned.get("most_tokens"), learned.get("room", 0))

    def learned(self) -> dict[str, int]:
        """What `of` makes this dialect from."""
        numbers = {"context": self.context, "most_tokens": self.most_tokens, "room": self.room}
        return {name: n for name, n in [*self.places.items(), *numbers.items()] if n}

    def way(self, part: str) -> str:
        return _WAYS[part][self.places.get(part, 0)]

    def limit(self, prompt_tokens: int, answer_tokens: int, context_tokens: int) -> int:
        """Tokens of an answer that may be asked for; 0 if the prompt leaves too little of the context for one."""
        left = min(context_tokens, self.context or context_tokens) - prompt_tokens
        limit = min(answer_tokens + self.room, left, self.most_tokens or left)
        return limit if limit >= min(_FEWEST_TOKENS, answer_tokens) else 0

    def request(self, prompt: Prompt, limit: int, temperature: float | None, *, is_streamed: bool) -> dict[str, Any]:
        """The parameters of a call, without the model's name."""
        request: dict[str, Any] = {"messages": self._messages(prompt)}
        if name := self.way("limit"):
            request[name] = limit
        if temperature is not None and self.way("temperature"):
            request["temperature"] = temperature
        if is_streamed:
            request["stream"] = True
            if self.way("usage"):
                request["stream_options"] = {"include_usage": True}
        if kind := self.way("format"):
            shape = {"name": prompt.name, "schema": prompt.shape, "strict": True}
            request["response_format"] = {"type": kind, **({"json_schema": shape} if kind == "json_schema" else {})}
        return request

    def learn(self, request: Mapping[str, Any], param: str, text: str, *, is_about_the_request: bool) -> bool:
        """Learn from the refusal of `request`; returns whether another call may be taken.

        `text` is in lower case. Without a hint in it the next way is taken of the part that endpoints refuse most
        often, if the status says that the refusal is about the request.
        """
        named = [part for part in _WAYS if any(word == param for word in _WORDS[part])]
        named += [part for part in _WAYS if any(word in text for word in _WORDS[part])]
        if "limit" in named and (found := _MOST_TOKENS.search(text)) and int(found[1]) < _limit_of(request):
            self.most_tokens = int(found[1])
            return True
        parts = named or (list(_WAYS) if is_about_the_request else [])
        for part in parts:
            sent, current = self._place_in(part, request), self.places.get(part, 0)
            if sent is not None and sent < current:
                return True  # another thread has learned that already
            if sent == current < len(_WAYS[part]) - 1:
                self.places[part] = current + 1
                return True
        return False

    def learn_context(self, text: str, context_tokens: int) -> bool:
        """Whether `text`, in lower case, says a length of the context that is new; it is kept."""
        found = _CONTEXT_TOKENS.search(text)
        if found is None or int(found[1]) >= min(context_tokens, self.context or context_tokens):
            return False
        self.context = int(found[1])
        return True

    def make_room(self, answer_tokens: int) -> bool:
        """Give a model that used all tokens for its thought more of them, once; returns whether it had not yet."""
        if self.room:
            return False
        self.room = 4 * answer_tokens
        return True

    def prefer_max_tokens(self) -> None:
        """For an endpoint that takes max_completion_tokens and does not honour it."""
        if self.way("limit") == "max_completion_tokens":
            self.places["limit"] = 1

    def _place_in(self, part: str, request: Mapping[str, Any]) -> int | None:
        """The place in _WAYS of the way in which `request` has the part; None if it is left out."""
        sent = {request["messages"][0]["role"]} if part == "system" else set(request)
        if part == "format":
            sent = {request.get("response_format", {}).get("type")}
        return next((place for place, way in enumerate(_WAYS[part]) if way in sent), None)

    def _messages(self, prompt: Prompt) -> list[dict[str, str]]:
        if self.way("system") == "system":
            return [{"role": "system", "content": prompt.rules}, {"role": "user", "content": prompt.material}]
        return [{"role": "user", "content": f"{prompt.rules}\n\n{prompt.material}"}]


def is_about_context(text: str) -> bool:
    """Whether a refusal, in lower case, says that prompt and answer are too long; one about the schema does not."""
    return bool(_CONTEXT.search(text)) and "additionalproperties" not in text


def _limit_of(request: Mapping[str, Any]) -> int:
    return int(request.get("max_completion_tokens") or request.get("max_tokens") or 0)
