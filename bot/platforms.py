"""The only list of the chat platforms, with one entry for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator


@dataclass(frozen=True, slots=True)
class Limits:
    """How fast messages may be sent to a platform.

    At most `overall` sends in any `window_s` seconds, at least `chat_gap_s` seconds between two sends to one chat, and
    at most `group` sends per minute to one group (None: no limit). `overall` is kept by the platform's count, however
    long a send takes to arrive; see `delivery.pacing.Pacer`.
    """

    overall: int
    window_s: float
    chat_gap_s: float
    group: int | None = None


class TelegramSettings(BaseModel):
    """`telegram:` in config.yaml. Updates come by polling, or by webhook if `webhook_url` is set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    webhook_url: str | None = None
    webhook_listen: str = Field("127.0.0.1:8443", pattern=r"^[^:\s]+:\d{1,5}$")

    @field_validator("webhook_url")
    @classmethod
    def _is_web_address(cls, url: str | None) -> str | None:
        if url is not None and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
            raise ValueError("a web address, such as https://bots.example.org/telegram")
        return url.rstrip("/") if url else None


class DiscordSettings(BaseModel):
    """`discord:` in config.yaml. `publish`: posts in announcement channels are published to their followers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    publish: bool = True


@dataclass(frozen=True, slots=True)
class Platform:
    """A chat platform, as far as code outside its folder `bot/NAME/` must know it.

    `bot.NAME.app.serve(settings)` runs its process; `bot.NAME.identity.identify(environment)` returns its
    bot, or None without a token.
    """

    name: str
    """Name of its folder, its verb on the command line, its section in config.yaml and its `platform` in the store."""
    title: str
    token_variable: str
    """Environment variable with the bot's token; the frontend runs only if it is set."""
    token_from: str
    """Where an owner gets a token."""
    limits: Limits
    settings: type[BaseModel]
    """Model of its section in config.yaml."""
    id_pattern: str = r"-?\d+"
    """Regular expression for the ids of its chats and users, as owners write them in config.yaml."""
    supports_threads: bool = False
    """A message can have a thread under it, so the layout `thread` is offered."""
    supports_topics: bool = False
    """A group can have topics, so the setting `topic` is offered there."""

    def app(self) -> ModuleType:
        """The module that runs this platform's process; imports the platform's library."""
        return import_module(f"bot.{self.name}.app")

    def identity(self) -> ModuleType:
        """The module that asks the platform which bot a token belongs to."""
        return import_module(f"bot.{self.name}.identity")


TELEGRAM = Platform(
    name="telegram",
    title="Telegram",
    token_variable="TELEGRAM_BOT_TOKEN",
    token_from="@BotFather",
    # About 30 per second, 1 per second to a chat, 20 per minute to a group (core.telegram.org/bots/faq).
    limits=Limits(overall=30, window_s=1.0, chat_gap_s=1.0, group=20),
    settings=TelegramSettings,
    supports_topics=True,
)
DISCORD = Platform(
    name="discord",
    title="Discord",
    token_variable="DISCORD_BOT_TOKEN",
    token_from="discord.com/developers",
    # 50 requests per second in all; discord.py itself keeps the limits of single routes (about 5 in 5 seconds).
    limits=Limits(overall=49, window_s=1.0, chat_gap_s=1.0),
    settings=DiscordSettings,
    supports_threads=True,
)
PLATFORMS = (TELEGRAM, DISCORD)
"""In the order in which they are started and listed."""


def supports_threads(name: str) -> bool:
    """True if a message on the platform of this name can have a thread; False for the terminal."""
    return any(platform.supports_threads for platform in PLATFORMS if platform.name == name)


def supports_topics(name: str) -> bool:
    """True if a group on the platform of this name can have topics."""
    return any(platform.supports_topics for platform in PLATFORMS if platform.name == name)


def enabled(environment: Mapping[str, str]) -> list[Platform]:
    """The platforms whose token is set."""
    return [platform for platform in PLATFORMS if environment.get(platform.token_variable)]
