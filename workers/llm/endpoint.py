"""An OpenAI-compatible endpoint: its client, what its errors mean, and how long to wait after them."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx2
import openai
from openai import OpenAI
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential

from workers.domain.errors import SettingsError
from workers.llm.transport import BoundedTransport, ending_at
from workers.llm.wire import MayPass
from workers.runtime.logs import note

log = logging.getLogger(__name__)

OPENAI_URL = "https://api.openai.com/v1"
"""The endpoint where none is named."""
_NO_ADDRESS = "OPENAI_BASE_URL: want an address such as http://localhost:11434/v1"
TRIES = 3
"""Of one call, after errors that may pass."""
_BACK_OFF = wait_exponential(multiplier=1, max=30)
"""Seconds; a Retry-After header replaces it."""


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
        address = urlsplit(self.base_url or OPENAI_URL)
        if address.scheme not in {"http", "https"} or not address.hostname:
            raise SettingsError(_NO_ADDRESS)
        try:
            return OpenAI(
                api_key=self.key or "none",
                base_url=self.base_url,
                timeout=timeout_s,
                max_retries=0,
                http_client=httpx2.Client(transport=BoundedTransport(self.proxy), trust_env=False),
            )
        except (ValueError, httpx2.InvalidURL):
            raise SettingsError(_NO_ADDRESS) from None


def model_names(endpoint: ModelEndpoint, deadline_s: float) -> list[str]:
    """The names in the endpoint's list of models; empty where it has none."""
    with endpoint.client(deadline_s) as client, ending_at(time.monotonic() + deadline_s):
        try:
            listed = client.get("/models", cast_to=httpx2.Response).json()["data"]
            return [str(each["id"])[:200] for each in listed]
        except (openai.OpenAIError, httpx2.HTTPError, ValueError, TypeError, LookupError, RecursionError):
            return []


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
