"""An OpenAI-compatible endpoint: its client, what its errors mean, and how long to wait after them."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx2
import openai
from openai import OpenAI
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential

from workers.domain.errors import ModelRefused, SettingsError
from workers.llm.transport import BoundedTransport, ending_at
from workers.llm.wire import MayPass
from workers.runtime.logs import note

log = logging.getLogger(__name__)

OPENAI_URL = "https://api.openai.com/v1"
"""The endpoint where none is named."""
TRIES = 3
"""Of one call, after errors that may pass."""
_BACK_OFF = wait_exponential(multiplier=1, max=30)
"""Seconds; a Retry-After header replaces it."""
_LONGEST_REFUSAL = 20_000
"""Characters of a refusal that are read; some repeat the prompt."""
_MAY_PASS = frozenset({408, 409, 425, 429})
"""Statuses below 500 of errors that may pass."""
_CURES: Mapping[int, str] = {
    401: "the key is refused; see OPENAI_API_KEY",
    402: "the account has no credit; see your provider",
    403: "the key may not use this model; see OPENAI_API_KEY and model.name",
    404: "no such model or address; see model.name and OPENAI_BASE_URL",
}


@dataclass(frozen=True, slots=True)
class ModelEndpoint:
    """A model at an endpoint. `key` may be empty; without `base_url` the endpoint is OpenAI's."""

    model: str
    key: str = field(repr=False)
    base_url: str | None = None
    proxy: str | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """Under which the store keeps what was learned: without a password and without a query."""
        return (self.base_url or OPENAI_URL).partition("?")[0].rpartition("@")[2]

    def client(self, timeout_s: float) -> OpenAI:
        """Requests of this client need `transport.ending_at` around them. Raises SettingsError."""
        if not (self.key.isascii() and self.key.isprintable()):
            raise SettingsError("OPENAI_API_KEY: has characters that no key has")
        try:
            return OpenAI(
                api_key=self.key or "none",
                base_url=self.base_url,
                timeout=timeout_s,
                max_retries=0,
                http_client=httpx2.Client(transport=BoundedTransport(self.proxy), trust_env=False),
            )
        except (ValueError, httpx2.InvalidURL):
            raise SettingsError("OPENAI_BASE_URL: want an address such as http://localhost:11434/v1") from None


def model_names(endpoint: ModelEndpoint, deadline_s: float) -> list[str]:
    """The names in the endpoint's list of models; empty where it has none."""
    with endpoint.client(deadline_s) as client, ending_at(time.monotonic() + deadline_s):
        try:
            listed = client.get("/models", cast_to=httpx2.Response).json()["data"]
            return [str(each["id"])[:200] for each in listed]
        except (openai.OpenAIError, httpx2.HTTPError, ValueError, TypeError, LookupError, RecursionError):
            return []


def refusal_text(error: openai.APIStatusError) -> str:
    """Everything that a refusal says, in lower case."""
    return f"{error.message} {json.dumps(error.body, ensure_ascii=False)}"[:_LONGEST_REFUSAL].lower()


def refused_param(error: openai.APIStatusError) -> str:
    """The parameter that a refusal names; "" if it names none."""
    body = error.body if isinstance(error.body, Mapping) else {}
    return str(body.get("param") or "").partition(".")[0].partition("[")[0][:60]


def failure(error: openai.APIStatusError) -> Exception:
    """MayPass or ModelRefused for an error status, with the cure; the endpoint's own words are not repeated."""
    status = error.status_code
    if status == httpx2.codes.TOO_MANY_REQUESTS and "insufficient_quota" in refusal_text(error):
        return ModelRefused(f"HTTP {status}: {_CURES[402]}")
    if status in _MAY_PASS or status >= httpx2.codes.INTERNAL_SERVER_ERROR:
        return MayPass(f"HTTP {status}", _retry_after_s(error))
    param = refused_param(error)
    cure = _CURES.get(status) or "the request is refused; see OPENAI_BASE_URL and model.name"
    return ModelRefused(f"HTTP {status}: {cure}" + (f" (parameter {param})" if param.isidentifier() else ""))


def retrying(tries: int, sleep: Callable[[float], None], deadline: float) -> Retrying:
    """At most `tries` tries after MayPass, with waits that end before `deadline`, a time of `time.monotonic`."""
    return Retrying(
        sleep=sleep,
        wait=_wait,
        stop=lambda state: (
            state.attempt_number >= tries or state.upcoming_sleep > max(0.0, deadline - time.monotonic())
        ),
        retry=retry_if_exception_type(MayPass),
        before_sleep=_note_wait,
        reraise=True,
    )


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    retry_after_s = error.retry_after_s if isinstance(error, MayPass) else 0.0
    return retry_after_s or float(_BACK_OFF(state))


def _note_wait(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    retry_in_s = f"{state.upcoming_sleep:.1f}"
    note(log, "model asked again", level=logging.WARNING, error=str(error), retry_in_s=retry_in_s)


def _retry_after_s(error: openai.APIStatusError) -> float:
    """The Retry-After header in seconds; 0 if it is missing or no number."""
    try:
        return max(0.0, float(error.response.headers.get("Retry-After", "")))
    except ValueError:
        return 0.0
