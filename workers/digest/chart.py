"""Draw how many papers each category has, as a picture that is readable on a phone."""

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib.metadata import files as distribution_files
from pathlib import Path
from typing import TYPE_CHECKING

from workers.domain.models import Category, Edition, Language
from workers.i18n import digest_catalog_for
from workers.i18n.lines import long_date

if TYPE_CHECKING:  # matplotlib takes half a second to import and is imported only to draw
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

MOST_BARS = 10
"""Bars, at most; further categories are summed."""
TREND_DAYS = 14
"""Days on the trend line."""
TREND_LEAST_DAYS = 5
"""Known days below which the trend line is left out."""
_INK = "#222222"
_FAINT = "#767676"
_FONTS = ("NanumGothic.ttf", "NanumGothicBold.ttf")
_WIDTH_IN = 6.4
_DPI = 200
_BAR_IN = 0.42
"""Height of a bar with its gap, in inches."""
_HEAD_IN = 1.05
"""Height of the title and the date, in inches."""
_TREND_IN = 1.05
"""Height of the trend line, in inches."""


@dataclass(frozen=True, slots=True)
class _Bar:
    category: Category
    count: int


def draw(edition: Edition, categories: Sequence[Category], language: Language) -> bytes:
    """The edition's chart as PNG, 1280 pixels wide; the same edition always gives the same picture.

    One bar for each category, the largest at the top; beyond MOST_BARS the rest are summed under the last category's
    name. Below the bars a line shows the new papers of each of the last TREND_DAYS days.
    """
    from matplotlib.figure import Figure

    bars = _bars(edition, categories)
    trend = _trend(edition.day, edition.new_by_day)
    height = _HEAD_IN + _BAR_IN * len(bars) + (_TREND_IN if trend else 0.1)
    figure = Figure(figsize=(_WIDTH_IN, height), dpi=_DPI, facecolor="white")
    with _fonts():
        catalog = digest_catalog_for(language)
        title = catalog.chart_title.format(
            listed=f"{len(edition.ranked):,}", new=f"{edition.new_by_day.get(edition.day, 0):,}"
        )
        top = 1 - 0.36 / height
        figure.text(0.03, top, title, fontproperties=_bold(), size=15, color=_INK, va="center")
        figure.text(0.03, top - 0.3 / height, long_date(edition.day, language), size=11.5, color=_FAINT, va="center")
        bottom = (_TREND_IN if trend else 0.1) / height
        _draw_bars(figure.add_axes((0.37, bottom, 0.55, 1 - bottom - (_HEAD_IN - 0.1) / height)), bars, language)
        if trend:
            _draw_trend(figure, trend, height, catalog.chart_trend)
        png = io.BytesIO()
        figure.savefig(png, format="png", metadata={"Software": "Paperboy"})
    return png.getvalue()


def _bars(edition: Edition, categories: Sequence[Category]) -> list[_Bar]:
    """The categories with their listed papers, largest first; equal ones in the closed list's order.

    A label that is no longer in the list counts under the last category.
    """
    known = {category.name for category in categories}
    counts = Counter(item.label if item.label in known else categories[-1].name for item in edition.ranked)
    ranked = sorted(
        (_Bar(category, counts[category.name]) for category in categories if counts[category.name]),
        key=lambda bar: -bar.count,
    )
    if len(ranked) <= MOST_BARS:
        return ranked
    kept = [bar for bar in ranked if bar.category is not categories[-1]][: MOST_BARS - 1]
    return [*kept, _Bar(categories[-1], sum(counts.values()) - sum(bar.count for bar in kept))]


def _draw_bars(axes: "Axes", bars: Sequence[_Bar], language: Language) -> None:
    places = range(len(bars))
    counts = [bar.count for bar in bars]
    axes.barh(places, counts, color=[bar.category.colour for bar in bars], height=0.72)
    axes.set_yticks(places, [bar.category.named(language) for bar in bars], size=12, color=_INK)
    axes.set_xlim(0, max(counts) * 1.12)
    axes.set_ylim(len(bars) - 0.5, -0.5)
    axes.tick_params(length=0)
    axes.set_xticks([])
    axes.spines[:].set_visible(False)
    for place, count in zip(places, counts, strict=True):
        axes.annotate(f"{count}", (count, place), (4, 0), textcoords="offset points", va="center", size=12, color=_INK)


def _trend(day: date, new_by_day: Mapping[date, int]) -> dict[date, int | None]:
    """New papers of each of the last TREND_DAYS days, oldest first; None for a day without an edition or new papers.

    Empty where fewer than TREND_LEAST_DAYS days are known.
    """
    days = [day - timedelta(days=back) for back in range(TREND_DAYS - 1, -1, -1)]
    trend = {each: new_by_day.get(each) or None for each in days}
    return trend if sum(count is not None for count in trend.values()) >= TREND_LEAST_DAYS else {}


def _draw_trend(figure: "Figure", trend: Mapping[date, int | None], height: float, label: str) -> None:
    days, counts = list(trend), [float("nan") if count is None else float(count) for count in trend.values()]
    known = [count for count in counts if count == count]
    axes = figure.add_axes((0.37, 0.3 / height, 0.55, 0.5 / height))
    axes.plot(range(len(counts)), counts, color=_INK, linewidth=1.4, marker="o", markersize=3)
    axes.set_xlim(-0.5, len(counts) - 0.5)
    axes.set_ylim(0, max(known) * 1.15)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(_FAINT)
    axes.set_yticks([])
    ends = [0, len(days) - 1]
    axes.set_xticks(ends, [f"{days[end].month}/{days[end].day}" for end in ends], size=9, color=_FAINT)
    axes.annotate(
        f"{known[-1]:,.0f}", (len(counts) - 1, known[-1]), (0, 5), textcoords="offset points", ha="center", size=9
    )
    figure.text(0.355, 0.55 / height, label, size=10, color=_FAINT, ha="right", va="center")


def _fonts() -> AbstractContextManager[None]:
    """Draw with the bundled Korean font, and with DejaVu for the few signs that it lacks (the minus sign)."""
    import matplotlib as mpl
    from matplotlib import font_manager

    for file in font_files():
        font_manager.fontManager.addfont(str(file))
    return mpl.rc_context({"font.family": ["NanumGothic", "DejaVu Sans"], "axes.unicode_minus": False})


def _bold() -> "FontProperties":
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=str(font_files()[-1]))


@lru_cache(maxsize=1)
def font_files() -> tuple[Path, ...]:
    """Paths of the installed fonts, the regular one first; empty where they are missing.

    They are looked up as files, because the package that has them cannot be imported on Python 3.12 and later.
    """
    found = {
        Path(str(file.locate())) for file in distribution_files("koreanize-matplotlib") or [] if file.name in _FONTS
    }
    return tuple(sorted(found))
