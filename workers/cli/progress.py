"""Progress lines for somebody who watches a terminal."""

import sys


def progress(step: str, figures: str) -> None:
    """Print a step to standard error, if that is a terminal: a script gets the result, or one line of what failed."""
    if sys.stderr.isatty():
        print(f"{step}: {figures}", file=sys.stderr)
