"""Calls a language model at an OpenAI-compatible endpoint, within the daily budget, and pays for a prompt once."""

import hashlib
import json
import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2
import openai
from openai import OpenAI

from workers.config import ModelSettings
from workers.domain.completions import Completion, Ledger, Prompt, Usage
from workers.domain.errors import BudgetExceeded, ContentFiltered, ContextTooLong, ModelDown, ModelRefused
from workers.runtime.logs import note

log = logging.getLogger(__name__)

OPENAI_URL = "https://api.openai.com/v1"
"""The endpoint where none is named."""
_TRIES = 4
_FIRST_WAIT_S = 1.0
"""The wait doubles after each failure; a Retry-After header replaces it."""
_LONGEST_WAIT_S = 30.0
_CHARS_PER_TOKEN = 2.5
"""To estimate the tokens before a call; English has about 4 characters per token, Korean about 1.5."""
_FORMATS = ("schema", "object", "plain")
"""Ways to ask for JSON, strictest first. After an endpoint has refused one, this process uses the next one."""


@dataclass(frozen=True, slots=True)
class ModelEndpoint:
    """A model at an endpoint. `key` may be empty; without `base_url` the endpoint is OpenAI's."""

    model: str
    key: str = field(repr=False)
    base_url: str | None = None
    proxy: str | None = field(default=None, repr=False)


