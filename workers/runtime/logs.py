"""The log: one line per event, `event key=value …`, on stderr, without secrets and URL queries."""

import logging
import re
import sys
from typing import TextIO
from urllib.parse import urlsplit

_QUOTED = re.compile(r'[\s"=]')
_NOISY = ("httpx", "httpcore", "alembic", "rq", "matplotlib", "pylatexenc")
"""Libraries whose INFO lines are not logged; httpx would log request URLs, and a bot's URL contains its token."""


def set_up(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Write the log to `stream` (default: stderr). A command calls this once; no import does."""
    logging.basicConfig(
        level=level, stream=stream or sys.stderr, format="%(asctime)s %(levelname)s %(message)s", force=True
    )
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.ERROR if name == "pylatexenc" else logging.WARNING)


def note(logger: logging.Logger, event: str, *, level: int = logging.INFO, **fields: object) -> None:
    """Log `event` with its fields, in the order given.

    A value with white space, `"` or `=` is quoted. What cannot be printed becomes a space, so that no foreign text
    begins a line or moves the cursor of a terminal.
    """
    if logger.isEnabledFor(level):
        logger.log(level, "%s", " ".join([event, *(f"{key}={_value(value)}" for key, value in fields.items())]))


def loggable_url(url: str) -> str:
    """`url` without its secrets: scheme, host, port and path; no user, password or query."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


def _value(value: object) -> str:
    text = "".join(character if character.isprintable() else " " for character in str(value))
    return '"' + text.replace('"', "'") + '"' if _QUOTED.search(text) or not text else text
