"""What a chat is shown: blocks, before any platform's markup."""
