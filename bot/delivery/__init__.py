"""Sends deliveries from the store to chats, in the same way on all platforms."""
