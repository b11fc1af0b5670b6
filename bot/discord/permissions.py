"""What Discord's channels are and what the bot may do there."""

import discord

from workers.domain.errors import ChatNotWritable

_THREAD_EXISTS = 160004
_NEEDED = ("view_channel", "send_messages", "embed_links", "attach_files", "read_message_history")
_IN_THREADS = ("create_public_threads", "send_messages_in_threads")


class Channels:
    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._private: dict[str, int] = {}
        self._opened: set[int] = set()

    async def number(self, chat: str) -> int:
        """The channel's id; for `@PERSON` the private channel with that person is opened."""
        if not chat.startswith("@"):
            return int(chat)
        if chat not in self._private:
            user = self._client.get_user(int(chat[1:])) or await self._client.fetch_user(int(chat[1:]))
            self._private[chat] = (await user.create_dm()).id
        return self._private[chat]

    def same_server(self, channel: int, other: int) -> bool:
        """Whether two channels are known to be in one server."""
        first, second = (getattr(self._client.get_channel(number), "guild", None) for number in (channel, other))
        return first is not None and first == second

    def forum(self, channel: int) -> discord.ForumChannel | None:
        known = self._client.get_channel(channel)
        return known if isinstance(known, discord.ForumChannel) else None

    def is_announcement(self, channel: int) -> bool:
        known = self._client.get_channel(channel)
        return isinstance(known, discord.TextChannel) and known.is_news()

    def may_post(self, channel: int, inside: bool) -> None:
        """Raises ChatNotWritable with the missing permissions: Discord counts each refusal towards a ban."""
        missing = self.missing(channel, inside)
        if missing:
            raise ChatNotWritable(f"missing permissions: {', '.join(missing)}")

    def missing(self, channel: int, inside: bool) -> list[str]:
        """The permissions that posting needs and the bot lacks, by Discord's names; empty for an unknown channel."""
        known = self._client.get_channel(channel)
        if known is None or isinstance(known, discord.abc.PrivateChannel) or known.guild.me is None:
            return []
        have = known.permissions_for(known.guild.me)
        if isinstance(known, discord.ForumChannel):
            needed = ["view_channel", "send_messages", "embed_links", "attach_files", "send_messages_in_threads"]
        elif isinstance(known, discord.Thread):
            needed = ["view_channel", "send_messages_in_threads", "embed_links", "attach_files", "read_message_history"]
        else:
            needed = [*_NEEDED, *(_IN_THREADS if inside else ())]
        return [name.replace("_", " ").title() for name in needed if not getattr(have, name)]

    def is_open(self, channel: int, number: int) -> bool:
        """Whether the thread under the message is known to exist; in a forum it always does."""
        return number in self._opened or self.forum(channel) is not None

    async def open_thread(self, channel: int, number: int, name: str) -> None:
        """Open the thread under a message, if it is not there already; the thread has the message's id."""
        known = self._client.get_channel(channel) or await self._client.fetch_channel(channel)
        if not isinstance(known, discord.TextChannel):
            raise ChatNotWritable("there can be no thread here")
        try:
            await known.get_partial_message(number).create_thread(name=name)
        except discord.HTTPException as error:
            if error.code != _THREAD_EXISTS:
                raise
        self._opened.add(number)
