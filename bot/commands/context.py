"""The input and output of commands: services, the context of one command, and the reply."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.commands.permissions import Actor, is_owner
from bot.commands.rate_limit import RateLimiter
from bot.i18n import Catalog, catalog_for
from workers.config import Settings
from workers.domain.blocks import Block, TextBlock
from workers.domain.models import Category
from workers.domain.questions import PostedMessage
from workers.queue import WorkQueue
from workers.store import Store


@dataclass(frozen=True, slots=True)
class Services:
    """What all commands use, whoever gives them; `categories` is the closed list."""

    store: Store
    settings: Settings
    categories: Sequence[Category]
    rate_limiter: RateLimiter = field(default_factory=RateLimiter)
    work: WorkQueue | None = None
    """The queue for questions. Without it, or if it is down, the scheduler queues them."""
    can_quit: bool = False
    """The chat can be left with `/quit`; only a terminal can."""


def services_for(store: Store, settings: Settings, redis_url: str) -> Services:
    """The services of one platform's process."""
    rate_limiter = RateLimiter(settings.chats.commands_a_minute)
    return Services(store, settings, settings.closed_list(), rate_limiter, WorkQueue(redis_url))


@dataclass(frozen=True, slots=True)
class Reply:
    """The blocks to show, in order; none where there is nothing to say.

    `ends`: the reader leaves the terminal. `expects`: the command that the reader's next words complete. `replaces`:
    the reply replaces the message whose button was pressed.
    """

    blocks: Sequence[Block] = ()
    ends: bool = False
    expects: str = ""
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class CommandContext:
    """A command, or a question, and what is known of it.

    `text` is the line without the command's name. `idempotency_key` is the same if the platform repeats the update; ""
    if the reply is shown at once (in a terminal) instead of being sent. `message_id` is the reader's own message;
    `about` is the posted message that it replies to.
    """

    text: str
    actor: Actor
    language: str
    services: Services
    idempotency_key: str = ""
    message_id: str | None = None
    about: PostedMessage | None = field(default=None)

    @property
    def catalog(self) -> Catalog:
        return catalog_for(self.language)

    @property
    def store(self) -> Store:
        return self.services.store

    @property
    def is_owner(self) -> bool:
        return is_owner(self.actor, self.services.store, self.services.settings)


def text_block(text: str) -> Block:
    return TextBlock(tuple(text.splitlines()))


def text_reply(text: str) -> Reply:
    return Reply([text_block(text)])


def spaced(line: str) -> str:
    """The line with single spaces between its words, whatever white space was there."""
    return " ".join(line.split())
