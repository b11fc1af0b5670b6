"""The chart: fixed width, reproducible bytes, Korean glyphs present, distinguishable colours."""

import io
import itertools
import math
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from PIL import Image

from tests.fakes.papers import DAY, edition, ranked_paper
from workers import config
from workers.digest.chart import draw, font_files
from workers.domain.models import Category, Edition, RankedPaper

LEAST_DISTANCE = 8.0
"""Smallest allowed CIE76 ΔE in Lab between two category colours. Smallest measured: 8.5 for full colour vision, 8.3
without red cones, 8.4 without green cones (each Information Retrieval against Ethics & Safety). About 2.3 is just
noticeable."""

Matrix = tuple[tuple[float, float, float], ...]
VISION: dict[str, Matrix] = {
    "full": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}
"""Matrices from linear RGB to perceived linear RGB at severity 1.0 (Machado, Oliveira and Fernandes, 2009)."""


@pytest.fixture(scope="module")
def closed_list() -> Sequence[Category]:
    return config.load(environment={}).closed_list()


def pixels(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def one_each(categories: Sequence[Category], times: int = 1) -> list[RankedPaper]:
    labels = [category.name for category in categories for _ in range(times)]
    return [ranked_paper(n, label) for n, label in enumerate(labels, start=1)]


def days_known(count: int, back: int = 0) -> dict[date, int]:
    """Returns the number of new papers of `count` consecutive days that end `back` days before the edition's day."""
    return {DAY - timedelta(days=back + n): 900 + 37 * n for n in range(count)}


def bars_in(png: bytes, categories: Sequence[Category]) -> list[str]:
    """Returns the names of the categories whose bars the chart shows, from top to bottom."""
    picture = pixels(png)
    column = [picture.getpixel((int(picture.width * 0.375), row)) for row in range(picture.height)]
    names = {tuple(bytes.fromhex(category.colour[1:])): category.name for category in categories}
    return [names[colour] for colour, _ in itertools.groupby(column) if isinstance(colour, tuple) and colour in names]


def bar_lengths(png: bytes, categories: Sequence[Category]) -> dict[str, int]:
    """Returns the length in pixels of each category's bar."""
    picture = pixels(png)
    names = {tuple(bytes.fromhex(category.colour[1:])): category.name for category in categories}
    lengths: dict[str, int] = {}
    for row in range(picture.height):
        colour = picture.getpixel((int(picture.width * 0.375), row))
        if isinstance(colour, tuple) and colour in names and names[colour] not in lengths:
            lengths[names[colour]] = sum(picture.getpixel((x, row)) == colour for x in range(picture.width))
    return lengths


def test_the_chart_is_a_png_1280_pixels_wide(closed_list: Sequence[Category]) -> None:
    png = draw(edition(), closed_list, "ko")
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    picture = Image.open(io.BytesIO(png))
    picture.load()
    assert (picture.format, picture.width) == ("PNG", 1280)


def test_the_same_edition_gives_the_same_bytes(closed_list: Sequence[Category]) -> None:
    whole = edition(new_by_day=days_known(9))
    assert draw(whole, closed_list, "ko") == draw(whole, closed_list, "ko")


def test_another_day_and_another_language_give_another_picture(closed_list: Sequence[Category]) -> None:
    drawn = draw(edition(), closed_list, "ko")
    assert draw(edition(), closed_list, "en") != drawn
    assert draw(edition(day=DAY + timedelta(days=1)), closed_list, "ko") != drawn


def test_the_chart_shows_the_editions_categories_the_largest_first(closed_list: Sequence[Category]) -> None:
    labels = ["Agents", "Robotics", "Robotics", "Computer Vision"]
    whole = edition([ranked_paper(n, label) for n, label in enumerate(labels, start=1)])
    assert bars_in(draw(whole, closed_list, "ko"), closed_list) == ["Robotics", "Computer Vision", "Agents"]


def test_a_bar_is_as_long_as_its_count(closed_list: Sequence[Category]) -> None:
    labels = ["Robotics"] * 6 + ["Agents"] * 3
    whole = edition([ranked_paper(n, label) for n, label in enumerate(labels, start=1)])
    lengths = bar_lengths(draw(whole, closed_list, "ko"), closed_list)
    assert lengths["Agents"] > 100
    assert lengths["Robotics"] == pytest.approx(2 * lengths["Agents"], abs=3)


def test_there_are_ten_bars_at_most_the_rest_under_the_last_category(closed_list: Sequence[Category]) -> None:
    ten, all_of_them = closed_list[:10], closed_list
    assert bars_in(draw(edition(one_each(ten)), closed_list, "ko"), closed_list) == [each.name for each in ten]
    shown = bars_in(draw(edition(one_each(all_of_them)), closed_list, "ko"), closed_list)
    assert shown == [*(each.name for each in closed_list[:9]), "Others"]


def test_the_last_category_joins_the_rest_even_where_it_is_the_largest(closed_list: Sequence[Category]) -> None:
    labels = [*(category.name for category in closed_list[:12]), "Others", "Others"]
    eleven = draw(edition([ranked_paper(n, label) for n, label in enumerate(labels, start=1)]), closed_list, "ko")
    assert bars_in(eleven, closed_list) == [*(each.name for each in closed_list[:9]), "Others"]
    lengths = bar_lengths(eleven, closed_list)
    assert lengths["Others"] == pytest.approx(5 * lengths[closed_list[0].name], abs=6)


def test_the_chart_grows_with_its_bars_and_no_further(closed_list: Sequence[Category]) -> None:
    heights = [pixels(draw(edition(one_each(closed_list[:n])), closed_list, "ko")).height for n in (1, 5, 10, 15)]
    assert heights[0] < heights[1] < heights[2] == heights[3]


@pytest.mark.parametrize(
    ("known", "shown"),
    [
        (days_known(4), False),
        (days_known(5), True),
        (days_known(14), True),
        (days_known(20, back=9), True),
        (days_known(20, back=10), False),
        (days_known(4) | {DAY - timedelta(days=9): 0}, False),
        ({}, False),
    ],
)
def test_the_trend_is_hidden_below_five_known_days(
    known: dict[date, int], shown: bool, closed_list: Sequence[Category]
) -> None:
    without = pixels(draw(edition(new_by_day={DAY: 900}), closed_list, "ko")).height
    height = pixels(draw(edition(new_by_day=known), closed_list, "ko")).height
    assert (height > without) is shown


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_category_is_written_without_a_missing_glyph(language: str, closed_list: Sequence[Category]) -> None:
    for start in range(0, len(closed_list), 10):
        ten = closed_list[start : start + 10]
        assert draw(edition(one_each(ten, times=2), new_by_day=days_known(14)), closed_list, language)


def test_a_sign_that_no_font_has_would_be_noticed(closed_list: Sequence[Category]) -> None:
    strange = Category("Robotics", "🤖", "#332288", names={"ko": "\U0001f916"})
    with pytest.warns(UserWarning, match="missing from font"):
        draw(edition([ranked_paper(1, "Robotics")]), [strange, closed_list[-1]], "ko")


def test_the_korean_fonts_are_installed_the_regular_one_first() -> None:
    assert [file.name for file in font_files()] == ["NanumGothic.ttf", "NanumGothicBold.ttf"]
    assert all(file.is_file() for file in font_files())


def test_an_edition_of_one_paper_has_its_chart(closed_list: Sequence[Category]) -> None:
    lone: Edition = edition([ranked_paper(1, "Others")])
    assert bars_in(draw(lone, closed_list, "ko"), closed_list) == ["Others"]


@pytest.mark.parametrize("vision", VISION)
def test_any_two_categories_can_be_told_apart(vision: str, closed_list: Sequence[Category]) -> None:
    distances = {
        (left.name, right.name): math.dist(lab(left.colour, VISION[vision]), lab(right.colour, VISION[vision]))
        for left, right in itertools.combinations(closed_list, 2)
    }
    closest = min(distances, key=lambda pair: distances[pair])
    assert distances[closest] >= LEAST_DISTANCE, f"{closest}: {distances[closest]:.1f}"


def test_every_colour_stands_out_from_the_paper(closed_list: Sequence[Category]) -> None:
    white = lab("#ffffff", VISION["full"])
    assert all(math.dist(lab(category.colour, VISION["full"]), white) > 25 for category in closed_list)


@pytest.mark.parametrize(
    ("colour", "expected"),
    [("#ffffff", (100.0, 0.0, 0.0)), ("#000000", (0.0, 0.0, 0.0)), ("#ff0000", (53.24, 80.09, 67.20))],
)
def test_the_measure_itself_is_right(colour: str, expected: tuple[float, float, float]) -> None:
    assert lab(colour, VISION["full"]) == pytest.approx(expected, abs=0.02)


def lab(colour: str, seen: Matrix) -> tuple[float, float, float]:
    """Returns CIE L*a*b* (D65) of an sRGB colour after the vision matrix `seen`."""
    red, green, blue = (_linear(channel / 255) for channel in bytes.fromhex(colour[1:]))
    red, green, blue = (min(1.0, max(0.0, row[0] * red + row[1] * green + row[2] * blue)) for row in seen)
    x = _root((0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047)
    y = _root(0.2126729 * red + 0.7151522 * green + 0.0721750 * blue)
    z = _root((0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _root(value: float) -> float:
    return float(value ** (1 / 3)) if value > 216 / 24389 else (24389 / 27 * value + 16) / 116
