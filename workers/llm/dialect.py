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
    "schema": ("whole", "plain"),
    "format": ("json_schema", "json_object", ""),
    "usage": ("stream_options", ""),
    "temperature": ("temperature", ""),
    "limit": ("max_completion_tokens", "max_tokens", ""),
    "system": ("system", "user"),
    "stream": ("stream", ""),
}
"""Part of a request → the ways to put it, the usual one first; "" leaves the part out.

A plain schema has no bounds of lists and says nothing of further fields.
"""
_GUESSES = ("format", "usage", "temperature", "limit", "system", "stream")
"""The parts in the order in which they are changed after a refusal that says nothing."""
_BOUNDS = frozenset({"maxItems", "minItems", "maxLength", "minLength", "additionalProperties"})
"""Keywords of a JSON schema that a plain one lacks."""
_PARAMS: Mapping[str, str] = {
    "response_format": "format",
    "stream_options": "usage",
    "temperature": "temperature",
    "max_completion_tokens": "limit",
    "max_tokens": "limit",
    "stream": "stream",
}
"""Name of a parameter → the part of a request."""
_WORDS: Mapping[str, re.Pattern[str]] = {
    part: re.compile(words, re.DOTALL)
    for part, words in {
        "schema": r"unknown name .{0,20}additionalproperties|unsupported .{0,60}additionalproperties"
        r"|additionalproperties.{0,60}(?:unknown|unsupported|not (?:allowed|permitted|supported))"
        r"|(?:max|min)(?:items|length)",
        "format": r"response[_ ]format|json_schema|json_object|json mode|structured output|schema|grammar",
        "usage": r"stream_options|include_usage",
        "temperature": r"temperature",
        "limit": r"max_completion_tokens|max_tokens",
        "system": r"(?:system|developer) (?:role|message|prompt|instruction)|['\"]system['\"]"
        r"|roles must alternate|conversation roles|user and assistant roles|permitted: 'user'",
        "stream": r"stream this model|streaming (?:is )?not|support streaming|['\"`]stream['\"`]",
    }.items()
}
"""Part of a request → what a refusal of it contains, in lower case."""
_NO_FORMAT = re.compile(
    r"(?:extra inputs|(?:unrecogni[sz]ed|unknown|unsupported) (?:request )?(?:argument|parameter)|no endpoints found)"
    r".{0,60}response_format",
    re.DOTALL,
)
"""In a refusal of any format of the answer, and not only of the one that was asked for."""
_CONTEXT = re.compile(
    r"context.{0,20}(?:length|window|size)|too long|too many tokens|(?:request|prompt|input).{0,20}too large"
    r"|reduce the length|exceeds? .{0,40}tokens|maximum prompt length|prompt length|max_seq_len"
    r"|inputs? (?:tokens )?(?:must have|\+ max_new_tokens)"
)
_CONTEXT_TOKENS = re.compile(
    r"context.{0,40}?(\d{3,7})\b|\blimit\s*:?\s*(\d{3,7})\b|(\d{3,7}) maximum context|> (\d{3,7}) maximum"
    r"|tokens allowed \((\d{3,7})\)|(?:prompt length is|less than|must be <=) (\d{3,7})"
)
"""The endpoint's own length, in the words of OpenAI, vLLM, llama.cpp; Groq; Mistral; Anthropic; Gemini."""
_MOST_TOKENS = re.compile(
    r"\[\d+, ?(\d{2,7})\]|between \d+ and (\d{2,7})|> (\d{2,7}), which is|range.{0,40}?to (\d{2,7})|limit of (\d{2,7})"
    r"|(?:at most|up to|less than or equal to|<=|maximum (?:allowed )?(?:value|number)?.{0,20}?)[\s`'\"]*(\d{2,7})"
)
"""The endpoint's own limit of an answer."""
_GUESS_DAYS = 7
_SHORTEST = 1_000
"""Tokens of a context; a smaller number in a refusal is another number."""
_MOST_PERCENT = 300
"""Tokens that an endpoint may count, of a hundred that are estimated."""
_FEWEST_TOKENS = 256
"""Of an answer; with less room than this nothing is asked."""


