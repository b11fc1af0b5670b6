"""Calls a language model at an OpenAI-compatible endpoint, within the daily budget, and pays for a prompt once."""

import hashlib
import json
import logging
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import httpx2
import openai
from openai import OpenAI
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential

from workers.config import ModelSettings
from workers.domain.completions import Completion, Ledger, Prompt, Usage, estimated_tokens
from workers.domain.errors import BudgetExceeded, ContentFiltered, ContextTooLong, ModelDown, ModelRefused
from workers.llm.dialect import Dialect, is_about_context
from workers.llm.wire import NO_ANSWER, Message, Reply, Reported, reply_of, vectors_of
from workers.runtime.logs import note
from workers.text.model_json import json_values

log = logging.getLogger(__name__)

OPENAI_URL = "https://api.openai.com/v1"
"""The endpoint where none is named."""
_TRIES = 4
_BACK_OFF = wait_exponential(multiplier=1, max=30)
"""Seconds; a Retry-After header replaces it."""
_BATCH = 32
"""Texts in one request for embeddings; Gemini takes 100, Text Embeddings Inference 32."""
_LONGEST_REFUSAL = 20_000
"""Characters of a refusal that are read; some repeat the prompt."""
_MAY_PASS = frozenset({408, 409, 425, 429})
"""Statuses below 500 of errors that may pass."""


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
            http_client=httpx2.Client(proxy=endpoint.proxy, trust_env=False, verify=_tls_context()),
        )
        self._address = (endpoint.base_url or OPENAI_URL).partition("?")[0].rpartition("@")[2]  # without a password
        self._stored = dict(ledger.learned(self._address, self.name))
        self._dialect = Dialect.of(self._stored)
        self._is_known = bool(self._stored)
        self._first = threading.Lock()

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
        vectors: list[list[float]] = []
        for start in range(0, len(texts), _BATCH):
            vectors += self._vectors(name, texts[start : start + _BATCH])
        if len({len(vector) for vector in vectors}) > 1:
            raise ModelDown("embeddings of different lengths")
        return vectors

    def close(self) -> None:
        self._client.close()

    def _vectors(self, model: str, texts: Sequence[str]) -> list[list[float]]:
        try:
            received: Any = self._client.embeddings.create(
                model=model, input=list(texts), timeout=self._settings.timeout_s, encoding_format="float"
            )
        except openai.OpenAIError as error:
            raise ModelDown(f"{type(error).__name__}: no embeddings") from None
        except (ValueError, TypeError, AttributeError, RecursionError):  # from the library, for what are no embeddings
            raise ModelDown("no embeddings") from None
        return vectors_of(received, len(texts))

    def _key(self, prompt: Prompt) -> str:
        """The ledger's key: equal for equal prompts to one model, so that an equal prompt is not paid twice."""
        return _digest(self.name, prompt.rules, prompt.material, json.dumps(prompt.shape, sort_keys=True))

    def _check_budget(self, prompt: Prompt) -> None:
        """Raise BudgetExceeded if this call could exceed a daily limit; its cost is estimated."""
        settings, spent = self._settings, self._ledger.spent_today()
        estimate = Usage(1, estimated_tokens(prompt.rules + prompt.material), 0, settings.max_output_tokens)
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

        `deadline` is a time of `time.monotonic`. Until an answer has come, one thread asks at a time, so that each
        parameter is refused once at most.
        """
        retrying = Retrying(
            sleep=self._sleep,
            wait=_wait,
            stop=lambda state: (
                state.attempt_number >= _TRIES or state.upcoming_sleep > max(0.0, deadline - time.monotonic())
            ),
            retry=retry_if_exception_type(_MayPass),
            before_sleep=_note_wait,
            reraise=True,
        )
        with nullcontext() if self._is_known else self._first:
            try:
                completion: Completion = retrying(self._try, prompt, deadline, on_progress)
            except _MayPass as error:
                raise ModelDown(f"{error} after {retrying.statistics['attempt_number']} tries") from None
            self._remember()
        return completion

    def _try(self, prompt: Prompt, deadline: float, on_progress: Callable[[str], None] | None) -> Completion:
        """Ask, and again in another way as long as a refusal says how. Raises _MayPass and a ModelError."""
        while True:
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise ModelDown("no answer within model.deadline_s")
            request = self._request(prompt, is_streamed=on_progress is not None)
            try:
                return self._exchange(prompt, request, min(self._settings.timeout_s, left_s), on_progress)
            except openai.APIStatusError as error:
                if not self._learned_from(error, request):
                    raise _failure(error) from None
            except openai.APIConnectionError as error:
                raise _MayPass(type(error).__name__) from None
            except openai.OpenAIError as error:
                raise ModelDown(f"{type(error).__name__}: not an answer of a chat model") from None
            except _ThoughtOnly as error:
                if not self._dialect.make_room(self._settings.max_output_tokens):
                    raise ContextTooLong(str(error)) from None

    def _learned_from(self, error: openai.APIStatusError, request: Mapping[str, Any]) -> bool:
        """Whether another request may be taken after this refusal. Raises ContextTooLong and ContentFiltered."""
        text = f"{error.message} {json.dumps(error.body, ensure_ascii=False)}"[:_LONGEST_REFUSAL].lower()
        if error.status_code in {400, 413, 422} or (error.status_code == 429 and "too large" in text):
            if is_about_context(text):
                known = self._dialect.learn_context(text, self._settings.context_tokens)
                if known:
                    return True  # the next request is shorter, or none
                raise ContextTooLong("the prompt is longer than the model's context") from None
            if "content" in text and "filter" in text:
                raise ContentFiltered("the provider's content filter refused the prompt") from None
        is_about_the_request = error.status_code in {400, 415, 422}
        if not is_about_the_request and error.status_code not in {404, 500, 501}:
            return False
        body = error.body if isinstance(error.body, Mapping) else {}
        param = str(body.get("param") or "").partition(".")[0].partition("[")[0]
        if not self._dialect.learn(request, param, text, is_about_the_request=is_about_the_request):
            return False
        note(log, "model request refused", level=logging.WARNING, status=error.status_code, param=param or None)
        return True

    def _remember(self) -> None:
        """Keep what was learned of the endpoint, for other processes and for tomorrow."""
        self._is_known = True
        learned = self._dialect.learned()
        if learned != self._stored:
            self._ledger.learn(self._address, self.name, learned)
            self._stored = learned

    def _request(self, prompt: Prompt, *, is_streamed: bool) -> dict[str, Any]:
        """Raises ContextTooLong if the prompt leaves no room for an answer."""
        settings, prompt_tokens = self._settings, estimated_tokens(prompt.rules + prompt.material)
        limit = self._dialect.limit(prompt_tokens, settings.max_output_tokens, settings.context_tokens)
        if not limit:
            raise ContextTooLong("the prompt leaves no room for an answer in model.context_tokens")
        return self._dialect.request(prompt, limit, settings.temperature, is_streamed=is_streamed)

    def _exchange(
        self,
        prompt: Prompt,
        request: Mapping[str, Any],
        timeout_s: float,
        on_progress: Callable[[str], None] | None,
    ) -> Completion:
        """Ask once; with `on_progress` the answer is streamed, and it is called with the whole text so far."""
        try:
            received: Any = self._client.chat.completions.create(model=self.name, timeout=timeout_s, **request)
        except (ValueError, TypeError, AttributeError, RecursionError):  # from the library, for what is no JSON object
            raise ModelDown(NO_ANSWER) from None
        collected = _Collected()
        if on_progress and isinstance(received, openai.Stream):
            self._collect(received, collected, on_progress)
        else:
            collected.add(reply_of(received))
        text = collected.text or _json_in(collected.thought)
        usage = self._usage(prompt, collected)
        limit = request.get("max_completion_tokens")
        if limit and usage.output_tokens > limit * 1.1 + 16:
            self._dialect.prefer_max_tokens()
        if collected.is_filtered:
            raise ContentFiltered("the model refused to answer")
        if collected.is_cut or not text.strip():
            # The call was paid, so its cost is kept; the other key keeps the answer from being found.
            self._ledger.keep(
                _digest(self._key(prompt), "cut", str(time.time_ns())), prompt.purpose, self.name, "", usage
            )
            if not text.strip():
                raise _ThoughtOnly("the model thought until model.max_output_tokens, and did not answer")
            raise ContextTooLong("the answer was cut off at model.max_output_tokens")
        return Completion(text, usage)

    def _collect(self, pieces: Any, collected: "_Collected", on_progress: Callable[[str], None]) -> None:
        """Raises ModelDown if the stream breaks; `_ask` does not repeat the call then."""
        try:
            for piece in pieces:
                if collected.add(reply_of(piece)):
                    on_progress(collected.text)
        except _MayPass as error:
            if not collected.text:
                raise
            raise ModelDown(f"{error}, in the middle of it") from None
        except (openai.OpenAIError, httpx2.HTTPError, ValueError) as error:
            raise ModelDown(f"{type(error).__name__} in the middle of an answer") from None
        if not collected.is_finished:
            raise ModelDown("an answer that ended early (cut)")

    def _usage(self, prompt: Prompt, collected: "_Collected") -> Usage:
        """The usage that the endpoint reported, with its cost; an estimate of what it does not say."""
        reported = collected.usage or Reported()
        details = reported.prompt_tokens_details
        sent, written = reported.prompt_tokens, reported.completion_tokens
        input_tokens = estimated_tokens(prompt.rules + prompt.material) if sent is None else sent
        output_tokens = estimated_tokens(collected.text + collected.thought) if written is None else written
        cached = min(input_tokens, (details.cached_tokens or 0) if details else 0)
        usage = Usage(1, input_tokens, cached, output_tokens)
        return replace(usage, cost_usd=self._cost(usage))


@cache
def _tls_context() -> ssl.SSLContext:
    """The context of every model of this process; reading the certificates takes 30 ms."""
    return httpx2.create_ssl_context(trust_env=False)


class _MayPass(Exception):
    """An error that may pass; `retry_after_s` is 0 if the endpoint did not say how long to wait."""

    def __init__(self, reason: str, retry_after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


def _failure(error: openai.APIStatusError) -> Exception:
    if error.status_code in _MAY_PASS or error.status_code >= 500:
        return _MayPass(type(error).__name__, _retry_after_s(error))
    return ModelRefused(f"HTTP {error.status_code}: see OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL")


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    retry_after_s = error.retry_after_s if isinstance(error, _MayPass) else 0.0
    return retry_after_s or float(_BACK_OFF(state))


def _note_wait(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    retry_in_s = f"{state.upcoming_sleep:.1f}"
    note(log, "model asked again", level=logging.WARNING, error=str(error), retry_in_s=retry_in_s)


class _ThoughtOnly(Exception):
    """The answer has no text, because its tokens were used for thought."""


@dataclass
class _Collected:
    """What has arrived of an answer."""

    text: str = ""
    thought: str = ""
    usage: Reported | None = None
    is_cut: bool = False
    is_filtered: bool = False
    is_finished: bool = False

    def add(self, reply: Reply) -> bool:
        """Returns whether text was added. Raises _MayPass or ModelDown for an error in place of an answer."""
        if reply.error:
            raise _error_in(reply.error)
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


def _error_in(error: Any) -> Exception:
    """The exception for an error that came with HTTP 200, as some gateways send it."""
    code = error.get("code") if isinstance(error, Mapping) else None
    if str(code) in {"429", "500", "502", "503", "529", "rate_limit_exceeded", "overloaded"}:
        return _MayPass(f"error {code} in place of an answer")
    return ModelDown("an error in place of an answer")


def _json_in(thought: str) -> str:
    """A thought that contains the answer, for servers that take the whole of it for thought; "" for any other."""
    return thought if json_values(thought) else ""


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _retry_after_s(error: openai.APIError) -> float:
    """The Retry-After header in seconds; 0 if it is missing or no number."""
    response = getattr(error, "response", None)
    try:
        return max(0.0, float(response.headers.get("Retry-After", ""))) if response is not None else 0.0
    except ValueError:
        return 0.0
