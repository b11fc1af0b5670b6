"""What calls cost: set aside before each of them, counted after it, within the caps of the day."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from workers.config import ModelSettings
from workers.domain.completions import NO_USE, Caps, Ledger, Meter, Purpose, Usage


@dataclass
class Bill:
    """What one call cost. `usage` is set where something came; without, the call failed, and no cost is known."""

    usage: Usage = NO_USE


@dataclass(frozen=True)
class Account:
    """The account of one model in the ledger."""

    model: str
    settings: ModelSettings
    ledger: Ledger

    @contextmanager
    def call(self, purpose: Purpose, estimate: Usage, meter: Meter) -> Iterator[Bill]:
        """One call, in the body; it is counted however the body ends. Raises BudgetExceeded before it."""
        caps = Caps(self.settings.daily_tokens, self.settings.daily_usd, self.settings.digest_share)
        estimate, bill = self.priced(estimate), Bill()
        self.ledger.reserve(self.model, purpose, estimate, caps)
        try:
            yield bill
        finally:
            bill.usage = self.priced(bill.usage)
            self.ledger.settle(self.model, purpose, estimate, bill.usage)
            meter.add(purpose, bill.usage)

    def priced(self, usage: Usage) -> Usage:
        """With its cost in US dollars; the prices of the settings are per million tokens."""
        price, uncached = self.settings.price, usage.input_tokens - usage.cached_tokens
        cached = price.input if price.cached is None else price.cached
        cost = uncached * price.input + usage.cached_tokens * cached + usage.output_tokens * price.output
        return replace(usage, cost_usd=cost / 1e6)