@dataclass
class Dialect:
    """The places in _WAYS, and numbers of tokens: `context` and `most_tokens` are the endpoint's own limits.

    `room` is for what a model thinks before it answers; `percent` is how many tokens the endpoint counts in a prompt
    for a hundred that are estimated.
    """

    places: dict[str, int] = field(default_factory=dict)
    context: int | None = None
    most_tokens: int | None = None
    room: int = 0
    percent: int = 100
    guessed_on: int = 0
    """The day (since 1970) on which a place was guessed after a refusal that said nothing; 0: none was."""

    @classmethod
    def of(cls, learned: Mapping[str, int], today: int = 0) -> "Dialect":
        """From what was learned; guesses are forgotten after _GUESS_DAYS, because a refusal may have been chance."""
        guessed_on = learned.get("guessed_on", 0)
        if guessed_on and today - guessed_on > _GUESS_DAYS:
            learned = {name: n for name, n in learned.items() if name not in _GUESSES}
            guessed_on = 0
        places = {part: learned[part] for part, ways in _WAYS.items() if 0 < learned.get(part, 0) < len(ways)}
        percent = max(100, min(learned.get("percent", 100), _MOST_PERCENT))
        numbers = (learned.get("context"), learned.get("most_tokens"), learned.get("room", 0))
        return cls(places, *numbers, percent, guessed_on)

    def learned(self) -> dict[str, int]:
        """What `of` makes this dialect from."""
        numbers = {"context": self.context, "most_tokens": self.most_tokens, "room": self.room}
        numbers |= {"percent": self.percent if self.percent > 100 else 0, "guessed_on": self.guessed_on}
        return {name: n for name, n in [*self.places.items(), *numbers.items()] if n}

    def refused(self) -> list[str]:
        """The names of what was refused, for the owner."""
        return [way for part, place in self.places.items() for way in _WAYS[part][:place]]

    def way(self, part: str) -> str:
        return _WAYS[part][self.places.get(part, 0)]

    def limit(self, prompt_tokens: int, answer_tokens: int, context_tokens: int) -> int:
        """Tokens of an answer that may be asked for; 0 if the prompt leaves too little of the context for one."""
        left = min(context_tokens, self.context or context_tokens) - prompt_tokens * self.percent // 100
        limit = min(answer_tokens + self.room, left, self.most_tokens or left)
        return limit if limit >= min(_FEWEST_TOKENS, answer_tokens) else 0

    def request(self, prompt: Prompt, limit: int, temperature: float | None) -> dict[str, Any]:
        """The parameters of a call, without the model's name."""
        request: dict[str, Any] = {"messages": self._messages(prompt)}
        if name := self.way("limit"):
            request[name] = limit
        if temperature is not None and self.way("temperature"):
            request["temperature"] = temperature
        if self.way("stream"):
            request["stream"] = True
            if self.way("usage"):
                request["stream_options"] = {"include_usage": True}
        if kind := self.way("format"):
            request["response_format"] = {"type": kind}
            if kind == "json_schema":
                is_whole = self.way("schema") == "whole"
                schema = prompt.shape if is_whole else _plain(prompt.shape)
                request["response_format"] |= {
                    "json_schema": {"name": prompt.name, "schema": schema, "strict": is_whole}
                }
        return request

    def learn(self, request: Mapping[str, Any], param: str, text: str, guess_on: int = 0) -> bool:
        """Learn from the refusal of `request`; returns whether another call may be taken.

        `text` is in lower case. Without a hint in it the next way is taken of the part that endpoints refuse most
        often, if there is a day `guess_on` (since 1970) to remember for that.
        """
        named = [_PARAMS[param]] if param in _PARAMS else []
        named += [part for part, words in _WORDS.items() if words.search(text)]
        named.sort(key=lambda part: part != "schema")  # a keyword is in the schema, which is in the format
        found = _MOST_TOKENS.search(text) if "limit" in named else None
        most = int(next(filter(None, found.groups()))) if found else 0
        if _FEWEST_TOKENS <= most < _limit_of(request):
            self.most_tokens = most
            return True
        for part in named or (_GUESSES if guess_on else ()):
            sent, current = self._place_in(part, request), self.places.get(part, 0)
            if sent is not None and sent < current:
                return True  # another thread has learned that already
            if sent == current < len(_WAYS[part]) - 1:
                is_last = part == "format" and bool(_NO_FORMAT.search(text))
                self.places[part] = len(_WAYS[part]) - 1 if is_last else current + 1
                self.guessed_on = self.guessed_on if named else guess_on
                return True
        return False

    def learn_context(self, text: str, context_tokens: int, request: Mapping[str, Any], prompt_tokens: int) -> bool:
        """Learn from the refusal of a request that was too long; returns whether a shorter one may be taken.

        `text`, in lower case, may say the length of the context, and how many tokens the endpoint counts in the prompt,
        which were estimated as `prompt_tokens`. If it says nothing new, more are counted from now on.
        """
        before = (self.context, self.percent)
        found = _CONTEXT_TOKENS.search(text)
        length = int(next(filter(None, found.groups()))) if found else None
        if length and _SHORTEST <= length < min(context_tokens, self.context or context_tokens):
            self.context = length
        others = {int(number) for number in re.findall(r"\b\d{2,7}\b", text)} - {length, _limit_of(request)}
        longest = prompt_tokens * _MOST_PERCENT // 100
        counted = min((number for number in others if prompt_tokens < number <= longest), default=0)
        self.percent = max(self.percent, min(_MOST_PERCENT, 100 * counted // max(1, prompt_tokens) + 2))
        if length and before == (self.context, self.percent):
            self.percent = min(_MOST_PERCENT, self.percent * 3 // 2)
        return before != (self.context, self.percent)

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
        format_ = request.get("response_format", {})
        match part:
            case "schema":
                sent = {"whole" if format_["json_schema"]["strict"] else "plain"} if "json_schema" in format_ else set()
            case "format":
                sent = {format_.get("type")}
            case "system":
                sent = {request["messages"][0]["role"]}
            case _:
                sent = set(request)
        return next((place for place, way in enumerate(_WAYS[part]) if way in sent), None)

    def _messages(self, prompt: Prompt) -> list[dict[str, str]]:
        if self.way("system") == "system":
            return [{"role": "system", "content": prompt.rules}, {"role": "user", "content": prompt.material}]
        return [{"role": "user", "content": f"{prompt.rules}\n\n{prompt.material}"}]


def is_about_context(text: str) -> bool:
    """Whether a refusal, in lower case, says that prompt and answer are too long; one about the schema does not."""
    return bool(_CONTEXT.search(text)) and "additionalproperties" not in text


def _plain(schema: Any) -> Any:
    if isinstance(schema, Mapping):
        return {key: _plain(value) for key, value in schema.items() if key not in _BOUNDS}
    return [_plain(each) for each in schema] if isinstance(schema, list) else schema


def _limit_of(request: Mapping[str, Any]) -> int:
    return int(request.get("max_completion_tokens") or request.get("max_tokens") or 0)
