"""Turns Telegram's errors into SendErrors, and tells what a refusal is about."""

import logging

import httpx
from telegram.error import (
    BadRequest,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from workers.domain.errors import ChatGone, ChatNotWritable, SendRefused, SendRetryable, SendUnknown, SettingsError
from workers.runtime.logs import note

log = logging.getLogger(__name__)

_AGAIN_S = 2.0
"""Seconds until a request that never reached Telegram is sent again."""
_NOT_WRITABLE = (
    *("chat not found", "message thread not found", "topic_closed", "topic_deleted", "chat_write_forbidden"),
    *("not enough rights", "need administrator rights", "have no rights", "bot is not a member", "user not found"),
    *("peer_id_invalid", "group chat was deactivated", "chat_restricted", "chat_admin_required"),
)
"""Parts of BadRequest texts that mean: nothing can be posted in the chat until somebody changes its settings."""
_NOTHING_TO_DO = (
    "message is not modified",
    "message to delete not found",
    "message to edit not found",
    "message can't be deleted",
)
"""Parts of BadRequest texts that mean: the edit or removal is done already, or can never be done."""
_NO_PHOTOS = (
    *("not enough rights to send photos", "not enough rights to send media", "chat_send_photos_forbidden"),
    *("chat_send_media_forbidden", "have no rights to send a photo", "have no rights to send media"),
)
"""Parts of BadRequest texts that mean: the chat takes text but no pictures."""


def ours(error: TelegramError) -> Exception:
    """The SendError for one of Telegram's errors. The order matters: some are subclasses of others."""
    text = str(error)
    if isinstance(error, Forbidden):
        return ChatGone(text)
    if isinstance(error, InvalidToken):
        return SettingsError("TELEGRAM_BOT_TOKEN: refused; copy it again from @BotFather")
    if isinstance(error, BadRequest):
        not_writable = any(part in text.lower() for part in _NOT_WRITABLE)
        return ChatNotWritable(text) if not_writable else SendRefused(text)
    if isinstance(error, TimedOut | NetworkError):
        return SendRetryable(text, _AGAIN_S) if _never_left(error) else SendUnknown(text)
    note(log, "telegram error", level=logging.WARNING, kind=type(error).__name__, error=text)
    return SendUnknown(text)


def forbids_photos(error: TelegramError) -> bool:
    return isinstance(error, BadRequest) and any(part in str(error).lower() for part in _NO_PHOTOS)


def is_of_chat(error: BadRequest) -> bool:
    """Whether the chat takes nothing as things are; False for what is refused because of its content or picture."""
    return any(part in str(error).lower() for part in _NOT_WRITABLE) and not forbids_photos(error)


def _never_left(error: TelegramError) -> bool:
    """Whether nothing was sent: there was no connection, or Telegram answered 429 without a time to wait."""
    cause = error.__cause__
    return (
        isinstance(cause, httpx.PoolTimeout | httpx.ConnectTimeout | httpx.ConnectError)
        or "too many requests" in str(error).lower()
    )


def is_done(error: TelegramError) -> bool:
    return isinstance(error, BadRequest) and any(part in str(error).lower() for part in _NOTHING_TO_DO)


def seconds_of(error: RetryAfter) -> float:
    after = error.retry_after
    return float(after) if isinstance(after, int | float) else after.total_seconds()
