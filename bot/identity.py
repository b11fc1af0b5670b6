"""Who the bots of our tokens are: their names, their invite links, and what Discord lets them read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from bot.valkey import binary
from workers.config import Settings
from workers.domain.errors import SettingsError
from workers.domain.findings import Finding

TELEGRAM, DISCORD = "TELEGRAM_BOT_TOKEN", "DISCORD_BOT_TOKEN"
"""The variables that hold the tokens."""
_ANSWER_S = 10.0
_PERMISSIONS = 0x4000 | 0x400 | 0x800 | 0x8000 | 0x10000 | 0x4000000000 | 0x800000000 | 0x2000
"""Embed links, view channel, send, attach, read history, send in threads, create public threads, manage messages
(discord.com/developers/docs/topics/permissions)."""
_MAY_READ_MESSAGES = 1 << 18 | 1 << 19
"""Application flags: the message content intent, granted or limited."""


Answer = TypeVar("Answer", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Bot:
    """`invite` is a link; `remark` is what the owner may want to change."""

    platform: str
    name: str
    invite: str
    remark: str = ""


class _TelegramMe(BaseModel):
    username: str
    can_read_all_group_messages: bool = False


class _TelegramAnswer(BaseModel):
    result: _TelegramMe


class _DiscordMe(BaseModel):
    username: str


class _DiscordApplication(BaseModel):
    id: str
    flags: int = 0


def telegram(environment: Mapping[str, str]) -> Bot | None:
    """None without TELEGRAM_BOT_TOKEN. Raises SettingsError, which never holds the token."""
    token = environment.get(TELEGRAM)
    if not token:
        return None
    base = environment.get("TELEGRAM_API_URL", "https://api.telegram.org").rstrip("/")
    me = _asked(_TelegramAnswer, TELEGRAM, f"{base}/bot{token}/getMe").result
    private = "" if me.can_read_all_group_messages else "privacy mode is on: in groups it sees commands and replies"
    return Bot("telegram", f"@{me.username}", f"https://t.me/{me.username}?startchannel&admin=post_messages", private)


def discord(environment: Mapping[str, str]) -> Bot | None:
    """None without DISCORD_BOT_TOKEN. Raises SettingsError, which never holds the token."""
    token = environment.get(DISCORD)
    if not token:
        return None
    base = environment.get("DISCORD_API_URL", "https://discord.com/api/v10").rstrip("/")
    headers = {"Authorization": f"Bot {token}"}
    me = _asked(_DiscordMe, DISCORD, f"{base}/users/@me", headers)
    application = _asked(_DiscordApplication, DISCORD, f"{base}/applications/@me", headers)
    invite = (
        f"https://discord.com/oauth2/authorize?client_id={application.id}"
        f"&scope=bot+applications.commands&permissions={_PERMISSIONS}"
    )
    deaf = "no message content intent: questions are taken by reply, mention, /ask and button"
    return Bot("discord", me.username, invite, "" if application.flags & _MAY_READ_MESSAGES else deaf)


def discord_reads_messages(environment: Mapping[str, str]) -> bool:
    """Whether the application was granted the message content intent; False where Discord does not answer."""
    try:
        bot = discord(environment)
    except SettingsError:
        return False
    return bot is not None and not bot.remark


def findings(settings: Settings, environment: Mapping[str, str]) -> Iterable[Finding]:
    """The private queue's server, and each token with its bot."""
    if not settings.queue.url:
        yield _private_queue()
    for variable, who in ((TELEGRAM, telegram), (DISCORD, discord)):
        try:
            bot = who(environment)
        except SettingsError as error:
            yield Finding(variable, False, str(error).partition(": ")[2])
            continue
        told = f"{bot.name}" + (f"; {bot.remark}" if bot.remark else "") if bot else "not set, so this frontend rests"
        yield Finding(variable, True, told)


def _private_queue() -> Finding:
    try:
        return Finding("queue", True, f"a private Valkey ({binary().name}), started by `paperboy run`")
    except SettingsError as error:
        return Finding("queue", False, str(error))


def _asked(answers: type[Answer], variable: str, url: str, headers: Mapping[str, str] | None = None) -> Answer:
    try:
        answer = httpx.get(url, headers=dict(headers or {}), timeout=_ANSWER_S)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SettingsError(f"{variable}: its platform cannot be reached ({type(error).__name__})") from None
    if answer.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND}:
        raise SettingsError(f"{variable}: refused (HTTP {answer.status_code}); copy it again from where it was made")
    try:
        return answers.model_validate_json(answer.content)
    except ValidationError:
        raise SettingsError(f"{variable}: its platform answers HTTP {answer.status_code}; try again later") from None
