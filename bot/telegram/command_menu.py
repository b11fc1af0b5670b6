"""What Telegram lists as our commands, for each kind of chat and language; told only when it changed."""

import asyncio
import hashlib
import json
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
from telegram.error import TelegramError

from bot.i18n import LANGUAGES, catalog_for
from bot.telegram.sender import PLATFORM
from workers.runtime.logs import note
from workers.store import Store

log = logging.getLogger(__name__)

_COMMANDS = "commands"
_MEMBERS = ("digest", "ask", "forget", "help")
_ADMINS = ("digest", "subscribe", "unsubscribe", "settings", "language", "test", "ask", "forget", "help")
_PRIVATE = (*_ADMINS[:3], "channel", *_ADMINS[3:], "status")
_SCOPES: Sequence[tuple[BotCommandScope, Sequence[str]]] = (
    (BotCommandScopeAllPrivateChats(), _PRIVATE),
    (BotCommandScopeAllGroupChats(), _MEMBERS),
    (BotCommandScopeAllChatAdministrators(), _ADMINS),
)


async def register(bot: Bot, store: Store) -> None:
    """English for everybody, Korean for whose Telegram speaks it; a refusal is noted and tried at the next start."""
    lists = [(scope, names, language) for scope, names in _SCOPES for language in LANGUAGES]
    wire = [[scope.type, language, *_described(names, language)] for scope, names, language in lists]
    digest = hashlib.sha256(json.dumps(wire).encode()).hexdigest()
    if await asyncio.to_thread(store.uploads.file_id, PLATFORM, _COMMANDS) == digest:
        return
    try:
        for scope, names, language in lists:
            commands = [BotCommand(name, what) for name, what in _described(names, language)]
            await bot.set_my_commands(commands, scope, "" if language == "en" else language)
    except TelegramError as error:
        note(log, "commands not registered", level=logging.WARNING, error=error)
        return
    await asyncio.to_thread(store.uploads.uploaded, PLATFORM, _COMMANDS, digest)


def _described(names: Sequence[str], language: str) -> list[tuple[str, str]]:
    said = catalog_for(language).commands
    return [(name, said[name]) for name in names]
