"""The answers of an endpoint and the pieces of a streamed one, as far as they are used; everything else is ignored."""

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from workers.domain.errors import ModelDown
from workers.text.model_json import without_reasoning

NO_ANSWER = "the answer is none of chat.completions: does OPENAI_BASE_URL end in /v1?"
_CUT = frozenset({"length", "max_tokens", "max_output_tokens", "model_length"})
_FAILED = frozenset({"error", "insufficient_system_resource", "network_error", "timeout", "abort"})
_FILTERED = frozenset(
    {"sensitive", "content_filter", "safety", "recitation", "prohibited_content", "blocklist", "spii"}
)
_EVENT = ("data:", "event:", ":", "id:", "retry:")
"""Beginnings of the lines of events."""
_TAIL, _REPEATED = 3_000, 0.06
"""Characters at the end of an answer, and the share to which only repetition can be compressed; sections have 0.3."""
_MOST_TOKENS = 10_000_000
"""Of one call; a larger number in a usage is no number of tokens."""


def _mapping(value: Any) -> Any:
    return value if isinstance(value, Mapping) else None


def _mappings(value: Any) -> Any:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _tokens(value: Any) -> int | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < _MOST_TOKENS:
        return int(value)
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < len(str(_MOST_TOKENS)) else None


_Tokens = Annotated[int | None, BeforeValidator(_tokens)]


class Cached(BaseModel):
    cached_tokens: _Tokens = None


class Reasoned(BaseModel):
    reasoning_tokens: _Tokens = None


class Reported(BaseModel):
    """The usage that an endpoint reports; None for what it does not say, or says as nonsense."""

    prompt_tokens: _Tokens = None
    completion_tokens: _Tokens = None
    total_tokens: _Tokens = None
    prompt_tokens_details: Annotated[Cached | None, BeforeValidator(_mapping)] = None
    completion_tokens_details: Annotated[Reasoned | None, BeforeValidator(_mapping)] = None


class Message(BaseModel):
    content: Any = None
    refusal: Any = None
    reasoning_content: Any = None
    reasoning: Any = None
    thinking: Any = None
    tool_calls: Any = None

    def text(self) -> str:
        """The content, with the text of its parts; without one, the arguments of a call that a model made instead."""
        if isinstance(self.content, list):
            return "".join(map(_part_text, self.content))
        if isinstance(self.content, str) and self.content:
            return self.content
        calls = [each.get("function") for each in _mappings(self.tool_calls)]
        arguments = [each.get("arguments") for each in _mappings(calls)]
        return "".join(each for each in arguments if isinstance(each, str))

    def thought(self) -> str:
        thoughts = (self.reasoning_content, self.reasoning, self.thinking)
        return next((each for each in thoughts if isinstance(each, str) and each), "")


def _part_text(part: Any) -> str:
    if isinstance(part, str):
        return part
    is_text = isinstance(part, Mapping) and part.get("type", "text") in {"text", "output_text"}
    text = part.get("text") if is_text else None
    return text if isinstance(text, str) else ""


_Message = Annotated[Message | None, BeforeValidator(_mapping)]


class Choice(BaseModel):
    message: _Message = None
    delta: _Message = None
    text: Any = None
    """Of an endpoint that answers as the older interface did."""
    finish_reason: Any = None
    error: Any = None

    def message_or_delta(self) -> Message:
        known = next((each for each in (self.delta, self.message) if each and (each.text() or each.thought())), None)
        return known or Message(content=self.text if isinstance(self.text, str) else None)

    @property
    def is_finish(self) -> bool:
        """Whether it is the last piece; some endpoints put an empty reason on each."""
        return str(self.finish_reason).casefold() not in {"none", "", "null"}

    @property
    def has_failed(self) -> bool:
        return str(self.finish_reason).casefold() in _FAILED

    @property
    def is_cut(self) -> bool:
        return str(self.finish_reason).casefold() in _CUT

    @property
    def is_filtered(self) -> bool:
        return str(self.finish_reason).casefold() in _FILTERED


class Reply(BaseModel):
    """A whole answer, or one piece of a streamed one."""

    choices: Annotated[list[Choice], BeforeValidator(_mappings)] = []
    usage: Annotated[Reported | None, BeforeValidator(_mapping)] = None
    error: Any = None
    base_resp: Any = None
    message: Any = None
    msg: Any = None

    def failure(self) -> Any:
        """What was sent in place of an answer; None if it is an answer."""
        if self.error or any(choice.error for choice in self.choices):
            return self.error or next(choice.error for choice in self.choices if choice.error)
        said = self.message or self.msg
        return None if self.choices or self.usage else self.base_resp or ({"message": said} if said else None)


