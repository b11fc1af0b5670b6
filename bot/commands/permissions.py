"""Who may do what: owners, and who may subscribe a chat."""

from dataclasses import dataclass
from enum import Enum

from workers.config import Settings
from workers.domain.deliveries import PRIVATE
from workers.store import Store


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who says something about which chat; `manages` when the platform itself says that they may manage it.

    `elsewhere`: it is said in another chat, such as about a channel in private. `name` is what people call the chat.
    """

    platform: str
    person: str
    chat: str
    thread: str = ""
    manages: bool = False
    place: str = PRIVATE
    elsewhere: bool = False
    name: str = ""


class Verdict(Enum):
    """`WAIT` for an owner's word."""

    YES = "yes"
    WAIT = "wait"
    NO = "no"


def is_owner(speaker: Speaker, store: Store, settings: Settings) -> bool:
    return (speaker.platform, speaker.person) in store.owners.all(settings.named_owners())


def may_subscribe(speaker: Speaker, store: Store, settings: Settings) -> Verdict:
    """What `access` says of a chat that its speaker may manage; an owner may always."""
    if not speaker.manages:
        return Verdict.NO
    if settings.access == "open" or is_owner(speaker, store, settings):
        return Verdict.YES
    if settings.access == "approve":
        return Verdict.WAIT
    return Verdict.YES if f"{speaker.platform}:{speaker.chat}" in settings.allowed else Verdict.NO
