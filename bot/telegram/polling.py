"""Receives Telegram's updates by long polling; an update is confirmed only when it is stored.

The library's own polling ends for ever at an exception in its queue, at a refused token and at an update that it
cannot parse, and says nothing. Here an update is stored as it came and parsed by its handler.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import urlencode

from telegram import Bot, Update
from telegram.error import InvalidToken, RetryAfter, TelegramError
from telegram.request import BaseRequest

from bot.telegram.errors import seconds_of
from workers.domain.errors import SettingsError
from workers.runtime.boundary import reason_of
from workers.runtime.logs import note

log = logging.getLogger(__name__)

_POLL_S = 10
"""Seconds that Telegram holds a poll open while there is no update."""
_ANSWER_S = 15.0
"""Seconds beyond the poll after which the connection counts as broken."""
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0
"""The pause is doubled after each poll that failed, up to this."""
_SHOWN = 120
"""Characters of an error in the log; Telegram's own are short, a proxy's can be a whole page."""


class Takes(Protocol):
    """Stores an update; returns once it is stored."""

    async def take(self, update_id: int, body: str, beat: Callable[[], None]) -> None: ...


async def poll(
    bot: Bot,
    request: BaseRequest,
    inbox: Takes,
    beat: Callable[[], None],
    poll_s: int = _POLL_S,
    first_pause_s: float = _FIRST_PAUSE_S,
) -> None:
    """Receive updates until cancelled; `beat` is called after each poll that Telegram answered.

    Raises SettingsError for a token that is refused.
    """
    offset, pause_s, webhook = 0, first_pause_s, True
    while True:
        try:
            if webhook:
                await bot.delete_webhook()  # Telegram answers no poll while there is one
                webhook = False
            updates = await _updates(bot, request, offset, poll_s)
        except InvalidToken:
            raise SettingsError("TELEGRAM_BOT_TOKEN: refused; copy it again from @BotFather") from None
        except RetryAfter as error:
            await _rest(seconds_of(error), beat)
        except Exception as error:  # noqa: BLE001 - whatever Telegram answers, the next poll can succeed
            shown = str(error)[:_SHOWN] if isinstance(error, TelegramError) else reason_of(error)
            note(log, "polling failed", level=logging.WARNING, kind=type(error).__name__, error=shown)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        else:
            beat()
            pause_s = first_pause_s
            for update in updates:
                await inbox.take(update["update_id"], json.dumps(update), beat)
                beat()
                offset = update["update_id"] + 1


async def _updates(bot: Bot, request: BaseRequest, offset: int, poll_s: int) -> list[dict[str, Any]]:
    """The updates from `offset` on, as Telegram sent them. Raises TelegramError."""
    kinds = json.dumps(Update.ALL_TYPES)
    query = urlencode({"offset": offset, "timeout": poll_s, "allowed_updates": kinds})
    url = f"{bot.base_url}/getUpdates?{query}"
    async with asyncio.timeout(poll_s + 2 * _ANSWER_S):  # the library limits each read, and not the whole answer
        found = await request.post(url, read_timeout=poll_s + _ANSWER_S)
    updates = found if isinstance(found, list) else []
    return [each for each in updates if isinstance(each, dict) and isinstance(each.get("update_id"), int)]


async def _rest(seconds: float, beat: Callable[[], None]) -> None:
    """Wait as long as Telegram asks for; this is no silence, because Telegram answers."""
    while seconds > 0:
        beat()
        await asyncio.sleep(min(seconds, _LONGEST_PAUSE_S))
        seconds -= _LONGEST_PAUSE_S
