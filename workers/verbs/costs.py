"""`paperboy costs`: what the model cost, day by day."""

import argparse

from workers import config
from workers.store import open_store
from workers.system import system_clock
from workers.verbs import OK


def costs(arguments: argparse.Namespace) -> int:
    """One line a day (UTC) and model, newest first; the prices are those of the settings at the time."""
    settings = config.load(arguments.config)
    with open_store(settings.store.url, system_clock()) as store:
        days = store.model_calls.days()
    for each in days:
        use = each.usage
        print(
            f"{each.day} {each.model}: {use.calls} calls, {use.input_tokens:,} tokens in "
            f"({use.cached_tokens:,} cached), {use.output_tokens:,} out, ${use.cost_usd:.4f}"
        )
    if not days:
        print("no model was asked yet")
    return OK
