"""Calls a language model at an OpenAI-compatible endpoint, within the day's caps, and pays for a prompt once."""

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

import httpx2
import openai

from workers.config import ModelSettings
from workers.domain.completions import Ledger, Meter, Prompt, Usage, estimated_tokens
from workers.domain.errors import AnswerUnusable, ContentFiltered, ContextTooLong, ModelDown
from workers.llm.account import Account, Bill
from workers.llm.dialect import Dialect, is_about_context
from workers.llm.endpoint import TRIES, ModelEndpoint, failure, refusal_text, refused_param, retrying
from workers.llm.lanes import Lanes
from workers.llm.transport import TooLarge, ending_at
from workers.llm.wire import NO_ANSWER, Collected, MayPass, Reported, error_in, reply_of
from workers.runtime.logs import note
from workers.text.model_json import json_values

log = logging.getLogger(__name__)
T = TypeVar("T")
OnProgress = Callable[[str], None]
_LOOKED_AT = 1_000
"""Characters after which an answer is looked at again: does it repeat itself?"""


class OpenAiModel:
    """See `domain.completions.Model`. The key is in no repr, log line or error."""

    def __init__(
        self,
        settings: ModelSettings,
        endpoint: ModelEndpoint,
        ledger: Ledger,
        sleep: Callable[[float], None] = time.sleep,
        tries: int = TRIES,
    ) -> None:
        self.name, self.endpoint, self._address = endpoint.model, endpoint, endpoint.address
        self._settings, self._ledger, self._sleep, self._tries = settings, ledger, sleep, tries
        self._account = Account(self.name, settings, ledger)
        self._client = endpoint.client(settings.timeout_s)
        self._stored = dict(ledger.learned(self._address, self.name))
        self._dialect = Dialect.of(self._stored)
        self._lanes = Lanes.of(self._stored, settings.parallel, settings.timeout_s)
        self._is_known = bool(self._stored)
        self._first = threading.Lock()

    def stored(self, prompt: Prompt, read: Callable[[str], T]) -> Sequence[T]:
        """What `read` makes of the stored answer, alone; nothing where there is none that can be used."""
        text = self._ledger.answer(self._key(prompt)) if prompt.is_kept else None
        if text is None:
            return ()
        try:
            return (read(text),)
        except AnswerUnusable:  # stored by an earlier version, which read it in another way
            return ()

    def complete(
        self,
        prompt: Prompt,
        read: Callable[[str], T],
        deadline_s: float,
        meter: Meter,
        on_progress: OnProgress | None = None,
    ) -> T:
        for known in self.stored(prompt, read):
            return known
        answer = self._ask(prompt, time.monotonic() + deadline_s, meter, on_progress)
        text = answer.text if answer.text.strip() else _json_in(answer.thought)
        try:
            found = read(text) if text.strip() else _nothing()
        except AnswerUnusable:
            if answer.is_late:
                raise ModelDown("the answer was not finished in time: it is slow, or writes without an end") from None
            if answer.repeats:
                raise AnswerUnusable("the model repeats itself without an end") from None
            if answer.is_cut:
                raise ContextTooLong("the answer was cut off at model.max_output_tokens") from None
            raise
        if prompt.is_kept and not answer.is_late:
            self._ledger.keep(self._key(prompt), prompt.purpose, self.name, text)
        meter.answered(self.name)
        return found

    def refused(self) -> list[str]:
        """Names of the parameters, and ways to put them, that the endpoint was seen to refuse for this model."""
        return self._dialect.refused()

    def close(self) -> None:
        self._client.close()

    def _key(self, prompt: Prompt) -> str:
        """The ledger's key: equal for equal prompts to one model, so that an equal prompt is not paid twice."""
        parts = (self.name, prompt.rules, prompt.material, json.dumps(prompt.shape, sort_keys=True))
        return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()

    def _ask(self, prompt: Prompt, deadline: float, meter: Meter, on_progress: OnProgress | None) -> Collected:
        """Ask until there is an answer, at most `tries` times after errors that may pass. Raises a ModelError.

        `deadline` is a time of `time.monotonic`.
        """
        again = retrying(self._tries, self._sleep, deadline)
        with self._one_at_a_time(deadline):
            try:
                answer: Collected = again(self._try, prompt, deadline, meter, on_progress)
            except MayPass as error:
                tried = again.statistics["attempt_number"]
                raise ModelDown(f"{error}, after {tried} tries" if tried > 1 else str(error)) from None
            finally:
                self._remember()
        return answer

    @contextmanager
    def _one_at_a_time(self, deadline: float) -> Iterator[None]:
        """Until an answer has come, one thread asks at a time, so that each parameter is refused once at most."""
        if self._is_known:
            yield
            return
        if not self._first.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise ModelDown("no answer within model.deadline_s")
        if self._is_known:  # the answer came while this thread waited
            self._first.release()
            yield
            return
        try:
            yield
            self._is_known = True
        finally:
            self._first.release()

    def _try(self, prompt: Prompt, deadline: float, meter: Meter, on_progress: OnProgress | None) -> Collected:
        """Ask, and again in another way as long as a refusal says how. Raises MayPass and a ModelError."""
        while True:
            with self._lanes.lane(deadline) as opened:
                if time.monotonic() >= deadline:
                    raise ModelDown("no answer within model.deadline_s")
                limit = self._limit(prompt)
                request = self._dialect.request(prompt, limit, self._settings.temperature)
                estimate = Usage(1, estimated_tokens(prompt.text), 0, limit)
                try:
                    with self._account.call(prompt.purpose, estimate, meter) as bill:
                        answer = self._exchange(prompt, request, deadline, bill, on_progress)
                except openai.APIStatusError as error:
                    if not self._learned_from(error, request, prompt):
                        raise failure(error) from None
                    continue
                except _Silent:
                    if time.monotonic() >= deadline:
                        raise ModelDown("no answer within model.deadline_s") from None
                    if self._lanes.was_silent(opened):
                        continue
                    raise MayPass("no answer within model.timeout_s") from None
                self._lanes.went_well()
            if not self._has_room(answer) and self._dialect.make_room(self._settings.max_output_tokens):
                continue
            return answer

    def _has_room(self, answer: Collected) -> bool:
        """Whether a model that thinks before it answers came to the end of its answer."""
        is_empty = not answer.text.strip() and not _json_in(answer.thought)
        return answer.is_late or answer.repeats or not (is_empty or (answer.is_cut and answer.has_thought()))

    def _learned_from(self, error: openai.APIStatusError, request: Mapping[str, Any], prompt: Prompt) -> bool:
        """Whether another request may be taken after this refusal.

        Raises ContextTooLong, ContentFiltered, and MayPass where the model failed and not the request.
        """
        text, status = refusal_text(error), error.status_code
        if "failed_generation" in text or "json_validate_failed" in text:
            raise MayPass("the endpoint found no JSON in the model's answer") from None
        if status in {400, 413, 422} or (status == httpx2.codes.TOO_MANY_REQUESTS and "too large" in text):
            if is_about_context(text):
                settings, sent = self._settings, estimated_tokens(prompt.text)
                if self._dialect.learn_context(text, settings.context_tokens, request, sent):
                    return True  # the next request is shorter, or none
                raise ContextTooLong("the prompt is longer than the model's context") from None
            if "content" in text and "filter" in text:
                raise ContentFiltered("the provider's content filter refused the prompt") from None
        is_about_the_request = status in {400, 415, 422}
        if not is_about_the_request and status not in {403, 404, 500, 501}:
            return False
        param = refused_param(error)
        if not self._dialect.learn(request, param, text, is_about_the_request=is_about_the_request):
            return False
        note(log, "model request refused", level=logging.WARNING, status=status, param=param or None)
        return True

    def _remember(self) -> None:
        """Keep what was learned of the endpoint, for other processes and for tomorrow."""
        learned = {**self._dialect.learned(), **self._lanes.learned()}
        if learned != self._stored:
            self._ledger.learn(self._address, self.name, learned)
            self._stored = learned

    def _limit(self, prompt: Prompt) -> int:
        """Tokens that the answer may have. Raises ContextTooLong if the prompt leaves no room for one."""
        settings, most = self._settings, self._settings.max_output_tokens
        answer_tokens = min(most, prompt.answer_tokens or most)
        limit = self._dialect.limit(estimated_tokens(prompt.text), answer_tokens, settings.context_tokens)
        if not limit:
            raise ContextTooLong("the prompt leaves no room for an answer in model.context_tokens")
        return limit

    def _exchange(
        self,
        prompt: Prompt,
        request: Mapping[str, Any],
        deadline: float,
        bill: Bill,
        on_progress: OnProgress | None,
    ) -> Collected:
        """Ask once. Raises MayPass, _Silent, an openai.APIStatusError and a ModelError."""
        answer = Collected()
        try:
            self._receive(request, deadline, answer, on_progress)
        except openai.APIStatusError:
            raise
        except _FROM_OUTSIDE as error:
            is_silent = isinstance(error, openai.APITimeoutError | httpx2.TimeoutException)
            if answer.has_begun() or is_silent:
                bill.usage = self._usage(prompt, answer)
            answer.is_late = bool(is_silent and answer.text and time.monotonic() >= deadline)
            if answer.is_late:  # what is whole of it may be used
                return answer
            raise _fault(error, has_begun=answer.has_begun() and on_progress is not None) from None
        if not answer.is_finished and not answer.has_begun():
            raise ModelDown(NO_ANSWER)
        bill.usage = usage = self._usage(prompt, answer)
        tokens = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
        note(log, "model asked", purpose=prompt.purpose, **tokens, is_cut=answer.is_cut or None)
        limit = request.get("max_completion_tokens")
        if limit and usage.output_tokens > limit * 1.1 + 16:
            self._dialect.prefer_max_tokens()
        if answer.is_filtered:
            raise ContentFiltered("the model refused to answer")
        if not answer.is_finished:
            raise (
                ModelDown("an answer that ended early (cut)") if on_progress else MayPass("an answer that ended early")
            )
        return answer

    def _receive(
        self, request: Mapping[str, Any], deadline: float, answer: Collected, on_progress: OnProgress | None
    ) -> None:
        """Send the request and add to `answer` what comes. Raises what the library raises, MayPass and ModelDown."""
        silence_s = min(self._lanes.now_s, max(0.1, deadline - time.monotonic()))
        with ending_at(deadline):
            received: Any = self._client.chat.completions.create(model=self.name, timeout=silence_s, **request)
            read = 0
            for reply in _replies(received):
                if answer.add(reply) and on_progress:
                    on_progress(answer.text)
                if len(answer.text) + len(answer.thought) >= read + _LOOKED_AT:
                    read = len(answer.text) + len(answer.thought)
                    if answer.stop_if_it_repeats():
                        received.close()
                        return

    def _usage(self, prompt: Prompt, answer: Collected) -> Usage:
        """The usage that the endpoint reported; an estimate of what it does not say."""
        reported = answer.usage or Reported()
        details = reported.prompt_tokens_details
        sent, written = reported.prompt_tokens, reported.completion_tokens
        input_tokens = estimated_tokens(prompt.text) if sent is None else sent
        output_tokens = estimated_tokens(answer.text + answer.thought) if written is None else written
        cached = min(input_tokens, (details.cached_tokens or 0) if details else 0)
        return Usage(1, input_tokens, cached, output_tokens)


