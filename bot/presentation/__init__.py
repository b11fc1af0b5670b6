"""Which blocks a chat sees and what is in them, before any platform's markup."""
