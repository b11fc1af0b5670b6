"""Progress lines for a terminal."""

import sys


def progress(step: str, figures: str) -> None:
    """Print a step to standard error if that is a terminal, so that scripts see only the result or the error."""
    if sys.stderr.isatty():
        print(f"{step}: {figures}", file=sys.stderr)
