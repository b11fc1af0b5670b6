"""The diary: one line an event, `event key=value …`, on stderr; never a secret, never a URL's query."""

import logging
import re
import sys
from typing import TextIO
from urllib.parse import urlsplit

_QUOTED = re.compile(r'[\s"=]')
_NOISY = ("httpx", "httpcore", "alembic", "rq", "matplotlib", "pylatexenc")
"""httpx logs whole request URLs at INFO, and a bot's URL holds its token."""


def set_up(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send the diary to `stream` (default stderr). Called once by a command, never on import."""
    logging.basicConfig(
        level=level, stream=stream or sys.stderr, format="%(asctime)s %(levelname)s %(message)s", force=True
    )
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.ERROR if name == "pylatexenc" else logging.WARNING)


def note(logger: logging.Logger, event: str, *, level: int = logging.INFO, **fields: object) -> None:
    """Write `event` with its fields, in the order given."""
    if logger.isEnabledFor(level):
        logger.log(level, "%s", " ".join([event, *(f"{key}={_value(value)}" for key, value in fields.items())]))


def host_of(url: str) -> str:
    """What of a URL may be written down: scheme, host, port and path, without user, password or query."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


def _value(value: object) -> str:
    text = str(value)
    return '"' + text.replace('"', "'").replace("\n", " ") + '"' if _QUOTED.search(text) or not text else text
