"""Exit codes of the command line."""

OK = 0
FAILED = 1
QUIET = 3
"""The digest of the day has no papers."""
