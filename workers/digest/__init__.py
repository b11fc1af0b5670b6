"""The digest of a day, one module for each step."""
