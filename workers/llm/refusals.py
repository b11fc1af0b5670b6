"""What an endpoint's refusal says, whoever wrote it: which parameter, and whether key, money, name, text or length."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import openai

from workers.domain.errors import ContentFiltered, ModelRefused
from workers.llm.wire import MayPass

_SAID_IN = frozenset(
    {
        *("error", "errors", "message", "msg", "detail", "details", "type", "code", "param", "loc", "status", "reason"),
        *("error_description", "title", "metadata", "raw", "base_resp", "status_code", "status_msg", "error_code"),
    }
)
"""Fields of a refusal that are the endpoint's own words; others may repeat the request."""
_ECHO = re.compile(
    r"""[,;]?\s*['"]?(?:value|input|input_value|body|received|got)['"]?\s*[:=]\s*['"]?[\[{].*""", re.DOTALL
)
"""The part of a message that repeats the request."""
_LONGEST = 1_000
"""Characters of one message that are read."""
_THOUSANDS = re.compile(r"(?<=\d)[,_](?=\d{3}(?!\d))")
_TOO_MANY, _UNKNOWN = 429, 418
"""The second is for a refusal without a status, from which nothing is guessed."""
_MAY_PASS = frozenset({408, 409, 425, _TOO_MANY})
"""Statuses below 500 of errors that may pass."""

_MONEY = re.compile(
    r"insufficient[ _](?:quota|balance|credits?|funds)|exceeded_current_quota|credit balance|billing|payment required"
    r"|out of credits|no credits|arrears|account.{0,20}suspended|top up"
)
_KEY = re.compile(
    r"api[ _-]?key|(?:incorrect|invalid) (?:key|token)|unauthorized|unauthenticated|authentication|token.{0,10}expired"
)
_FILTERED = re.compile(
    r"content[ _-]?(?:filter|polic|management|exists risk)|moderat|flagged|data_inspection_failed|invalid_prompt"
    r"|safety|inappropriate|prohibited|sensitive (?:content|words)|responsibleai"
)
_NAME = re.compile(
    r"model.{0,80}(?:not exist|not found|not a valid|decommissioned|no longer|deprecated|is not available)"
    r"|(?:invalid|unknown|no such|not a valid) model|model_not_found|model_decommissioned|deployment.{0,60}not exist"
    r"|does not work with the specified model"
)
_PLACE = re.compile(r"(?:location|country|region|territory).{0,30}not (?:supported|allowed|available)")
_QUOTA = re.compile(r"insufficient[ _](?:quota|balance|credits?)|exceeded_current_quota|credit balance")
_CURES: Mapping[int, str] = {
    401: "the key is refused; see OPENAI_API_KEY",
    402: "the account has no credit; see your provider",
    403: "the key may not use this model; see OPENAI_API_KEY and model.name",
    404: "no such model or address; see model.name and OPENAI_BASE_URL",
}
"""Status → the cure."""
_SAID: Mapping[re.Pattern[str], str] = {
    _MONEY: _CURES[402],
    _PLACE: "the provider does not serve this place",
    _KEY: _CURES[401],
    _NAME: _CURES[404],
}
"""What is said → the cure, whatever the status."""
_PASSES = re.compile(r"rate[ _-]?limit|overloaded|too many requests|capacity|temporarily|try again|timed? ?out|busy")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An HTTP status, the parameter that is named ("" for none), and what is said, in lower case."""

    status: int
    param: str = ""
    text: str = ""
    retry_after_s: float = 0.0
    is_page: bool = False
    """Whether a proxy's page came in place of an endpoint's words."""

    @property
    def is_about_the_request(self) -> bool:
        return self.status in {400, 415, 422}

    def error(self) -> Exception:
        """What the refusal means where no other request would help; the endpoint's own words are not repeated."""
        status = self.status
        if status == _TOO_MANY and _QUOTA.search(self.text):
            return ModelRefused(f"HTTP {status}: {_CURES[402]}")
        if status in _MAY_PASS or status >= 500:
            trouble = "too many requests, or the plan's quota is used up" if status == _TOO_MANY else "it is in trouble"
            return MayPass(f"HTTP {status}: {trouble}", self.retry_after_s)
        if self.is_page and status == 400:
            return MayPass("HTTP 400: a page in place of an answer; see OPENAI_BASE_URL")
        if _FILTERED.search(self.text):
            return ContentFiltered("the provider refused this text")
        said = next((cure for pattern, cure in _SAID.items() if pattern.search(self.text)), None)
        cure = said or _CURES.get(status, "the request is refused; see OPENAI_BASE_URL and model.name")
        named = f" (parameter {self.param})" if self.param.isidentifier() else ""
        return ModelRefused(f"HTTP {status}: {cure}{named}")

    @property
    def is_final(self) -> bool:
        """Whether it is about key, money, place, text or name, so that no other form of the request would help."""
        said = self.is_page or _FILTERED.search(self.text) or any(pattern.search(self.text) for pattern in _SAID)
        return self.status < 500 and bool(said)


