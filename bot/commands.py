"""What people may say to a bot, once for all frontends: a command comes in, a reply of blocks goes out."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.texts import texts
from bot.view import blocks, category_blocks
from workers.domain.blocks import Block, Closing
from workers.domain.models import Category
from workers.store import Store


@dataclass(frozen=True, slots=True)
class Reply:
    """`blocks` in order; `ends` when the reader said goodbye."""

    blocks: Sequence[Block] = ()
    ends: bool = False


def answer(line: str, language: str, store: Store, categories: Sequence[Category]) -> Reply:
    """The reply to one line a reader typed: a command, or a question."""
    said = texts(language)
    word, _, rest = line.strip().partition(" ")
    match word.casefold():
        case "":
            return Reply()
        case "/digest":
            return Reply(_digest(rest, language, store, categories))
        case "/help" | "/start":
            return Reply([Closing(tuple(said.help.splitlines()))])
        case "/quit" | "/exit":
            return Reply([Closing((said.goodbye,))], ends=True)
        case command if command.startswith("/"):
            return Reply([Closing((said.unknown_command,))])
        case _:
            return Reply([Closing((said.questions_not_yet,))])


def _digest(wanted: str, language: str, store: Store, categories: Sequence[Category]) -> Sequence[Block]:
    """The newest digest, or one category of it; it never makes one."""
    day = store.editions.newest(language)
    text = store.editions.text(day, language) if day else None
    if text is None:
        return [Closing((texts(language).no_digest,))]
    if not wanted.strip():
        return blocks(text.digest, categories)
    found = category_blocks(text.digest, categories, wanted)
    names = ", ".join(
        each.named(language) for each in categories if each.name in {s.category for s in text.digest.sections}
    )
    return found or [Closing((texts(language).no_such_section.format(names=names),))]
