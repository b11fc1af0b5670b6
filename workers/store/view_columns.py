"""A chat's view as columns, the same on subscriptions and deliveries."""

from typing import Any

from sqlalchemy import Row

from workers.domain.deliveries import View


def columns(view: View) -> dict[str, Any]:
    chosen = {"categories": list(view.categories), "wanted": list(view.wanted), "unwanted": list(view.unwanted)}
    return {
        "language": view.language,
        "layout": view.layout,
        "place": view.place,
        "filter": {**chosen, "most": view.most},
    }


def of_row(row: Row[Any]) -> View:
    chosen = row.filter
    return View(
        row.language,
        row.layout,
        tuple(chosen.get("categories", ())),
        tuple(chosen.get("wanted", ())),
        tuple(chosen.get("unwanted", ())),
        chosen.get("most"),
        row.place,
    )
