"""`paperboy costs`: prints the cost of the model for each day."""

import argparse

from workers.cli.exit_codes import OK
from workers.cli.settings import settings_of
from workers.runtime.clock import system_clock
from workers.store import open_store


def costs(arguments: argparse.Namespace) -> int:
    """Print one line for each day (UTC) and model, newest first, with the prices in the settings of that day."""
    settings = settings_of(arguments)
    with open_store(settings.store.url, system_clock()) as store:
        days = store.model_calls.days()
    for day in days:
        use = day.usage
        print(
            f"{day.day} {day.model}: {use.calls} calls, {use.input_tokens:,} tokens in "
            f"({use.cached_tokens:,} cached), {use.output_tokens:,} out, ${use.cost_usd:.4f}"
        )
    if not days:
        print("no model was asked yet")
    return OK
