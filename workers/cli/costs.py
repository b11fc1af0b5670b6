"""`paperboy costs`: prints the cost of the models for each day, and what for."""

import argparse
from collections.abc import Iterator, Sequence
from itertools import groupby

from workers.cli.exit_codes import OK
from workers.cli.settings import settings_of
from workers.domain.completions import Usage
from workers.runtime.clock import system_clock
from workers.store import open_store
from workers.store.model_uses import DayOfUse


def costs(arguments: argparse.Namespace) -> int:
    """Print lines for each day (UTC) and model, newest first, with the prices in the settings of that day."""
    settings = settings_of(arguments)
    with open_store(settings.store.url, system_clock()) as store:
        uses, failures = store.model_calls.uses(), store.failures.newest_of_models(1)
    for line in lines(uses):
        print(line)
    if not uses:
        print("no model was asked yet")
    for failure in failures:
        print(f"last failure: {failure.unit.about} at {failure.last_at:%Y-%m-%d %H:%M} UTC: {failure.reason}")
    return OK


def lines(uses: Sequence[DayOfUse]) -> Iterator[str]:
    """One line for each day and model with the sum, then one for each purpose."""
    for (day, model), of_model in groupby(uses, lambda use: (use.day, use.model)):
        purposes = list(of_model)
        failed = sum(use.failed for use in purposes)
        yield f"{day} {model}: {_shown(sum((use.usage for use in purposes), Usage()), failed)}"
        yield from (f"    {use.purpose}: {_shown(use.usage, use.failed)}" for use in purposes)


def _shown(use: Usage, failed: int) -> str:
    return (
        f"{use.calls} calls{f' and {failed} that failed' if failed else ''}, {use.input_tokens:,} tokens in "
        f"({use.cached_tokens:,} cached), {use.output_tokens:,} out, ${use.cost_usd:.4f}"
    )
