"""A chat's view as columns: the same columns in the tables `subscription` and `delivery`."""

from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row

from workers.domain.deliveries import View

_OWN_COLUMNS = ("language", "layout", "place")
"""Fields of `View` with a column of their own; every other field is a key of the JSON column `filter`."""
_READER = TypeAdapter(View)


def columns(view: View) -> dict[str, Any]:
    """Column → value."""
    values = asdict(view)
    own = {name: values.pop(name) for name in _OWN_COLUMNS}
    return {**own, "filter": values}


def of_row(row: Row[Any], view_type: type[View] = View) -> View:
    """The view that `row` has.

    A field that `filter` lacks, because the row is older than the field, gets the default of the dataclass; keys that
    are not fields are ignored. Raises ValueError if a value does not fit its field.
    """
    own = {name: getattr(row, name) for name in _OWN_COLUMNS}
    reader = _READER if view_type is View else TypeAdapter(view_type)
    return reader.validate_python({**row.filter, **own})
