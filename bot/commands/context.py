"""What answering needs, what was said, and what comes back: the nouns of `bot.commands.router`."""

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
    """The store, the settings, and the closed list that readers know."""

    store: Store
    settings: Settings
    categories: Sequence[Category]
    rate_limiter: RateLimiter = field(default_factory=RateLimiter)
    work: WorkQueue | None = None
    """Where questions are queued; without it the clock finds them."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`blocks` in order; `ends` when the reader said goodbye, `expects` the command that their next words end.

    `replaces`: it takes the place of the message whose choice was pressed.
    """

    blocks: Sequence[Block] = ()
    ends: bool = False
    expects: str = ""
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class CommandContext:
    """One line and what is known of it.

    `idempotency_key` is the same whenever the platform repeats it, "" where an answer is shown at once and never sent;
    `message_id` is the line's own message, `about` the post that it answers.
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
