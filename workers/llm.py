"""The one place that talks to a language model: any OpenAI-compatible endpoint, paid once, within its budget."""

import hashlib
import json
import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx2
import openai
from openai import OpenAI

from workers.config import ModelSettings
from workers.domain.completions import Completion, Ledger, Prompt, Usage
from workers.domain.errors import BudgetExceeded, ContentFiltered, ContextTooLong, ModelDown, ModelRefused
from workers.runtime.logs import note

log = logging.getLogger(__name__)

_TRIES = 4
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 30.0
_CHARACTERS_A_TOKEN = 2.5
"""For the estimate before a call; English has about four, Korean about one and a half."""
_FORMATS = ("schema", "object", "plain")
"""How strictly an endpoint can be told the shape, strictest first; what it cannot do is not asked for again."""


class OpenAiModel:
    """See `domain.completions.Model`. The key is in no repr, log or error."""

    def __init__(
        self,
        settings: ModelSettings,
        name: str,
        key: str,
        base_url: str | None,
        ledger: Ledger,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        self._settings, self._ledger, self._sleep = settings, ledger, sleep
        self._client = OpenAI(api_key=key or "none", base_url=base_url, timeout=settings.timeout_s, max_retries=0)
        self._format = 0

    def complete(
        self, prompt: Prompt, deadline_s: float, on_progress: Callable[[str], None] | None = None
    ) -> Completion:
        key = self._key(prompt)
        known = self._ledger.answer(key)
        if known is not None:
            return Completion(known, Usage())
        self._afford(prompt)
        text, usage = self._ask(prompt, time.monotonic() + deadline_s, on_progress)
        note(
            log,
            "model asked",
            purpose=prompt.purpose,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost_usd=f"{usage.cost_usd:.5f}",
        )
        return Completion(self._ledger.keep(key, prompt.purpose, self.name, text, usage), usage)

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector for each text, by the embedding model of the settings. Raises a ModelError."""
        name = self._settings.embeddings
        if name is None:
            raise ModelRefused("model.embeddings: names no model")
        self._afford(Prompt("embed", "", " ".join(texts), "", {}))
        try:
            answer = self._client.embeddings.create(model=name, input=list(texts), timeout=self._settings.timeout_s)
        except openai.OpenAIError as error:
            raise ModelDown(f"{type(error).__name__}: no embeddings") from None
        vectors = [each.embedding for each in answer.data]
        if len(vectors) != len(texts) or len({len(vector) for vector in vectors}) != 1:
            raise ModelDown("embeddings of another number or length")
        return vectors

    def close(self) -> None:
        self._client.close()

    def _key(self, prompt: Prompt) -> str:
        """By content, not by day or chat: the same question to the same model is one call for ever."""
        return _digest(self.name, prompt.rules, prompt.material, json.dumps(prompt.shape, sort_keys=True))

    def _afford(self, prompt: Prompt) -> None:
        """Raises Spent where this call might pass the day's cap."""
        settings, spent = self._settings, self._ledger.spent_today()
        tokens = math.ceil(len(prompt.rules + prompt.material) / _CHARACTERS_A_TOKEN)
        likely = Usage(1, tokens, 0, settings.max_output_tokens)
        if settings.daily_tokens is not None:
            used = spent.input_tokens + spent.output_tokens + likely.input_tokens + likely.output_tokens
            if used > settings.daily_tokens:
                raise BudgetExceeded("model.daily_tokens is used up for today")
        if settings.daily_usd is not None and spent.cost_usd + self._cost(likely) > settings.daily_usd:
            raise BudgetExceeded("model.daily_usd is used up for today")

    def _cost(self, usage: Usage) -> float:
        price, fresh = self._settings.price, usage.input_tokens - usage.cached_tokens
        return (fresh * price.input + usage.cached_tokens * price.cached + usage.output_tokens * price.output) / 1e6

    def _ask(self, prompt: Prompt, deadline: float, on_progress: Callable[[str], None] | None) -> tuple[str, Usage]:
        """Ask until there is an answer, waiting where told to. Raises a ModelError."""
        wait_s, tries = _FIRST_WAIT_S, 0
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise ModelDown("no answer within model.deadline_s")
            try:
                if on_progress:
                    return self._streamed(prompt, min(self._settings.timeout_s, left), on_progress)
                return self._once(prompt, min(self._settings.timeout_s, left))
            except (openai.RateLimitError, openai.InternalServerError, openai.APIConnectionError) as error:
                tries += 1
                pause = _retry_after_s(error) or wait_s
                if tries >= _TRIES or pause > deadline - time.monotonic():
                    raise ModelDown(f"{type(error).__name__} after {tries} tries") from None
                note(log, "model waits", level=logging.WARNING, error=type(error).__name__, seconds=f"{pause:.1f}")
                self._sleep(pause)
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
            except openai.BadRequestError as error:
                self._bad_request(error)
            except openai.APIStatusError as error:
                raise ModelRefused(
                    f"HTTP {error.status_code}: see OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL"
                ) from None
            except openai.OpenAIError as error:
                raise ModelDown(f"{type(error).__name__}: not an answer of a chat model") from None

    def _bad_request(self, error: openai.BadRequestError) -> None:
        """Too long, filtered, or a format this endpoint does not know: then the next one is tried."""
        on_progress = str(error).lower()
        if (
            "context" in on_progress
            or "too long" in on_progress
            or ("maximum" in on_progress and "token" in on_progress)
        ):
            raise ContextTooLong("the prompt is longer than the model's context") from None
        if "content" in on_progress and "filter" in on_progress:
            raise ContentFiltered("the provider's content filter refused the prompt") from None
        if self._format + 1 >= len(_FORMATS):
            raise ModelRefused(f"HTTP {error.status_code}: the endpoint does not take the request") from None
        self._format += 1
        note(log, "model format", level=logging.WARNING, now=_FORMATS[self._format])

    def _request(self, prompt: Prompt, timeout_s: float) -> dict[str, Any]:
        return {
            "model": self.name,
            "messages": [{"role": "system", "content": prompt.rules}, {"role": "user", "content": prompt.material}],
            "max_tokens": self._settings.max_output_tokens,
            "temperature": self._settings.temperature,
            "timeout": timeout_s,
            **_format(_FORMATS[self._format], prompt),
        }

    def _streamed(self, prompt: Prompt, timeout_s: float, on_progress: Callable[[str], None]) -> tuple[str, Usage]:
        """The answer as it comes; once something was told, a failure is the end of it."""
        options: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}
        text, finished, usage = "", "", Usage(calls=1)
        pieces: Any = self._client.chat.completions.create(**self._request(prompt, timeout_s), **options)
        try:
            for piece in pieces:
                usage = self._usage(piece.usage) if piece.usage else usage
                for choice in piece.choices[:1]:
                    finished = choice.finish_reason or finished
                    if choice.delta.content:
                        text += choice.delta.content
                        on_progress(text)
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            raise ModelDown(f"{type(error).__name__} in the middle of an answer") from None
        if finished not in {"stop", "tool_calls"}:
            raise ModelDown(f"an answer that ended early ({finished or 'cut'})")
        return text, usage

    def _once(self, prompt: Prompt, timeout_s: float) -> tuple[str, Usage]:
        answer = self._client.chat.completions.create(**self._request(prompt, timeout_s))
        usage = self._usage(answer.usage)
        if not answer.choices:
            raise ModelDown("an answer without a choice")
        choice = answer.choices[0]
        if choice.finish_reason == "length":
            self._ledger.keep(
                _digest(self._key(prompt), "cut"), prompt.purpose, self.name, "", usage
            )  # paid all the same
            raise ContextTooLong("the answer was cut off at model.max_output_tokens")
        if choice.finish_reason == "content_filter" or getattr(choice.message, "refusal", None):
            raise ContentFiltered("the model refused to answer")
        return choice.message.content or "", usage

    def _usage(self, on_progress: Any) -> Usage:
        if on_progress is None:
            return Usage(calls=1)
        details = getattr(on_progress, "prompt_tokens_details", None)
        cached = (getattr(details, "cached_tokens", None) or 0) if details else 0
        usage = Usage(1, on_progress.prompt_tokens or 0, cached, on_progress.completion_tokens or 0)
        return Usage(1, usage.input_tokens, cached, usage.output_tokens, self._cost(usage))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _format(kind: str, prompt: Prompt) -> dict[str, Any]:
    if kind == "schema":
        shape: Mapping[str, Any] = {"name": prompt.name, "schema": prompt.shape, "strict": True}
        return {"response_format": {"type": "json_schema", "json_schema": shape}}
    return {"response_format": {"type": "json_object"}} if kind == "object" else {}


def _retry_after_s(error: openai.APIError) -> float:
    response = getattr(error, "response", None)
    try:
        return max(0.0, float(response.headers.get("Retry-After", ""))) if response is not None else 0.0
    except ValueError:
        return 0.0
