"""One request to an endpoint and what comes back, with what it costs; every fault becomes one of a few errors."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import openai
from openai import OpenAI

from workers.domain.completions import Prompt, Usage, estimated_tokens
from workers.domain.errors import ContentFiltered, ModelDown
from workers.llm.account import Bill
from workers.llm.refusals import Refusal, refusal_in, refusal_of
from workers.llm.transport import TooLarge, ending_at
from workers.llm.wire import NO_ANSWER, Collected, InPlaceOfAnAnswer, MayPass, Reported, replies_of
from workers.runtime.logs import note

log = logging.getLogger(__name__)
_LOOKED_AT = 1_000
"""Characters after which an answer is looked at again: does it repeat itself?"""


@dataclass(frozen=True)
class Exchange:
    """A request, with the seconds that it may be silent and its deadline, a time of `time.monotonic`."""

    prompt: Prompt
    request: Mapping[str, Any]
    silence_s: float
    deadline: float
    on_progress: Callable[[str], None] | None

    @property
    def limit(self) -> int:
        """Tokens that the answer may have; 0 if the request does not say."""
        return int(self.request.get("max_completion_tokens") or self.request.get("max_tokens") or 0)

    def run(self, client: OpenAI, model: str, bill: Bill) -> Collected:
        """Ask once. Raises Refused, MayPass, Silent and a ModelError."""
        answer = Collected()
        try:
            self._receive(client, model, answer)
        except openai.APIStatusError as error:
            raise Refused(refusal_of(error)) from None
        except _FROM_OUTSIDE as error:
            is_silent = isinstance(error, openai.APITimeoutError | httpx2.TimeoutException)
            if answer.has_begun() or is_silent:
                bill.usage = self._usage(answer)
            answer.is_late = bool(is_silent and answer.text and time.monotonic() >= self.deadline)
            if answer.is_late:  # what is whole of it may be used
                return answer
            raise _fault(error, has_begun=answer.has_begun() and self.on_progress is not None) from None
        if not answer.is_finished and not answer.has_begun():
            raise ModelDown(NO_ANSWER)
        bill.usage = usage = self._usage(answer)
        tokens = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
        note(log, "model asked", purpose=self.prompt.purpose, **tokens, is_cut=answer.is_cut or None)
        if answer.is_filtered:
            raise ContentFiltered("the model refused to answer")
        if not answer.is_finished and not answer.looks_whole():
            early = "an answer that ended early"
            raise ModelDown(early) if self.on_progress else MayPass(early)
        return answer

    def _receive(self, client: OpenAI, model: str, answer: Collected) -> None:
        """Send the request and add to `answer` what comes. Raises what the library raises, MayPass and ModelDown."""
        create, looked_at = client.chat.completions.with_streaming_response.create, 0
        with ending_at(self.deadline), create(model=model, timeout=self.silence_s, **self.request) as response:
            for reply in replies_of(response.iter_lines()):
                if answer.add(reply) and self.on_progress:
                    self._tell(answer.text)
                length = len(answer.text) + len(answer.thought)
                if length >= looked_at + _LOOKED_AT:
                    looked_at = length
                    if answer.stop_if_it_repeats():
                        return

    def _tell(self, text: str) -> None:
        """Progress is a courtesy: a fault in showing it does not cost the answer."""
        try:
            if self.on_progress:
                self.on_progress(text)
        except Exception as error:  # noqa: BLE001 - not ours, and not the endpoint's
            note(log, "progress not shown", level=logging.WARNING, error=type(error).__name__)

    def _usage(self, answer: Collected) -> Usage:
        """The usage that the endpoint reported; an estimate of what it does not say, or says as nonsense."""
        reported = answer.usage or Reported()
        sent, written = estimated_tokens(self.prompt.text), estimated_tokens(answer.text + answer.thought)
        details = reported.prompt_tokens_details
        cached = (details.cached_tokens or 0) if details else 0
        thought = reported.completion_tokens_details
        counted = reported.completion_tokens or 0
        if thought and (thought.reasoning_tokens or 0) > counted:  # not counted among those of the answer
            counted += thought.reasoning_tokens or 0
        if reported.total_tokens and reported.prompt_tokens:
            counted = max(counted, reported.total_tokens - reported.prompt_tokens)
        input_tokens = _plausible(reported.prompt_tokens, sent)
        return Usage(1, input_tokens, min(input_tokens, cached), _plausible(counted, max(written, self.limit), written))


def _plausible(reported: int | None, estimate: int, otherwise: int | None = None) -> int:
    """What an endpoint reports, if it is not zero and not many times what it can be; else the estimate."""
    if reported and reported <= 4 * estimate + 2_000:
        return reported
    return estimate if otherwise is None else otherwise


class Refused(Exception):
    """The endpoint refused the request, by its status or in place of an answer."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.status)
        self.refusal = refusal


class Silent(Exception):
    """No byte came for too long."""


_FROM_OUTSIDE = (
    *(openai.OpenAIError, httpx2.HTTPError, InPlaceOfAnAnswer, MayPass, ModelDown),
    *(ValueError, TypeError, AttributeError, RecursionError),  # from the libraries, for what is no JSON object
)
"""What an answer that is none raises, in the library and in ours."""


def _fault(error: Exception, *, has_begun: bool) -> Exception:
    """The exception for an exchange that broke. What readers have seen the beginning of is not asked for again."""
    if isinstance(error, openai.APITimeoutError | httpx2.TimeoutException):
        return ModelDown("silence in the middle of an answer") if has_begun else Silent()
    if isinstance(error, TooLarge) or isinstance(error.__cause__, TooLarge):
        return ModelDown("an answer that is too large")
    if isinstance(error, InPlaceOfAnAnswer):
        refusal = refusal_in(error.body)
        return ModelDown(f"{refusal.error()}, in the middle of an answer") if has_begun else Refused(refusal)
    if isinstance(error, openai.APIConnectionError | httpx2.TransportError):
        found: Exception = MayPass("the endpoint cannot be reached, or breaks off; see OPENAI_BASE_URL")
    else:
        found = error if isinstance(error, MayPass | ModelDown) else ModelDown(NO_ANSWER)
    return ModelDown(f"{found}, in the middle of an answer") if has_begun else found
