"""Which of the messages that the bot sees are addressed to it."""

import discord

from bot.commands.context import spaced
from bot.commands.intent import is_question, is_small_talk


def text_for_us(message: discord.Message, us: discord.ClientUser | None) -> str | None:
    """The text of a message that is addressed to the bot, without its mention; None for every other message.

    Addressed are private messages, mentions and replies to the bot, and questions in a thread that the bot opened. A
    mention of the bot's own role, which Discord offers under the same name, counts as a mention; other roles, @everyone
    and @here do not. In an announcement channel only commands are answered, because the answer is seen by everybody.
    Small talk, such as thanks, is not answered anywhere; a mention alone asks for help.
    """
    if us is None or message.author.bot or message.is_system():
        return None
    role = message.guild.self_role if message.guild else None
    text = message.content.replace(us.mention, " ").replace(f"<@!{us.id}>", " ")
    text = spaced(text.replace(role.mention, " ") if role else text)
    replied_to = message.reference.resolved if message.reference else None
    replies_to_us = isinstance(replied_to, discord.Message) and replied_to.author.id == us.id
    mentions_us = any(user.id == us.id for user in message.mentions)
    mentions_us = mentions_us or (role is not None and any(each.id == role.id for each in message.role_mentions))
    if message.guild is None:
        return text if text and not is_small_talk(text) else None
    if isinstance(message.channel, discord.TextChannel) and message.channel.is_news():
        return text if text.startswith("/") and (mentions_us or replies_to_us) else None
    if mentions_us and not text:
        return "/help"
    if mentions_us or replies_to_us:
        return text if text and not is_small_talk(text) else None
    in_our_thread = isinstance(message.channel, discord.Thread) and message.channel.owner_id == us.id
    return text if in_our_thread and is_question(text) else None
