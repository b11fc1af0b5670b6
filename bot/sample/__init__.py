"""The bundled sample day: twelve lines of two sources, in the shapes the sources really use."""

from datetime import date

DAY = date(2024, 10, 6)
