"""Asks a platform which bot a token belongs to."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from workers.domain.errors import SettingsError
from workers.runtime.proxies import proxy_for

_TIMEOUT_S = 10.0

Body = TypeVar("Body", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class BotIdentity:
    """A bot: its name, its invite link, and a remark on a setting that its owner may want to change ("" if none)."""

    name: str
    invite: str
    remark: str = ""


def ask(model: type[Body], token_variable: str, url: str, headers: Mapping[str, str] | None = None) -> Body:
    """GET `url` and read the answer as `model`.

    Raises SettingsError, which names `token_variable` and never contains the token, if the platform cannot be reached,
    refuses the token, or answers with something else; it names a proxy's variable if that cannot be read.
    """
    try:
        proxy = proxy_for(url, os.environ)
        answer = httpx.get(url, headers=dict(headers or {}), timeout=_TIMEOUT_S, proxy=proxy, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SettingsError(f"{token_variable}: its platform cannot be reached ({type(error).__name__})") from None
    except ValueError:  # an address with a bracket too few, a token that no header can hold
        raise SettingsError(f"{token_variable}: cannot be sent; look for characters that do not belong to it") from None
    if answer.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND}:
        raise SettingsError(
            f"{token_variable}: refused (HTTP {answer.status_code}); copy it again from where it was made"
        )
    try:
        return model.model_validate_json(answer.content)
    except ValidationError:
        raise SettingsError(
            f"{token_variable}: its platform answers HTTP {answer.status_code}; try again later"
        ) from None
