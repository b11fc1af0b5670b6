"""Step 8: draw how the day divides into categories, readable on a phone."""

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, timedelta
from functools import lru_cache
from importlib.metadata import files as distribution_files
from pathlib import Path
from typing import TYPE_CHECKING

from workers.domain.models import Category, Edition, Language
from workers.i18n import digest_catalog_for
from workers.i18n.lines import long_date

if TYPE_CHECKING:  # matplotlib takes half a second to import, and only a chart needs it
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

MOST_BARS = 10
TREND_DAYS = 14
TREND_LEAST_DAYS = 5
_INK, _FAINT = "#222222", "#767676"
_FONTS = ("NanumGothic.ttf", "NanumGothicBold.ttf")
_WIDTH_IN, _DPI = 6.4, 200
_BAR_IN, _HEAD_IN, _TREND_IN = 0.42, 1.05, 1.05


def draw(edition: Edition, categories: Sequence[Category], language: Language) -> bytes:
    """The edition's chart as PNG, 1280 pixels wide; the same edition always gives the same picture.

    Bars from the largest category down, at most MOST_BARS, the rest summed under the last category's name; below them
    a line of new papers a day over TREND_DAYS, left out where fewer than TREND_LEAST_DAYS days are known.
    """
    from matplotlib.figure import Figure

    bars = _bars(edition, categories)
    trend = _trend(edition.day, edition.new_by_day)
    height = _HEAD_IN + _BAR_IN * len(bars) + (_TREND_IN if trend else 0.1)
    figure = Figure(figsize=(_WIDTH_IN, height), dpi=_DPI, facecolor="white")
    with _fonts():
        words = digest_catalog_for(language)
        title = words.chart_title.format(
            listed=f"{len(edition.placed):,}", new=f"{edition.new_by_day.get(edition.day, 0):,}"
        )
        top = 1 - 0.36 / height
        figure.text(0.03, top, title, fontproperties=_bold(), size=15, color=_INK, va="center")
        figure.text(0.03, top - 0.3 / height, long_date(edition.day, language), size=11.5, color=_FAINT, va="center")
        bottom = (_TREND_IN if trend else 0.1) / height
        _draw_bars(figure.add_axes((0.37, bottom, 0.55, 1 - bottom - (_HEAD_IN - 0.1) / height)), bars, language)
        if trend:
            _draw_trend(figure, trend, height, words.chart_trend)
        png = io.BytesIO()
        figure.savefig(png, format="png", metadata={"Software": "Paperboy"})
    return png.getvalue()


def _bars(edition: Edition, categories: Sequence[Category]) -> list[tuple[Category, int]]:
    """(category, listed papers), largest first, in the closed list's order where equal.

    A label that the list no longer has counts under its last category.
    """
    known = {category.name for category in categories}
    counts = Counter(item.label if item.label in known else categories[-1].name for item in edition.placed)
    ranked = sorted(
        ((category, counts[category.name]) for category in categories if counts[category.name]),
        key=lambda pair: -pair[1],
    )
    if len(ranked) <= MOST_BARS:
        return ranked
    kept = [pair for pair in ranked if pair[0] is not categories[-1]][: MOST_BARS - 1]
    return [*kept, (categories[-1], sum(counts.values()) - sum(count for _, count in kept))]


def _draw_bars(axes: "Axes", bars: Sequence[tuple[Category, int]], language: Language) -> None:
    places = range(len(bars))
    counts = [count for _, count in bars]
    axes.barh(places, counts, color=[category.colour for category, _ in bars], height=0.72)
    axes.set_yticks(places, [category.named(language) for category, _ in bars], size=12, color=_INK)
    axes.set_xlim(0, max(counts) * 1.12)
    axes.set_ylim(len(bars) - 0.5, -0.5)
    axes.tick_params(length=0)
    axes.set_xticks([])
    axes.spines[:].set_visible(False)
    for place, count in zip(places, counts, strict=True):
        axes.annotate(f"{count}", (count, place), (4, 0), textcoords="offset points", va="center", size=12, color=_INK)


def _trend(day: date, new_by_day: Mapping[date, int]) -> list[tuple[date, int | None]]:
    """(day, new papers) for each of the last TREND_DAYS; None where no edition is known."""
    days = [day - timedelta(days=back) for back in range(TREND_DAYS - 1, -1, -1)]
    line = [(each, new_by_day.get(each) or None) for each in days]
    return line if sum(count is not None for _, count in line) >= TREND_LEAST_DAYS else []


def _draw_trend(figure: "Figure", trend: Sequence[tuple[date, int | None]], height: float, label: str) -> None:
    counts = [float("nan") if count is None else float(count) for _, count in trend]
    known = [count for count in counts if count == count]
    axes = figure.add_axes((0.37, 0.3 / height, 0.55, 0.5 / height))
    axes.plot(range(len(counts)), counts, color=_INK, linewidth=1.4, marker="o", markersize=3)
    axes.set_xlim(-0.5, len(counts) - 0.5)
    axes.set_ylim(0, max(known) * 1.15)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(_FAINT)
    axes.set_yticks([])
    shown = [0, len(trend) - 1]
    axes.set_xticks(shown, [f"{trend[place][0].month}/{trend[place][0].day}" for place in shown], size=9, color=_FAINT)
    axes.annotate(
        f"{known[-1]:,.0f}", (len(counts) - 1, known[-1]), (0, 5), textcoords="offset points", ha="center", size=9
    )
    figure.text(0.355, 0.55 / height, label, size=10, color=_FAINT, ha="right", va="center")


def _fonts() -> AbstractContextManager[None]:
    """Korean from the bundled font; DejaVu for the few signs it lacks (the minus sign)."""
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
    """Where the installed fonts are, the regular one first.

    They are found as files because the package that carries them cannot be imported on Python 3.12 and later.
    """
    found = {
        Path(str(file.locate())) for file in distribution_files("koreanize-matplotlib") or [] if file.name in _FONTS
    }
    return tuple(sorted(found))
