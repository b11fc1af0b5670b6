"""A chat's view as columns, the same on subscriptions and deliveries."""

from typing import Any

from sqlalchemy import Row

from workers.domain.deliveries import Layout, Place, View


def columns(view: View) -> dict[str, Any]:
    chosen = {"categories": list(view.categories), "include": list(view.include), "exclude": list(view.exclude)}
    return {
        "language": view.language,
        "layout": view.layout,
        "place": view.place,
        "filter": {**chosen, "limit": view.limit},
    }


def of_row(row: Row[Any]) -> View:
    chosen = row.filter
    return View(
        row.language,
        Layout(row.layout),
        tuple(chosen.get("categories", ())),
        tuple(chosen.get("include", ())),
        tuple(chosen.get("exclude", ())),
        chosen.get("limit"),
        Place(row.place),
    )