class OpenAiModel:
    """See `domain.completions.Model`. The key is in no repr, log line or error."""

    def __init__(
        self,
        settings: ModelSettings,
        endpoint: ModelEndpoint,
        ledger: Ledger,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = endpoint.model
        self._settings, self._ledger, self._sleep = settings, ledger, sleep
        self._client = OpenAI(
            api_key=endpoint.key or "none",
            base_url=endpoint.base_url,
            timeout=settings.timeout_s,
            max_retries=0,
            http_client=httpx2.Client(proxy=endpoint.proxy, trust_env=False),
        )
        self._format = 0

    def complete(
        self, prompt: Prompt, deadline_s: float, on_progress: Callable[[str], None] | None = None
    ) -> Completion:
        key = self._key(prompt)
        stored = self._ledger.answer(key)
        if stored is not None:
            return Completion(stored, Usage())
        self._check_budget(prompt)
        completion = self._ask(prompt, time.monotonic() + deadline_s, on_progress)
        usage = completion.usage
        note(
            log,
            "model asked",
            purpose=prompt.purpose,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost_usd=f"{usage.cost_usd:.5f}",
        )
        return Completion(self._ledger.keep(key, prompt.purpose, self.name, completion.text, usage), usage)

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector for each text, in order, from the model `model.embeddings`. Raises a ModelError."""
        name = self._settings.embeddings
        if name is None:
            raise ModelRefused("model.embeddings: names no model")
        self._check_budget(Prompt("embed", "", " ".join(texts), "", {}))
        try:
            answer = self._client.embeddings.create(model=name, input=list(texts), timeout=self._settings.timeout_s)
        except openai.OpenAIError as error:
            raise ModelDown(f"{type(error).__name__}: no embeddings") from None
        vectors = [item.embedding for item in answer.data]
        if len(vectors) != len(texts) or len({len(vector) for vector in vectors}) != 1:
            raise ModelDown("embeddings of another number or length")
        return vectors

    def close(self) -> None:
        self._client.close()

    def _key(self, prompt: Prompt) -> str:
        """The ledger's key: equal for equal prompts to one model, so that an equal prompt is not paid twice."""
        return _digest(self.name, prompt.rules, prompt.material, json.dumps(prompt.shape, sort_keys=True))

    def _check_budget(self, prompt: Prompt) -> None:
        """Raise BudgetExceeded if this call could exceed a daily limit; its cost is estimated."""
        settings, spent = self._settings, self._ledger.spent_today()
        tokens = math.ceil(len(prompt.rules + prompt.material) / _CHARS_PER_TOKEN)
        estimate = Usage(1, tokens, 0, settings.max_output_tokens)
        if settings.daily_tokens is not None:
            used = spent.input_tokens + spent.output_tokens + estimate.input_tokens + estimate.output_tokens
            if used > settings.daily_tokens:
                raise BudgetExceeded("model.daily_tokens is used up for today")
        if settings.daily_usd is not None and spent.cost_usd + self._cost(estimate) > settings.daily_usd:
            raise BudgetExceeded("model.daily_usd is used up for today")

    def _cost(self, usage: Usage) -> float:
        """In US dollars; the prices of the settings are per million tokens."""
        price, uncached = self._settings.price, usage.input_tokens - usage.cached_tokens
        return (uncached * price.input + usage.cached_tokens * price.cached + usage.output_tokens * price.output) / 1e6

    def _ask(self, prompt: Prompt, deadline: float, on_progress: Callable[[str], None] | None) -> Completion:
        """Ask until there is an answer, at most _TRIES times after errors that may pass. Raises a ModelError.

        `deadline` is a time of `time.monotonic`.
        """
        wait_s, tries = _FIRST_WAIT_S, 0
        while True:
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise ModelDown("no answer within model.deadline_s")
            try:
                if on_progress:
                    return self._streamed(prompt, min(self._settings.timeout_s, left_s), on_progress)
                return self._once(prompt, min(self._settings.timeout_s, left_s))
            except (openai.RateLimitError, openai.InternalServerError, openai.APIConnectionError) as error:
                tries += 1
                pause_s = _retry_after_s(error) or wait_s
                if tries >= _TRIES or pause_s > deadline - time.monotonic():
                    raise ModelDown(f"{type(error).__name__} after {tries} tries") from None
                note(
                    log,
                    "model asked again",
                    level=logging.WARNING,
                    error=type(error).__name__,
                    retry_in_s=f"{pause_s:.1f}",
                )
                self._sleep(pause_s)
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
            except openai.BadRequestError as error:
                self._handle_bad_request(error)
            except openai.APIStatusError as error:
                raise ModelRefused(
                    f"HTTP {error.status_code}: see OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL"
                ) from None
            except openai.OpenAIError as error:
                raise ModelDown(f"{type(error).__name__}: not an answer of a chat model") from None

    def _handle_bad_request(self, error: openai.BadRequestError) -> None:
        """Switch to the next format. Raises ContextTooLong, ContentFiltered, or ModelRefused after the last format."""
        message = str(error).lower()
        if "context" in message or "too long" in message or ("maximum" in message and "token" in message):
            raise ContextTooLong("the prompt is longer than the model's context") from None
        if "content" in message and "filter" in message:
            raise ContentFiltered("the provider's content filter refused the prompt") from None
        if self._format + 1 >= len(_FORMATS):
            raise ModelRefused(f"HTTP {error.status_code}: the endpoint does not take the request") from None
        self._format += 1
        note(log, "model format refused", level=logging.WARNING, next_format=_FORMATS[self._format])

    def _request(self, prompt: Prompt, timeout_s: float) -> dict[str, Any]:
        return {
            "model": self.name,
            "messages": [{"role": "system", "content": prompt.rules}, {"role": "user", "content": prompt.material}],
            "max_tokens": self._settings.max_output_tokens,
            "temperature": self._settings.temperature,
            "timeout": timeout_s,
            **_response_format(_FORMATS[self._format], prompt),
        }

    def _streamed(self, prompt: Prompt, timeout_s: float, on_progress: Callable[[str], None]) -> Completion:
        """Ask once, and call `on_progress` with the whole text so far as it arrives.

        Raises ModelDown if the stream breaks; `_ask` does not repeat the call then.
        """
        options: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}
        text, finished, usage = "", "", Usage(calls=1)
        chunks: Any = self._client.chat.completions.create(**self._request(prompt, timeout_s), **options)
        try:
            for chunk in chunks:
                usage = self._usage(chunk.usage) if chunk.usage else usage
                for choice in chunk.choices[:1]:
                    finished = choice.finish_reason or finished
                    if choice.delta.content:
                        text += choice.delta.content
                        on_progress(text)
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            raise ModelDown(f"{type(error).__name__} in the middle of an answer") from None
        if finished not in {"stop", "tool_calls"}:
            raise ModelDown(f"an answer that ended early ({finished or 'cut'})")
        return Completion(text, usage)

    def _once(self, prompt: Prompt, timeout_s: float) -> Completion:
        """Ask once. Raises ContextTooLong if the answer was cut off, ContentFiltered if it was refused."""
        answer = self._client.chat.completions.create(**self._request(prompt, timeout_s))
        usage = self._usage(answer.usage)
        if not answer.choices:
            raise ModelDown("an answer without a choice")
        choice = answer.choices[0]
        if choice.finish_reason == "length":
            # The call was paid, so its cost is kept; the other key keeps the answer from being found.
            self._ledger.keep(_digest(self._key(prompt), "cut"), prompt.purpose, self.name, "", usage)
            raise ContextTooLong("the answer was cut off at model.max_output_tokens")
        if choice.finish_reason == "content_filter" or getattr(choice.message, "refusal", None):
            raise ContentFiltered("the model refused to answer")
        return Completion(choice.message.content or "", usage)

    def _usage(self, reported: Any) -> Usage:
        """The usage that the endpoint reported, with its cost; without a report only the call is counted."""
        if reported is None:
            return Usage(calls=1)
        details = getattr(reported, "prompt_tokens_details", None)
        cached = (getattr(details, "cached_tokens", None) or 0) if details else 0
        usage = Usage(1, reported.prompt_tokens or 0, cached, reported.completion_tokens or 0)
        return Usage(1, usage.input_tokens, cached, usage.output_tokens, self._cost(usage))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _response_format(kind: str, prompt: Prompt) -> dict[str, Any]:
    if kind == "schema":
        shape: Mapping[str, Any] = {"name": prompt.name, "schema": prompt.shape, "strict": True}
        return {"response_format": {"type": "json_schema", "json_schema": shape}}
    return {"response_format": {"type": "json_object"}} if kind == "object" else {}


def _retry_after_s(error: openai.APIError) -> float:
    """The Retry-After header in seconds; 0 if it is missing or no number."""
    response = getattr(error, "response", None)
    try:
        return max(0.0, float(response.headers.get("Retry-After", ""))) if response is not None else 0.0
    except ValueError:
        return 0.0
