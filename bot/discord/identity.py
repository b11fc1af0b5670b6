"""Asks Discord which bot the token belongs to, and whether it may read plain messages."""

from collections.abc import Mapping

from pydantic import BaseModel

from bot.identity import BotIdentity, ask
from bot.platforms import DISCORD
from workers.domain.errors import SettingsError

_PERMISSIONS = 0x4000 | 0x400 | 0x800 | 0x8000 | 0x10000 | 0x4000000000 | 0x800000000 | 0x2000
"""Embed links, view channel, send, attach, read history, send in threads, create public threads, manage messages
(discord.com/developers/docs/topics/permissions)."""
_MESSAGE_CONTENT = 1 << 18 | 1 << 19
"""Application flags: the message content intent, granted or limited
(discord.com/developers/docs/resources/application#application-object-application-flags)."""


class _Me(BaseModel):
    username: str


class _Application(BaseModel):
    id: str
    flags: int = 0


def identify(environment: Mapping[str, str]) -> BotIdentity | None:
    """The bot; None without DISCORD_BOT_TOKEN. Raises SettingsError, which never holds the token."""
    token = environment.get(DISCORD.token_variable)
    if not token:
        return None
    base = environment.get("DISCORD_API_URL", "https://discord.com/api/v10").rstrip("/")
    headers = {"Authorization": f"Bot {token}"}
    me = ask(_Me, DISCORD.token_variable, f"{base}/users/@me", headers)
    application = ask(_Application, DISCORD.token_variable, f"{base}/applications/@me", headers)
    invite = (
        f"https://discord.com/oauth2/authorize?client_id={application.id}"
        f"&scope=bot+applications.commands&permissions={_PERMISSIONS}"
    )
    remark = "no message content intent: questions are taken by reply, mention, /ask and button"
    return BotIdentity(me.username, invite, "" if application.flags & _MESSAGE_CONTENT else remark)


def reads_messages(environment: Mapping[str, str]) -> bool:
    """Whether the application has the message content intent; False if Discord does not answer."""
    try:
        bot = identify(environment)
    except SettingsError:
        return False
    return bot is not None and not bot.remark
