"""The bundled sample day: twelve lines of two sources, in the shapes the sources really use."""

from datetime import UTC, date, datetime

DAY = date(2024, 10, 6)
MORNING = datetime(2024, 10, 6, 6, tzinfo=UTC)
"""When the demo takes place: nothing else of the calendar is due then."""
