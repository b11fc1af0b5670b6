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

from workers.config import ModelSettings
from workers.domain.completions import Ledger, Meter, Prompt, Usage, estimated_tokens
from workers.domain.errors import AnswerUnusable, BudgetExceeded, ContextTooLong, ModelDown
from workers.llm.account import Account
from workers.llm.dialect import Dialect, is_about_context
from workers.llm.endpoint import TRIES, ModelEndpoint, retrying
from workers.llm.exchange import Exchange, Refused, Silent
from workers.llm.lanes import Lanes
from workers.llm.refusals import Refusal
from workers.llm.wire import Collected, MayPass
from workers.runtime.logs import note
from workers.text.model_json import json_values

log = logging.getLogger(__name__)
T = TypeVar("T")
OnProgress = Callable[[str], None]


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
        self._dialect = Dialect.of(self._stored, _today())
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
        if prompt.is_kept and not (answer.is_late or answer.is_cut):
            self._ledger.keep(self._key(prompt), prompt.purpose, self.name, text)
        meter.answered(self.name)
        return found

    def refused(self) -> list[str]:
        """Names of the parameters, and ways to put them, that the endpoint was seen to refuse for this model."""
        return self._dialect.refused()

    def close(self) -> None:
        self._client.close()

    def _key(self, prompt: Prompt) -> str:
        """The ledger's key: equal for equal prompts to one model at one endpoint, which are paid for once."""
        shape = json.dumps(prompt.shape, sort_keys=True)
        parts = (self._address, self.name, prompt.rules, prompt.material, shape)
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
        self._remember()
        return answer

    @contextmanager
    def _one_at_a_time(self, deadline: float) -> Iterator[None]:
        """Until an answer has come, one thread of this process asks at a time, so that others learn from it."""
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
            answer = self._once(prompt, deadline, meter, on_progress)
            if answer and (self._has_room(answer) or not self._dialect.make_room(self._settings.max_output_tokens)):
                return answer

    def _once(self, prompt: Prompt, deadline: float, meter: Meter, on_progress: OnProgress | None) -> Collected | None:
        """The answer to one call; None where another call may help, shorter, in another way or later."""
        with self._lanes.lane(deadline) as opened:
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise ModelDown("no answer within model.deadline_s")
            limit = self._limit(prompt)
            request = self._dialect.request(prompt, limit, self._settings.temperature)
            exchange = Exchange(prompt, request, min(self._lanes.now_s, left_s), deadline, on_progress)
            try:
                estimate = Usage(1, estimated_tokens(prompt.text), 0, limit)
                with self._account.call(prompt.purpose, estimate, meter) as bill:
                    answer = exchange.run(self._client, self.name, bill)
            except Refused as error:
                if self._learned_from(error.refusal, request, prompt):
                    return None
                raise error.refusal.error() from None
            except BudgetExceeded:
                if self._lanes.wait_for_another(deadline):  # what others have set aside may come free
                    return None
                raise
            except Silent:
                if time.monotonic() >= deadline:
                    raise ModelDown("no answer within model.deadline_s") from None
                if self._lanes.was_silent(opened):
                    return None
                raise MayPass("no answer within model.timeout_s") from None
            self._lanes.went_well()
            is_reported = answer.usage and answer.usage.completion_tokens
            if is_reported and "max_completion_tokens" in request and bill.usage.output_tokens > limit * 1.1 + 16:
                self._dialect.prefer_max_tokens()
            return answer

    def _has_room(self, answer: Collected) -> bool:
        """Whether a model that thinks before it answers came to the end of its answer."""
        is_empty = not answer.text.strip() and not _json_in(answer.thought)
        return answer.is_late or answer.repeats or not (answer.is_cut and (is_empty or answer.has_thought()))

    def _learned_from(self, refusal: Refusal, request: Mapping[str, Any], prompt: Prompt) -> bool:
        """Whether another request may be taken after this refusal.

        Raises ContextTooLong, and MayPass where the model failed and not the request.
        """
        text, status = refusal.text, refusal.status
        if "json_validate_failed" in text:
            raise MayPass("the endpoint found no JSON in the model's answer") from None
        may_be_long = (
            (status < 500 and status != httpx2.codes.TOO_MANY_REQUESTS) or "too large" in text or status == 500
        )
        if may_be_long and is_about_context(text):
            settings, sent = self._settings, estimated_tokens(prompt.text)
            if self._dialect.learn_context(text, settings.context_tokens, request, sent):
                return True  # the next request is shorter, or none
            raise ContextTooLong("the prompt is longer than the model's context") from None
        if refusal.is_final or (status >= 500 and status not in {500, 501}) or status in {401, 402, 429}:
            return False
        guess_on = _today() if refusal.is_about_the_request else 0
        if not self._dialect.learn(request, refusal.param, text, guess_on):
            return False
        self._is_known = self._is_known and self._dialect.guessed_on != guess_on  # one at a time until one is answered
        note(log, "model request refused", level=logging.WARNING, status=status, param=refusal.param or None)
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


def _today() -> int:
    """Days since 1970."""
    return int(time.time() // 86_400)


def _nothing() -> NoReturn:
    raise AnswerUnusable("the model's answer is empty")


def _json_in(thought: str) -> str:
    """A thought that is the answer and nothing else, for servers that take the whole of it for thought; else ""."""
    bare = thought.strip()
    is_json = bare.startswith(("{", "[", "```")) and bare.endswith(("}", "]", "```"))
    return thought if is_json and json_values(thought) else ""
