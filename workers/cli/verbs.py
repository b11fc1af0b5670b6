"""The work verbs of `paperboy` on its command line; each returns its exit code and loads only what it needs."""

import argparse
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from importlib import import_module
from pathlib import Path

from workers import config
from workers.cli.exit_codes import OK
from workers.cli.settings import settings_of, settings_option
from workers.domain.findings import Finding
from workers.runtime import logs

Verb = Callable[[argparse.Namespace], int]
Checks = Callable[[config.Settings, Mapping[str, str]], Iterable[Finding]]


def add_verbs(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]",
    platforms: Sequence[config.Platform],
    more_checks: Checks,
) -> None:
    """Add the work verbs to the program's parser; `more_checks` are the doctor's checks of the frontends."""
    parents = [settings_option(platforms)]

    verb = verbs.add_parser("digest", parents=parents, help="make or find one day's digest and write its files")
    verb.add_argument("--date", type=_day, metavar="DATE", help="announcement day, e.g. 2025-06-03 (default: today)")
    verb.add_argument("--lang", type=_language, metavar="LANG", help="ko, en, … (default: digest.language)")
    verb.add_argument("--out", type=Path, metavar="DIR", help="folder for the files")
    verb.add_argument("--explain", metavar="ID", help="instead: what spoke for which category of a collected paper")
    verb.set_defaults(run=_verb("digest", "digest"))

    verb = verbs.add_parser("redo", parents=parents, help="make a day's digest anew and edit what was posted of it")
    verb.add_argument("date", type=_day, metavar="DATE")
    verb.set_defaults(run=_verb("redo", "redo"))

    verb = verbs.add_parser("retract", parents=parents, help="take a day's digest back: what was posted is deleted")
    verb.add_argument("date", type=_day, metavar="DATE")
    verb.set_defaults(run=_verb("redo", "retract"))

    verb = verbs.add_parser("ask", parents=parents, help="answer a question from a paper")
    verb.add_argument("question")
    verb.add_argument("--date", type=_day, default=None, help="of that day's digest (default: the newest)")
    verb.add_argument("--paper", metavar="ID", default=None, help="about the paper with this arXiv id")
    verb.add_argument("--lang", type=_language, default=None, help="language of the answer")
    verb.add_argument("--json", action="store_true", help="as JSON, with the places that the answer rests on")
    verb.set_defaults(run=_verb("ask", "ask"))

    verb = verbs.add_parser("status", parents=parents, help="the last editions, what is posted, what waits")
    verb.set_defaults(run=_verb("status", "status"))

    verb = verbs.add_parser("costs", parents=parents, help="what the model cost, day by day")
    verb.set_defaults(run=_verb("costs", "costs"))

    verb = verbs.add_parser("doctor", parents=parents, help="check everything this installation needs, line by line")
    verb.set_defaults(run=_verb("doctor", "doctor"), more=more_checks)

    verb = verbs.add_parser("health", parents=parents, help="0 while a part does its work, for health checks")
    verb.add_argument("part", choices=["editions", "questions", "clock", *(platform.name for platform in platforms)])
    verb.set_defaults(run=_verb("health", "health"))

    verb = verbs.add_parser("config", parents=parents, help="print the settings in force, secrets masked")
    verb.set_defaults(run=_settings)

    verb = verbs.add_parser("worker", parents=parents, help="serve a queue (part of `paperboy run`)")
    verb.add_argument("queue", choices=["editions", "questions"])
    verb.set_defaults(run=_worker)

    verb = verbs.add_parser("clock", parents=parents, help="keep the hours (part of `paperboy run`)")
    verb.set_defaults(run=_clock)


def set_up_logs() -> None:
    """The diary of this process; what a reader of the terminal must know is printed, not logged."""
    logs.set_up(os.environ.get("PAPERBOY_LOG_LEVEL", "ERROR").upper())


def _verb(module: str, name: str) -> Verb:
    def run(arguments: argparse.Namespace) -> int:
        verb: Verb = getattr(import_module(f"workers.cli.{module}"), name)
        return verb(arguments)

    return run


def _worker(arguments: argparse.Namespace) -> int:
    """Serve one queue until told to stop."""
    from workers import worker
    from workers.runtime import parent_process

    parent_process.exit_with_parent()
    return worker.serve(settings_of(arguments), arguments.queue)


def _clock(arguments: argparse.Namespace) -> int:
    """Run the clock's loop until told to stop."""
    from workers import scheduler
    from workers.runtime import parent_process
    from workers.runtime.clock import system_clock

    parent_process.exit_with_parent()
    return scheduler.serve(settings_of(arguments), system_clock())


def _settings(arguments: argparse.Namespace) -> int:
    """Print the settings in force as YAML, secrets masked."""
    print(config.shown(settings_of(arguments)), end="")
    return OK


def _language(text: str) -> str:
    try:
        return config.language_code(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f'want {error}, got "{text}"') from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'want a date like 2025-06-03, got "{text}"') from None
