"""What the work verbs of `paperboy` do, a module each, so that no process loads what it does not use."""

OK, FAILED, QUIET = 0, 1, 3
"""Exit codes."""
