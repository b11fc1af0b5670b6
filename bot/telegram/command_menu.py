"""The list of commands that Telegram shows people, for each kind of chat and each language."""

import logging
from collections.abc import Sequence

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
)

from bot.commands.command_list import register_if_changed
from bot.i18n import LANGUAGES, catalog_for
from bot.telegram.sender import PLATFORM
from workers.runtime.boundary import reason_of
from workers.runtime.logs import note
from workers.store import Store

log = logging.getLogger(__name__)

_MEMBERS = ("digest", "ask", "forget", "help")
_ADMINS = ("digest", "subscribe", "unsubscribe", "settings", "language", "test", "ask", "forget", "help")
_PRIVATE = (*_ADMINS[:3], "channel", *_ADMINS[3:], "status")
_SCOPES: Sequence[tuple[BotCommandScope, Sequence[str]]] = (
    (BotCommandScopeAllPrivateChats(), _PRIVATE),
    (BotCommandScopeAllGroupChats(), _MEMBERS),
    (BotCommandScopeAllChatAdministrators(), _ADMINS),
)


async def register(bot: Bot, store: Store) -> None:
    """Register the list of every language for people whose Telegram has it, and English for all others, if it changed.

    If that fails, it is logged and tried again at the next start.
    """
    lists = [(scope, names, language) for scope, names in _SCOPES for language in LANGUAGES]

    async def send() -> None:
        for scope, names, language in lists:
            commands = [BotCommand(name, description) for name, description in _described(names, language)]
            await bot.set_my_commands(commands, scope, "" if language == "en" else language)

    wire = [[scope.type, language, *_described(names, language)] for scope, names, language in lists]
    try:
        await register_if_changed(store, PLATFORM, wire, send, str(bot.id))
    except Exception as error:  # noqa: BLE001 - everything else works without, whatever Telegram or the store did
        note(log, "commands not registered", level=logging.WARNING, error=reason_of(error))


def _described(names: Sequence[str], language: str) -> list[tuple[str, str]]:
    descriptions = catalog_for(language).commands
    return [(name, descriptions[name]) for name in names]
