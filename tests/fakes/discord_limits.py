"""Discord's limits of one message's components, most of which neither its description nor discord.py checks.

Source: discord.com/developers/docs/components/reference.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

TEXT, ROW, BUTTON, SELECT, GALLERY, CONTAINER = 10, 1, 2, 3, 12, 17


def violations(components: list[dict[str, Any]]) -> list[str]:
    """Returns what Discord would refuse; empty for a message that it takes."""
    everything = list(_walk(components))
    texts = [each["content"] for each in everything if each["type"] == TEXT]
    names = Counter(each["custom_id"] for each in everything if "custom_id" in each)
    found = [f"{len(everything)} components"] if not 0 < len(everything) <= 40 else []
    if sum(map(len, texts)) > 4000:
        found.append(f"{sum(map(len, texts))} characters")
    found += ["an empty text" for text in texts if not text.strip()]
    found += [f"custom id twice: {name}" for name, count in names.items() if count > 1]
    return found + [violation for each in everything for violation in _alone(each)]


def _walk(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in components:
        yield each
        yield from _walk(each.get("components") or [])


def _alone(each: dict[str, Any]) -> Iterator[str]:
    kind, children = each["type"], each.get("components") or []
    if "custom_id" in each and not 0 < len(each["custom_id"]) <= 100:
        yield f"custom id of {len(each['custom_id'])} characters"
    if kind == BUTTON and not 0 < len(each.get("label") or "") <= 80:
        yield f"button label of {len(each.get('label') or '')} characters"
    if kind == CONTAINER and not children:
        yield "an empty container"
    if kind == ROW and not (
        1 <= len(children) <= 5 and (len(children) == 1 or all(c["type"] == BUTTON for c in children))
    ):
        yield "a row of more than five buttons or one menu"
    if kind == GALLERY and not 0 < len(each["items"]) <= 10:
        yield "a gallery without pictures or with too many"
    if kind == SELECT:
        yield from _options(each["options"])


def _options(options: list[dict[str, Any]]) -> Iterator[str]:
    if not 0 < len(options) <= 25:
        yield f"{len(options)} options"
    if len({option["value"] for option in options}) < len(options):
        yield "two options of one value"
    for option in options:
        if not (0 < len(option["label"]) <= 100 and 0 < len(option["value"]) <= 100):
            yield f"an option of {len(option['label'])} and {len(option['value'])} characters"
