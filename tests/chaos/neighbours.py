"""Chats with a fault of their own beside those of a round, and how their rows in the store are spoiled."""

from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy import text

from tests.fakes.edition import DAY
from workers.domain.chats import ChatRef
from workers.domain.deliveries import View
from workers.store import Store
from workers.store.transactions import write


class Trouble(StrEnum):
    """What is wrong with a chat."""

    FLOODED = "flooded"
    """The platform wants an hour's pause."""
    NO_PHOTOS = "no photos"
    """It takes text alone."""
    GONE = "gone"
    """Its topic or channel was deleted."""
    UNREADABLE = "unreadable"
    """Its delivery has a layout that does not exist."""
    UNRENDERABLE = "unrenderable"
    """Its rendering is broken JSON, however often it is stored."""
    REFUSED = "refused"
    """The store refuses every write about its second message."""


UNUSUAL = View(exclude=("a word that no paper has",))
"""The view of the chats of which no rendering can be stored."""


def _ending(trouble: Trouble) -> str:
    """The last two digits of the chats with this trouble."""
    return str(90 + list(Trouble).index(trouble))


TRIGGERS = {
    Trouble.UNREADABLE: "AFTER INSERT ON delivery WHEN NEW.chat GLOB '*{ending}'"
    " BEGIN UPDATE delivery SET layout = 'spiral' WHERE id = NEW.id; END",
    Trouble.UNRENDERABLE: "AFTER INSERT ON rendering WHEN NEW.filter = '{view}'"
    " BEGIN UPDATE rendering SET messages = '[' WHERE id = NEW.id; END",
    Trouble.REFUSED: "BEFORE UPDATE ON part WHEN NEW.state = 'sending' AND NEW.n = 1 AND NEW.delivery_id IN"
    " (SELECT id FROM delivery WHERE chat GLOB '*{ending}') BEGIN SELECT RAISE(ABORT, 'disk full'); END",
}


def spoil(store: Store) -> None:
    """Let SQLite break the rows of chats with a trouble that is in the store, now and later."""
    with write(store.engine) as connection:
        for trouble, what in TRIGGERS.items():
            body = what.format(ending=_ending(trouble), view=UNUSUAL.key)
            connection.execute(text(f"CREATE TRIGGER {trouble} {body}"))


def number_of(base: int, trouble: Trouble) -> int:
    """The number of a round's chat with this trouble; `base` is a multiple of 100."""
    return base + int(_ending(trouble))


def is_flooded(chat: str) -> bool:
    return chat.endswith(_ending(Trouble.FLOODED))


def request(store: Store, chats: Mapping[Trouble, ChatRef], view: View) -> None:
    """Let the chats want the edition."""
    for trouble, chat in chats.items():
        own = UNUSUAL if trouble is Trouble.UNRENDERABLE else view
        store.outbox.request(f"neighbour:{chat}", chat, DAY, own)
