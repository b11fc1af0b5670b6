"""The answers of an endpoint and the pieces of a streamed one, as far as they are used; everything else is ignored."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from workers.domain.errors import ModelDown

NO_ANSWER = "the answer is none of chat.completions: does OPENAI_BASE_URL end in /v1?"
_CUT = frozenset({"length", "max_tokens", "max_output_tokens", "model_length"})
_FILTERED = frozenset({"content_filter", "safety", "recitation", "prohibited_content", "blocklist", "spii"})
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


class Reported(BaseModel):
    """The usage that an endpoint reports; None for what it does not say, or says as nonsense."""

    prompt_tokens: _Tokens = None
    completion_tokens: _Tokens = None
    prompt_tokens_details: Annotated[Cached | None, BeforeValidator(_mapping)] = None


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
