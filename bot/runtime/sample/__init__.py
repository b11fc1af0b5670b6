"""The bundled sample day: the answers of two sources with twelve entries, in the formats that the sources use."""

from datetime import UTC, date, datetime

DAY = date(2024, 10, 6)
MORNING = datetime(2024, 10, 6, 6, tzinfo=UTC)
"""The time that the demo's processes see; nothing else of the calendar is due then."""
