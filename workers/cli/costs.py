"""`paperboy costs`: what the model cost, day by day."""

import argparse

from workers.cli.exit_codes import OK
from workers.cli.settings import settings_of
from workers.runtime.clock import system_clock
from workers.store import open_store


def costs(arguments: argparse.Namespace) -> int:
    """One line a day (UTC) and model, newest first; the prices are those of the settings at the time."""
    settings = settings_of(arguments)
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
