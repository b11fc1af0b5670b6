"""JSON schemas for a model's answers, as widely understood as possible."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """Base of the shapes that are asked for; what comes back is read more tolerantly, by other classes."""

    model_config = ConfigDict(extra="forbid")


def schema_of(shape: type[Shape]) -> Mapping[str, Any]:
    """pydantic's schema without titles and references, because some endpoints take neither."""
    schema = shape.model_json_schema()
    return dict(_inlined(schema, schema.pop("$defs", {})))


def _inlined(value: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_inlined(each, definitions) for each in value]
    if not isinstance(value, Mapping):
        return value
    if "$ref" in value:
        return _inlined(definitions[value["$ref"].rpartition("/")[2]], definitions)
    titled = isinstance(value.get("title"), str)
    return {key: _inlined(each, definitions) for key, each in value.items() if not (titled and key == "title")}
