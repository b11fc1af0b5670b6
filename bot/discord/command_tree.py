"""The tree of slash commands: registers them at Discord, and runs one to its end."""

import logging

import discord
from discord import app_commands

from bot.commands.command_list import register_if_changed
from bot.discord.charts import PLATFORM
from bot.discord.components import Interaction
from workers.runtime.logs import note
from workers.store import Store

log = logging.getLogger(__name__)


class CommandTree(app_commands.CommandTree[discord.Client]):
    async def run(self, interaction: Interaction) -> None:
        """Run the command of an interaction. Raises whatever the command raises."""
        await self._call(interaction)

    async def on_error(
        self, interaction: discord.Interaction[discord.Client], error: app_commands.AppCommandError, /
    ) -> None:
        del interaction
        raise error.original if isinstance(error, app_commands.CommandInvokeError) else error

    async def register(self, store: Store) -> None:
        """Register the commands for this application if they have changed: Discord allows 200 new ones a day."""
        translator = _Translator()
        await self.set_translator(translator)
        wire = [await command.get_translated_payload(self, translator) for command in self.get_commands()]
        if await register_if_changed(store, PLATFORM, wire, self.sync, str(self.client.application_id)):
            note(log, "commands synced")


class _Translator(app_commands.Translator):
    """Gives Discord the Korean text that a name or description carries beside the English one."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        del context
        korean = string.extras.get("ko")
        return str(korean) if locale is discord.Locale.korean and korean else None
