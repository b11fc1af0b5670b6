"""Who may do what: owners, and people who may subscribe a chat."""

from dataclasses import dataclass
from enum import Enum

from workers.config import Settings
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Place
from workers.domain.errors import PaperboyError
from workers.store import Store


@dataclass(frozen=True, slots=True)
class Actor:
    """A person who gives a command about a chat.

    `manages`: the platform confirms that the person may manage the chat. `elsewhere`: the command was given in another
    chat, e.g. about a channel in private. `name` is the chat's title.
    """

    person: str
    chat: ChatRef
    manages: bool = False
    place: Place = Place.PRIVATE
    elsewhere: bool = False
    name: str = ""


class RightsUnknown(PaperboyError):
    """The platform did not say what a person or the bot may do in a chat: it may be asked again, nobody is refused."""


class Decision(Enum):
    """`WAIT`: an owner must approve first."""

    YES = "yes"
    WAIT = "wait"
    NO = "no"


def is_owner(actor: Actor, store: Store, settings: Settings) -> bool:
    return (actor.chat.platform, actor.person) in store.owners.all(settings.named_owners())


def may_subscribe(actor: Actor, store: Store, settings: Settings) -> Decision:
    """Whether the actor may subscribe the chat: they must manage it, and `access` must allow it to people like them."""
    if not actor.manages:
        return Decision.NO
    if settings.access == "open" or is_owner(actor, store, settings):
        return Decision.YES
    if settings.access == "approve":
        return Decision.WAIT
    return Decision.YES if str(actor.chat) in settings.allowed else Decision.NO