def refusal_of(error: openai.APIStatusError) -> Refusal:
    body, headers = error.body, error.response.headers
    if not isinstance(body, Mapping | list):
        body = {"error": body} if "json" in headers.get("Content-Type", "") else None
    retry_after_s = _retry_after_s(headers)
    return Refusal(error.status_code, _param(body), _text(body), retry_after_s, is_page=body is None)


def refusal_in(body: Any) -> Refusal:
    """The refusal that came with HTTP 200, as some gateways send it."""
    text = _text(body)
    codes = [code for code in _codes(body) if 400 <= code < 600]
    status = codes[0] if codes else _TOO_MANY if _PASSES.search(text) else _UNKNOWN
    return Refusal(status, _param(body), text)


def _text(body: Any) -> str:
    words = " ".join(_ECHO.sub("", said)[:_LONGEST] for said in _said(body, 0))
    return _THOUSANDS.sub("", words.lower().replace("`", ""))


def _said(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, int) and not isinstance(value, bool):
        yield str(value)
    elif isinstance(value, list) and depth < 8:
        for each in value[:20]:
            yield from _said(each, depth + 1)
    elif isinstance(value, Mapping) and depth < 8:
        for key, each in value.items():
            if key in _SAID_IN:
                yield from _said(each, depth + 1)


def _codes(body: Any) -> Iterator[int]:
    error = body.get("error", body) if isinstance(body, Mapping) else {}
    for key in ("code", "status", "status_code"):
        code = error.get(key) if isinstance(error, Mapping) else None
        if isinstance(code, int) or (isinstance(code, str) and code.isdecimal()):
            yield int(code)


def _param(body: Any) -> str:
    """The parameter that is named, in OpenAI's `param` or as the last part of FastAPI's `loc`."""
    if isinstance(body, list):
        body = body[0] if body else {}
    error = body.get("error", body) if isinstance(body, Mapping) else {}
    named = error.get("param") if isinstance(error, Mapping) else None
    details = body.get("detail") if isinstance(body, Mapping) else None
    if not named and isinstance(details, list) and details and isinstance(details[0], Mapping):
        place = details[0].get("loc")
        named = place[1] if isinstance(place, list) and len(place) > 1 else None
    return str(named or "").partition(".")[0].partition("[")[0][:60]


def _retry_after_s(headers: Mapping[str, str]) -> float:
    """The Retry-After header in seconds; 0 if it is missing or makes no sense."""
    try:
        if milliseconds := headers.get("retry-after-ms"):
            return max(0.0, float(milliseconds) / 1000)
        said = headers.get("Retry-After", "")
        if said and not said[0].isdigit():
            now = parsedate_to_datetime(headers.get("Date", ""))
            return max(0.0, (parsedate_to_datetime(said) - now).total_seconds())
        return max(0.0, float(said))
    except (ValueError, TypeError):
        return 0.0
