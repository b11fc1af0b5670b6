"""The fixed texts that every language of digests and answers must have."""

from collections.abc import Mapping
from dataclasses import dataclass

from workers.domain.units import UnitKind


@dataclass(frozen=True, slots=True)
class DigestCatalog:
    """The texts of one language.

    A template takes the same fields in every language. Korean templates are written so that no particle follows a
    field, because a particle depends on the last letter before it.
    """

    date: str
    """A written-out date: {day} and {year} are numbers, {month} is a name of `months`."""
    months: tuple[str, ...]
    """Names from January to December."""
    title: str
    parts: tuple[str, str, str, str, str]
    """Headings in the order of SYNTHESIS_FIELDS."""
    summary: str
    sources: str
    highlights: str
    one_each: str
    """Heading of the categories that have one paper each."""
    excerpts: str
    """Marks a section made of the abstracts' own sentences."""
    excerpt_note: str
    chart_title: str
    chart_trend: str
    footer: str
    not_chosen: str
    reasons: Mapping[str, str]
    """Reason in `Digest.skipped` → its name."""
    theme: str
    keyed_line: str
    """A paper's line: its key phrases and the quoted sentence. A language may leave the phrases out."""
    quote: str
    quiet: str
    """Said of a day without papers."""
    quiet_source: str
    partial_source: str
    late_source: str
    failed_source: str
    merged_one: str
    merged_many: str
    places: tuple[str, ...]
    """How many places a paper was found in, in words, by their number; the first one is unused."""
    places_many: str
    """The same for more places than `places` has."""
    tally: str
    votes: str
    partly: str
    """Said where the model wrote some categories and others are excerpts."""
    which_paper: str
    no_paper: str
    answer_failed: str
    budget_spent: str
    not_said: str
    """Said above the closest passages where the paper does not answer the question."""
    closest: str
    """Said above passages that answer the question without a model."""
    was_read: Mapping[str, str]
    """What a paper's text was taken from ("html", "pdf", "abstract") → a sentence that says so."""
    alert_failed: str
    alert_sources: str
    alert_given_up: str
    """A unit of work that was given up: its name, why it failed."""
    alert_waits: str
    alert_model: str
    """With {name} and {reason}."""
    """A unit of work that has to wait."""
    units: Mapping[UnitKind, str]
    """Names of the kinds of units."""
