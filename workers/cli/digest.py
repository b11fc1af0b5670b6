"""`paperboy digest`: makes or finds the digest of one day in this process and writes its files."""

import argparse
import sys
from pathlib import Path

from workers.bootstrap import open_pipeline
from workers.cli.exit_codes import OK, QUIET
from workers.cli.progress import progress
from workers.cli.settings import settings_of
from workers.config import Settings
from workers.digest import pipeline
from workers.digest.classify import classify, evidence
from workers.digest.report import report
from workers.domain.errors import EditionFailed, SettingsError
from workers.domain.models import Text
from workers.i18n.lines import source_line
from workers.runtime.clock import SystemClock, system_clock
from workers.sources.arxiv_calendar import EASTERN
from workers.store.texts import digest_json


def digest(arguments: argparse.Namespace) -> int:
    """Make or find the digest of a day, write its files and print their paths.

    Returns OK, or QUIET for a day without papers. Raises SettingsError for wrong arguments. Raises EditionFailed if
    there is nothing to list and a source is late, partial or failed. With --explain, prints the categories of a paper
    instead.
    """
    settings, clock = settings_of(arguments), system_clock()
    if arguments.explain:
        return _explain(arguments.explain, settings, clock)
    if arguments.out is None:
        raise SettingsError("--out: name the folder for the files")
    today = clock.now().astimezone(EASTERN).date()
    day = arguments.date or today
    if day > today:
        raise SettingsError(f"--date: {day} has not come yet; arXiv's day is {today} (New York)")
    with open_pipeline(settings, clock, progress) as opened:
        try:
            edition = pipeline.find_or_make(day, opened.context)
        except EditionFailed as error:
            raise EditionFailed(
                f"no digest of {day} yet ({error}); run this again later, or see `sources` in config.yaml"
            ) from None
        text = pipeline.find_or_write(edition, arguments.lang or settings.digest.language, opened.context)
    for source in text.digest.sources:
        if source.incomplete:
            print(source_line(source, "en"), file=sys.stderr)
    for file in write_files(text, settings, arguments.out):
        print(file)
    return OK if text.digest.papers else QUIET


def write_files(text: Text, settings: Settings, folder: Path) -> list[Path]:
    """Write Papers_DATE_report.md, digest.json and, unless the day is quiet, paper_DATE.png.

    Returns the paths that were written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = text.digest
    files = {folder / f"Papers_{content.date}_report.md": report(content, settings.closed_list()).encode()}
    if content.chart and text.chart_png:
        files[folder / content.chart] = text.chart_png
    files[folder / "digest.json"] = digest_json(content)
    for path, body in files.items():
        _replace(path, body)
    return list(files)


def _explain(arxiv_id: str, settings: Settings, clock: SystemClock) -> int:
    """Print the category of a collected paper, then every category with points, best first, and their reasons."""
    with open_pipeline(settings, clock) as opened:
        paper, categories = opened.store.editions.paper(arxiv_id), opened.context.config.categories
    if paper is None:
        raise SettingsError(f"--explain: {arxiv_id} was never collected; make the digest of its day first")
    points = evidence(paper, categories)
    totals = {point.category: 0.0 for point in points}
    for point in points:
        totals[point.category] += point.points
    print(f"{paper.title}\n{classify(paper, categories)}")
    for category in sorted(totals, key=lambda name: -totals[name]):
        print(f"  {category}: {totals[category]:g}")
        for point in sorted(points, key=lambda point: -point.points):
            if point.category == category:
                print(f"    {point.points:g}  {point.because}")
    return OK


def _replace(path: Path, content: bytes) -> None:
    """Replace the file in one step, so that nobody reads half a file."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_bytes(content)
    temporary.replace(path)
