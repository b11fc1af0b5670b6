"""The terminal as a chat: it shows the pipeline's progress, prints deliveries, and answers what is typed."""

import asyncio
import logging
from datetime import date

from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout
from rich.console import Console

from bot.commands.context import Reply, Services, text_reply
from bot.commands.permissions import Actor
from bot.commands.router import answer
from bot.delivery.outbox import deliver_next
from bot.delivery.wakeup import RedisWakeup
from bot.i18n import catalog_for
from bot.presentation.blocks import blocks, content_blocks, first_screen, other_languages
from bot.presentation.keywords import load_day_papers
from bot.presentation.narrow import narrowed
from bot.terminal.renderer import render
from bot.terminal.sender import TerminalSender, show
from workers.config import Settings
from workers.domain.blocks import ChoiceBlock
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Content, Delivery, Layout, Message
from workers.domain.models import Text
from workers.domain.questions import Question
from workers.queue import WorkQueue
from workers.runtime.boundary import reason_of
from workers.runtime.logs import note
from workers.store import Store

log = logging.getLogger(__name__)

_LOOK_AGAIN_S = 0.05


class TerminalChat:
    """One terminal as a chat. On a real terminal a delivery is one screen; /digest shows the rest."""

    platform = "terminal"
    person = "here"
    chat = ChatRef(platform, "here")

    def __init__(self, store: Store, settings: Settings, console: Console, work: WorkQueue | None = None) -> None:
        self._store, self._language, self._console = store, settings.digest.language, console
        self._services = Services(store, settings, settings.closed_list(), work=work, can_quit=True)
        self._actor = Actor(self.person, self.chat, manages=True)
        self._sender = TerminalSender(console, catalog_for(self._language))

    @property
    def layout(self) -> Layout:
        return Layout.SCREEN if self._console.is_terminal else Layout.SECTIONS

    async def show_progress(self, day: date) -> None:
        """Print each step of the edition as soon as it is in the store, until the text is there."""
        shown, names = 0, catalog_for(self._language).steps
        while True:
            steps = await asyncio.to_thread(self._store.editions.progress, day)
            for name, figures in steps[shown:]:
                self._console.print(f"[dim]  ✓ {names.get(name, name)}: {figures}[/dim]")
            shown = len(steps)
            if await asyncio.to_thread(self._store.texts.get, day, self._language):
                return
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def deliver(self) -> None:
        """Wait for a delivery to this chat and print it."""
        while not await deliver_next(self._store, self.platform, self._sender, self.render):
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def deliver_for_ever(self, wakeup: RedisWakeup) -> None:
        """Print all deliveries to this chat, until cancelled."""
        while True:
            while await deliver_next(self._store, self.platform, self._sender, self.render):
                pass
            await wakeup.wait()

    async def converse(self, ready: str) -> None:
        """Answer what is typed until the reader leaves; the first prompt holds the question `ready`."""
        session: PromptSession[str] = PromptSession()
        while True:
            try:
                with patch_stdout(raw=True):  # deliveries are printed above the prompt, in colour
                    line = await session.prompt_async("> ", default=ready)
            except (EOFError, KeyboardInterrupt):
                return
            ready = ""
            reply = await asyncio.to_thread(self._answer, line)
            for message in render(reply.blocks, self._language):
                show(self._console, message)
            if reply.ends:
                return

    def _answer(self, line: str) -> Reply:
        try:
            return answer(line, self._actor, self._language, self._services)
        except Exception as error:  # noqa: BLE001 - one command must not end the conversation
            note(log, "command failed", level=logging.ERROR, reason=reason_of(error))
            return text_reply(catalog_for(self._language).did_not_work)

    def render(self, content: Content, delivery: Delivery) -> list[Message]:
        if isinstance(content, Question) and content.answer is None:
            return []  # a terminal cannot be edited, so only the finished answer is printed
        if not isinstance(content, Text):
            return render(
                content_blocks(content, delivery, self._services.categories, self._store), delivery.view.language
            )
        digest, view, language = content.digest, delivery.view, delivery.view.language
        day = date.fromisoformat(digest.date)
        seen = narrowed(digest, view, load_day_papers(self._store, day, view))
        shown = blocks(seen, self._services.categories, digest)
        others = other_languages(digest, self._store.texts.languages(day))
        if delivery.view.layout == Layout.SCREEN:
            shown = first_screen(shown, catalog_for(language).rest)
        return render([*shown, *([ChoiceBlock(tuple(others))] if others else [])], language)
