"""The terminal as a frontend."""