def replies_of(lines: Iterator[str]) -> Iterator[Reply]:
    """The pieces of an answer: events, or one or several JSON objects, whatever the content type says.

    Raises ModelDown if that is no answer of chat.completions. Empty events and comments are left out.
    """
    first = next((line for line in lines if line.strip()), "")
    if not first.lstrip().startswith(_EVENT):
        yield from _whole("\n".join([first, *lines]))
        return
    for line in chain([first], lines):
        field, _, data = line.partition(":")
        if field.strip() != "data" or not data.strip():
            continue
        if data.strip() == "[DONE]":
            return
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            raise ModelDown(NO_ANSWER) from None
        if value:
            yield _reply(value)


def _whole(text: str) -> Iterator[Reply]:
    try:
        yield _reply(json.loads(text))
    except (ValueError, RecursionError):
        try:  # one object on each line
            values = [json.loads(line) for line in text.splitlines() if line.strip()]
        except (ValueError, RecursionError):
            raise ModelDown(NO_ANSWER) from None
        yield from map(_reply, values)


def _reply(content: Any) -> Reply:
    try:
        return Reply.model_validate(content)
    except ValidationError:
        raise ModelDown(NO_ANSWER) from None


@dataclass
class Collected:
    """What has arrived of an answer."""

    text: str = ""
    thought: str = ""
    usage: Reported | None = None
    is_cut: bool = False
    is_filtered: bool = False
    is_finished: bool = False
    is_late: bool = False
    """Whether its time was over before its end."""
    repeats: bool = False
    """Whether it was stopped because it only repeated itself."""

    def add(self, reply: Reply) -> bool:
        """Returns whether text was added. Raises InPlaceOfAnAnswer and MayPass."""
        if failure := reply.failure():
            raise InPlaceOfAnAnswer(failure)
        self.usage = reply.usage or self.usage
        before = len(self.text)
        for choice in reply.choices[:1]:
            if choice.has_failed:
                raise MayPass(f"the endpoint failed in the middle of an answer ({str(choice.finish_reason)[:40]})")
            message = choice.message_or_delta()
            self.text += message.text()
            self.thought += message.thought()
            refused = any(each.refusal for each in (choice.delta, choice.message) if each)
            self.is_cut = self.is_cut or choice.is_cut
            self.is_filtered = self.is_filtered or choice.is_filtered or refused
            self.is_finished = self.is_finished or choice.is_finish or choice.message is not None
        return len(self.text) > before

    def looks_whole(self) -> bool:
        """Whether an answer without a reason for its end is one JSON value, which nothing can follow."""
        try:
            json.loads(without_reasoning(self.text).strip().removeprefix("```json").strip("`"))
        except (ValueError, RecursionError):
            return False
        return True

    def stop_if_it_repeats(self) -> bool:
        """Whether the last _TAIL characters are one text again and again; then the answer counts as cut off."""
        tail = (self.text or self.thought)[-_TAIL:].encode("utf-8", "replace")
        self.repeats = len(tail) >= _TAIL and len(zlib.compress(tail)) < _REPEATED * len(tail)
        self.is_cut = self.is_cut or self.repeats
        self.is_finished = self.is_finished or self.repeats
        return self.repeats

    def has_begun(self) -> bool:
        return bool(self.text or self.thought)

    def has_thought(self) -> bool:
        details = self.usage.completion_tokens_details if self.usage else None
        return bool(self.thought or (details and details.reasoning_tokens))


class MayPass(Exception):
    """An error that may pass; `retry_after_s` is 0 if the endpoint did not say how long to wait."""

    def __init__(self, reason: str, retry_after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class InPlaceOfAnAnswer(Exception):
    """An error that came with HTTP 200, as some gateways send it."""

    def __init__(self, body: Any) -> None:
        super().__init__("an error in place of an answer")
        self.body = body


_LARGEST = 3e38
"""The largest number of 32 bits, nearly."""


class _Embedding(BaseModel):
    model_config = ConfigDict(allow_inf_nan=False)

    embedding: Annotated[list[float], Field(min_length=1)]
    index: _Tokens = None


class _Embeddings(BaseModel):
    data: list[_Embedding]


def vectors_of(received: Any, count: int) -> list[list[float]]:
    """The embeddings of `count` texts, in order. Raises ModelDown if that is not what an endpoint sent."""
    content = received.model_dump(warnings=False) if isinstance(received, BaseModel) else received
    try:
        data = _Embeddings.model_validate(content).data
    except ValidationError:
        raise ModelDown("the answer has no embeddings") from None
    if any(abs(number) > _LARGEST for each in data for number in each.embedding):
        raise ModelDown("embeddings that are no 32-bit numbers")
    places = [place if each.index is None else each.index for place, each in enumerate(data)]
    if sorted(places) != list(range(count)):
        raise ModelDown("embeddings of another number")
    return [data[places.index(place)].embedding for place in range(count)]