class _Silent(Exception):
    """No byte came for too long."""


_FROM_OUTSIDE = (
    *(openai.OpenAIError, httpx2.HTTPError, MayPass),
    *(ValueError, TypeError, AttributeError, RecursionError),  # from the libraries, for what is no JSON object
)
"""What an answer that is none raises, in the library and in ours."""


def _replies(received: Any) -> Iterator[Any]:
    """The checked pieces of an answer; some endpoints send it whole although it was asked for as a stream."""
    if not isinstance(received, openai.Stream):
        yield reply_of(received)
    elif "json" in received.response.headers.get("Content-Type", ""):
        yield reply_of(json.loads(received.response.read()))
    else:
        yield from map(reply_of, received)


def _fault(error: Exception, *, has_begun: bool) -> Exception:
    """The exception for an exchange that broke. What readers have seen the beginning of is not asked for again."""
    if isinstance(error, openai.APITimeoutError | httpx2.TimeoutException):
        return ModelDown("silence in the middle of an answer") if has_begun else _Silent()
    if isinstance(error, TooLarge) or isinstance(error.__cause__, TooLarge):
        return ModelDown("an answer that is too large")
    if isinstance(error, openai.APIConnectionError | httpx2.TransportError):
        found: Exception = MayPass("the endpoint cannot be reached, or breaks off; see OPENAI_BASE_URL")
    elif isinstance(error, MayPass):
        found = error
    elif isinstance(error, openai.APIError) and error.body is not None:
        found = error_in(error.body)
    else:
        found = ModelDown(NO_ANSWER)
    return ModelDown(f"{found}, in the middle of an answer") if has_begun else found


def _nothing() -> NoReturn:
    raise AnswerUnusable("the model's answer is empty")


def _json_in(thought: str) -> str:
    """A thought that contains the answer, for servers that take the whole of it for thought; "" for any other."""
    return thought if json_values(thought) else ""
