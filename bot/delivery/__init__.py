"""From deliveries in the store to messages in chats, once for all platforms."""
