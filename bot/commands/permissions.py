"""Who may do what: owners, and who may subscribe a chat."""

from dataclasses import dataclass
from enum import Enum

from workers.config import Settings
from workers.domain.deliveries import Place
from workers.store import Store


@dataclass(frozen=True, slots=True)
class Actor:
    """Who says something about which chat; `manages` when the platform itself says that they may manage it.

    `elsewhere`: it is said in another chat, such as about a channel in private. `name` is what people call the chat.
    """

    platform: str
    person: str
    chat: str
    thread: str = ""
    manages: bool = False
    place: Place = Place.PRIVATE
    elsewhere: bool = False
    name: str = ""


class Decision(Enum):
    """`WAIT` for an owner's word."""

    YES = "yes"
    WAIT = "wait"
    NO = "no"


def is_owner(actor: Actor, store: Store, settings: Settings) -> bool:
    return (actor.platform, actor.person) in store.owners.all(settings.named_owners())


def may_subscribe(actor: Actor, store: Store, settings: Settings) -> Decision:
    """What `access` says of a chat that its speaker may manage; an owner may always."""
    if not actor.manages:
        return Decision.NO
    if settings.access == "open" or is_owner(actor, store, settings):
        return Decision.YES
    if settings.access == "approve":
        return Decision.WAIT
    return Decision.YES if f"{actor.platform}:{actor.chat}" in settings.allowed else Decision.NO
