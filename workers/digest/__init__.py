"""The digest of a day, step by step."""
