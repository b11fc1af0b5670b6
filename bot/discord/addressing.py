"""Which of the messages that the bot sees are addressed to it."""

import discord

from bot.commands.intent import is_question, is_small_talk


def text_for_us(message: discord.Message, us: discord.ClientUser | None) -> str | None:
    """The text of a message that is addressed to the bot, without its mention; None for every other message.

    Addressed are private messages, mentions and replies to the bot, and questions in a thread that the bot opened.
    Small talk, such as thanks, is not answered anywhere.
    """
    if us is None or message.author.bot or not message.content:
        return None
    text = " ".join(message.content.replace(us.mention, " ").replace(f"<@!{us.id}>", " ").split())
    replied_to = message.reference.resolved if message.reference else None
    replies_to_us = isinstance(replied_to, discord.Message) and replied_to.author.id == us.id
    mentions_us = any(user.id == us.id for user in message.mentions)
    in_our_thread = isinstance(message.channel, discord.Thread) and message.channel.owner_id == us.id
    if in_our_thread and not (replies_to_us or mentions_us):
        return text if is_question(text) else None
    if not (message.guild is None or mentions_us or replies_to_us):
        return None
    return None if not text or is_small_talk(text) else text.lstrip("/")
