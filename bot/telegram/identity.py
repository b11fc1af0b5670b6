"""Asks Telegram which bot the token belongs to, and for the link that adds it to a channel."""

from collections.abc import Mapping

from pydantic import BaseModel

from bot.identity import BotIdentity, ask
from bot.platforms import TELEGRAM


class _Me(BaseModel):
    username: str
    can_read_all_group_messages: bool = False


class _Answer(BaseModel):
    result: _Me


def identify(environment: Mapping[str, str]) -> BotIdentity | None:
    """The bot; None without TELEGRAM_BOT_TOKEN. Raises SettingsError, which never holds the token."""
    token = environment.get(TELEGRAM.token_variable)
    if not token:
        return None
    base = environment.get("TELEGRAM_API_URL", "https://api.telegram.org").rstrip("/")
    me = ask(_Answer, TELEGRAM.token_variable, f"{base}/bot{token}/getMe").result
    remark = "" if me.can_read_all_group_messages else "privacy mode is on: in groups it sees commands and replies"
    return BotIdentity(f"@{me.username}", f"https://t.me/{me.username}?startchannel&admin=post_messages", remark)
