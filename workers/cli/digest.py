"""`paperboy digest`: one day's digest made or found in this process, and its files."""

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
from workers.sources.arxiv import EASTERN
from workers.store.texts import digest_json


def digest(arguments: argparse.Namespace) -> int:
    """Make or find one day's digest in this process and write its three files; 3 for a quiet day."""
    settings, clock = settings_of(arguments), system_clock()
    if arguments.explain:
        return _explain(arguments.explain, settings, clock)
    if arguments.out is None:
        raise SettingsError("--out: name the folder the files shall go to")
    today = clock.now().astimezone(EASTERN).date()
    day = arguments.date or today
    if day > today:
        raise SettingsError(f"--date: {day} has not come yet; arXiv's day is {today} (New York)")
    with open_pipeline(settings, clock) as (store, plan):
        try:
            edition = pipeline.find_or_make(day, plan, store.editions, store.source_answers, clock, progress)
        except EditionFailed as error:
            raise EditionFailed(
                f"no digest of {day}, every source failed ({error}); see `sources` in config.yaml, then run this again"
            ) from None
        text = pipeline.find_or_write(
            edition, arguments.lang or settings.digest.language, plan, store.editions, clock, progress
        )
    for told in filter(None, (source_line(each, "en") for each in text.digest.sources if each.status == "failed")):
        print(told, file=sys.stderr)
    for file in write_files(text, settings, arguments.out):
        print(file)
    return OK if text.digest.papers else QUIET


def write_files(text: Text, settings: Settings, folder: Path) -> list[Path]:
    """Papers_DATE_report.md, digest.json and, unless the day is quiet, paper_DATE.png; returns what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    made = text.digest
    files = [(folder / f"Papers_{made.date}_report.md", report(made, settings.closed_list()).encode())]
    if made.chart and text.chart_png:
        files.append((folder / made.chart, text.chart_png))
    files.append((folder / "digest.json", digest_json(made)))
    for path, content in files:
        _replace(path, content)
    return [path for path, _ in files]


def _explain(arxiv_id: str, settings: Settings, clock: SystemClock) -> int:
    """Print each category something spoke for, the winner first, and what it was."""
    with open_pipeline(settings, clock) as (store, plan):
        paper = store.editions.paper(arxiv_id)
    if paper is None:
        raise SettingsError(f"--explain: {arxiv_id} was never collected; make the digest of its day first")
    points = evidence(paper, plan.categories)
    totals = {point.category: 0.0 for point in points}
    for point in points:
        totals[point.category] += point.points
    print(f"{paper.title}\n{classify(paper, plan.categories)}")
    for category in sorted(totals, key=lambda name: -totals[name]):
        print(f"  {category}: {totals[category]:g}")
        for point in sorted(points, key=lambda each: -each.points):
            if point.category == category:
                print(f"    {point.points:g}  {point.because}")
    return OK


def _replace(path: Path, content: bytes) -> None:
    """Whole or not at all: a reader never sees half a file."""
    aside = path.with_name(f".{path.name}.new")
    aside.write_bytes(content)
    aside.replace(path)
