"""The answers of an endpoint and the pieces of a streamed one, as far as they are used; everything else is ignored."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from workers.domain.errors import ModelDown

NO_ANSWER = "the answer is none of chat.completions: does OPENAI_BASE_URL end in /v1?"
_CUT = frozenset({"length", "max_tokens", "max_output_tokens", "model_length"})
_FILTERED = frozenset({"content_filter", "safety", "recitation", "prohibited_content", "blocklist", "spii"})
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
    prompt_tokens_details: Annotated[Cached | None, BeforeValidator(_mapping)] = None
    completion_tokens_details: Annotated[Reasoned | None, BeforeValidator(_mapping)] = None


class Message(BaseModel):
    content: Any = None
    refusal: Any = None
    reasoning_content: Any = None
    reasoning: Any = None

    def text(self) -> str:
        """The content; of a list of parts, the text of those of the type text."""
        if isinstance(self.content, list):
            parts = [part for part in _mappings(self.content) if part.get("type") in {"text", "output_text"}]
            return "".join(part["text"] for part in parts if isinstance(part.get("text"), str))
        return self.content if isinstance(self.content, str) else ""

    def thought(self) -> str:
        return "".join(each for each in (self.reasoning_content, self.reasoning) if isinstance(each, str))


_Message = Annotated[Message | None, BeforeValidator(_mapping)]


class Choice(BaseModel):
    message: _Message = None
    delta: _Message = None
    finish_reason: Any = None

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


def reply_of(received: Any) -> Reply:
    """What an endpoint sent, checked. Raises ModelDown if that is no answer of chat.completions."""
    content = received.model_dump(warnings=False) if isinstance(received, BaseModel) else received
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
        """Returns whether text was added. Raises MayPass or ModelDown for an error in place of an answer."""
        if reply.error:
            raise error_in(reply.error)
        self.usage = reply.usage or self.usage
        before = len(self.text)
        for choice in reply.choices[:1]:
            message = choice.delta or choice.message or Message()
            self.text += message.text()
            self.thought += message.thought()
            self.is_cut = self.is_cut or choice.is_cut
            self.is_filtered = self.is_filtered or choice.is_filtered or bool(message.refusal)
            self.is_finished = self.is_finished or choice.finish_reason is not None or choice.message is not None
        return len(self.text) > before

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


def error_in(error: Any) -> Exception:
    """The exception for an error that came with HTTP 200, as some gateways send it."""
    code = error.get("code") if isinstance(error, Mapping) else None
    if str(code) in {"429", "500", "502", "503", "529", "rate_limit_exceeded", "overloaded"}:
        return MayPass(f"error {code} in place of an answer")
    return ModelDown("an error in place of an answer")


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
    places = [place if each.index is None else each.index for place, each in enumerate(data)]
    if sorted(places) != list(range(count)):
        raise ModelDown("embeddings of another number")
    return [data[places.index(place)].embedding for place in range(count)]
