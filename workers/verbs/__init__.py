"""What the work verbs of `paperboy` do, a module each, so that no process loads what it does not use."""

import sys

OK, FAILED, QUIET = 0, 1, 3
"""Exit codes."""


def progress(step: str, figures: str) -> None:
    """Progress is for somebody who watches: a script gets the result, or one line of what failed."""
    if sys.stderr.isatty():
        print(f"{step}: {figures}", file=sys.stderr)
