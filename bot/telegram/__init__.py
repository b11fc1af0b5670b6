"""The Telegram frontend."""
