"""What is wrong with the settings, one line per key, with the cure."""

import difflib
from collections.abc import Iterator, Sequence

from pydantic import ValidationError

_SECRET_KEYS = {"store.url", "queue.url"}
"""Keys whose value is not repeated: it may have a password."""
_VALUE_LIMIT = 60
"""Characters of a wrong value that the line repeats."""


def explain(error: ValidationError, known_keys: Sequence[str]) -> Iterator[str]:
    """The lines for the owner; a misspelled key is compared with `known_keys`."""
    for wrong in error.errors():
        key = ".".join(str(step) for step in wrong["loc"])
        match wrong["type"]:
            case "extra_forbidden":
                near = difflib.get_close_matches(str(wrong["loc"][-1]), known_keys, n=1)
                yield f"{key}: no such setting" + (f"; did you mean {near[0]}?" if near else "")
            case "missing":
                yield f"{key}: is missing"
            case _:
                value = "" if key in _SECRET_KEYS else f", got {_shortened(wrong['input'])}"
                yield f"{key}: {_wanted(wrong['msg'])}{value}"


def _wanted(message: str) -> str:
    return "want " + message.removeprefix("Input should be ").removeprefix("Value error, ")


def _shortened(value: object) -> str:
    text = repr(value).replace("'", '"')
    return text if len(text) <= _VALUE_LIMIT else text[: _VALUE_LIMIT - 3] + "…"
