"""What answering needs, what was said, and what comes back: the nouns of `bot.commands.router`."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.commands.permissions import Speaker, is_owner
from bot.commands.rate_limit import Courtesy
from bot.i18n import Texts, texts
from workers.config import Settings
from workers.domain.blocks import Block, Closing
from workers.domain.models import Category
from workers.domain.questions import Post
from workers.queue import WorkQueue
from workers.store import Store


@dataclass(frozen=True, slots=True)
class Desk:
    """The store, the settings, and the closed list that readers know."""

    store: Store
    settings: Settings
    categories: Sequence[Category]
    courtesy: Courtesy = field(default_factory=Courtesy)
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
class Said:
    """One line and what is known of it.

    `cause` is the same whenever the platform repeats it, "" where an answer is shown at once and never sent;
    `message_id` is the line's own message, `post` the post that it answers.
    """

    words: str
    speaker: Speaker
    language: str
    desk: Desk
    cause: str = ""
    message_id: str | None = None
    post: Post | None = field(default=None)

    @property
    def texts(self) -> Texts:
        return texts(self.language)

    @property
    def store(self) -> Store:
        return self.desk.store

    @property
    def from_owner(self) -> bool:
        return is_owner(self.speaker, self.desk.store, self.desk.settings)


def line(text: str) -> Block:
    return Closing(tuple(text.splitlines()))


def told(text: str) -> Reply:
    return Reply([line(text)])
