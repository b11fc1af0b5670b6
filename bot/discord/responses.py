"""Answers interactions, also when an earlier try or process has begun to answer, or when it is too late for Discord.

Discord takes the first response within three seconds, and the rest with the interaction's token within 15 minutes.
After that the answer is an ordinary message: to the person if only they may see it, else to the channel.
"""

import logging
from collections.abc import Sequence

import discord

from bot.delivery.ports import Sender
from bot.discord.charts import PLATFORM
from bot.discord.components import Interaction, LineForm, layout
from bot.discord.renderer import RenderOptions, cards_of, render
from workers.domain.blocks import Block
from workers.domain.chats import ChatRef, direct_chat
from workers.domain.deliveries import Message
from workers.domain.errors import SendError, SendRetryable, SendUnknown
from workers.domain.models import Category
from workers.runtime.logs import note

log = logging.getLogger(__name__)

_ANSWERED = 40060
"""Error code: the interaction has its first response already
(discord.com/developers/docs/topics/opcodes-and-status-codes#json)."""
_TOO_LATE = frozenset({10008, 10015, 10062, 50027})
"""Error codes: unknown message, webhook or interaction, an invalid token; Discord gives one of them after three seconds
without a first response, and after 15 minutes (same page)."""
_NOBODY = discord.AllowedMentions.none()


class Responses:
    """All methods may be called again for the same interaction, by this process or the next one."""

    def __init__(self, sender: Sender, categories: Sequence[Category]) -> None:
        self._sender, self._categories = sender, categories

    async def defer(self, interaction: Interaction, private: bool) -> None:
        """Say that the answer will come; a `private` one is seen only by the person who asked."""
        try:
            await interaction.response.defer(ephemeral=private, thinking=True)
        except discord.HTTPException as error:
            if error.code not in {_ANSWERED, *_TOO_LATE}:
                raise

    async def show(self, interaction: Interaction, blocks: Sequence[Block], language: str, private: bool) -> None:
        """Show the answer of a deferred interaction; without blocks, take back that it would come."""
        messages = self._rendered(blocks, language)
        try:
            if not messages:
                await interaction.delete_original_response()
            for n, message in enumerate(messages):
                view = layout(cards_of(message))
                if n == 0:
                    await interaction.edit_original_response(view=view, allowed_mentions=_NOBODY)
                else:
                    await interaction.followup.send(view=view, ephemeral=private, allowed_mentions=_NOBODY)
        except discord.HTTPException as error:
            if error.code not in _TOO_LATE:
                raise
            await self._as_messages(interaction, messages, private)

    async def replace(self, interaction: Interaction, blocks: Sequence[Block], language: str) -> None:
        """Show the answer in place of the message whose button was pressed."""
        messages = self._rendered(blocks, language)[:1]
        for message in messages:
            view = layout(cards_of(message))
            try:
                await interaction.response.edit_message(view=view)
            except discord.HTTPException as error:
                if error.code == _ANSWERED:
                    await interaction.edit_original_response(view=view, allowed_mentions=_NOBODY)
                elif error.code in _TOO_LATE:
                    await self._as_messages(interaction, messages, private=True)
                else:
                    raise

    async def echo(self, interaction: Interaction, text: str) -> None:
        """Show everybody what a person asked, as the first response."""
        try:
            await interaction.response.send_message(text, allowed_mentions=_NOBODY)
        except discord.HTTPException as error:
            if error.code not in {_ANSWERED, *_TOO_LATE}:
                raise

    async def add(self, interaction: Interaction, blocks: Sequence[Block], language: str) -> None:
        """Show something that only the person may see, after the first response."""
        messages = self._rendered(blocks, language)
        try:
            for message in messages:
                view = layout(cards_of(message))
                await interaction.followup.send(view=view, ephemeral=True, allowed_mentions=_NOBODY)
        except discord.HTTPException as error:
            if error.code not in _TOO_LATE:
                raise
            await self._as_messages(interaction, messages, private=True)

    async def form(self, interaction: Interaction, form: LineForm) -> None:
        """Open a form. If it is too late for that, Discord has told the person that it failed."""
        form.stop()
        try:
            await interaction.response.send_modal(form)
        except discord.HTTPException as error:
            if error.code not in {_ANSWERED, *_TOO_LATE}:
                raise

    def _rendered(self, blocks: Sequence[Block], language: str) -> list[Message]:
        return render(blocks, RenderOptions(language, self._categories))

    async def _as_messages(self, interaction: Interaction, messages: Sequence[Message], private: bool) -> None:
        note(log, "answered by message", interaction=interaction.id)
        person = direct_chat(PLATFORM, str(interaction.user.id))
        chat = person if private else ChatRef(PLATFORM, str(interaction.channel_id))
        await self.send(chat, messages, str(interaction.id))

    async def send(self, chat: ChatRef, messages: Sequence[Message], key: str) -> None:
        """Send messages to a chat; `key` is equal at every try. Raises SendRetryable and SendUnknown.

        A chat that takes no message gets none: the person cannot be told there either.
        """
        for n, message in enumerate(messages):
            try:
                async with self._sender.turn(chat.chat, urgent=True):
                    await self._sender.send(chat, message, f"{key}{n}")
            except (SendRetryable, SendUnknown):
                raise
            except SendError as error:
                note(log, "answer not sent", level=logging.WARNING, chat=chat, error=error)
                return

    async def say(self, chat: ChatRef, blocks: Sequence[Block], language: str, key: str) -> None:
        """Answer a message: see `send`."""
        await self.send(chat, self._rendered(blocks, language), key)
