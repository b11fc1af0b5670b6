"""The work verbs of the command line. Each returns its exit code and imports only what it needs."""

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
    """Add the work verbs to the parser of the program.

    The verbs accept `platforms`; `paperboy doctor` also runs `more_checks`, the checks of the frontends.
    """
    parents = [settings_option(platforms)]

    verb = verbs.add_parser("digest", parents=parents, help="make or find one day's digest and write its files")
    verb.add_argument("--date", type=_day, metavar="DATE", help="announcement day, e.g. 2025-06-03 (default: today)")
    verb.add_argument("--lang", type=_language, metavar="LANG", help="ko, en, … (default: digest.language)")
    verb.add_argument("--out", type=Path, metavar="DIR", help="folder for the files")
    verb.add_argument("--explain", metavar="ID", help="instead, print why a collected paper got its category")
    verb.set_defaults(run=_verb("digest", "digest"))

    verb = verbs.add_parser("redo", parents=parents, help="make a day's digest again and edit its posted messages")
    verb.add_argument("date", type=_day, metavar="DATE")
    verb.set_defaults(run=_verb("redo", "redo"))

    verb = verbs.add_parser("retract", parents=parents, help="take a day's digest back and delete its posted messages")
    verb.add_argument("date", type=_day, metavar="DATE")
    verb.set_defaults(run=_verb("redo", "retract"))

    verb = verbs.add_parser("ask", parents=parents, help="answer a question from a paper")
    verb.add_argument("question")
    verb.add_argument("--date", type=_day, default=None, help="about that day's digest (default: the newest)")
    verb.add_argument("--paper", metavar="ID", default=None, help="about the paper with this arXiv id")
    verb.add_argument("--lang", type=_language, default=None, help="language of the answer")
    verb.add_argument("--json", action="store_true", help="print JSON, with the passages that support the answer")
    verb.set_defaults(run=_verb("ask", "ask"))

    verb = verbs.add_parser("status", parents=parents, help="show the last editions, what is posted and what waits")
    verb.set_defaults(run=_verb("status", "status"))

    verb = verbs.add_parser("costs", parents=parents, help="show what the model cost on each day")
    verb.set_defaults(run=_verb("costs", "costs"))

    verb = verbs.add_parser("doctor", parents=parents, help="check everything that this installation needs")
    verb.set_defaults(run=_verb("doctor", "doctor"), more_checks=more_checks)

    verb = verbs.add_parser(
        "health", parents=parents, help="exit with 0 while a process does its work, for health checks"
    )
    verb.add_argument("process", choices=["editions", "questions", "clock", *(platform.name for platform in platforms)])
    verb.set_defaults(run=_verb("health", "health"))

    verb = verbs.add_parser("config", parents=parents, help="print the settings in force, secrets masked")
    verb.set_defaults(run=_settings)

    verb = verbs.add_parser("worker", parents=parents, help="serve a queue (part of `paperboy run`)")
    verb.add_argument("queue", choices=["editions", "questions"])
    verb.set_defaults(run=_worker)

    verb = verbs.add_parser("clock", parents=parents, help="run the scheduler (part of `paperboy run`)")
    verb.set_defaults(run=_clock)


def set_up_logs() -> None:
    """Set up the log of this process, with the level in PAPERBOY_LOG_LEVEL (default: ERROR)."""
    logs.set_up(os.environ.get("PAPERBOY_LOG_LEVEL", "ERROR").upper())


def _verb(module: str, name: str) -> Verb:
    """The function `name` of `workers.cli.MODULE`, imported when it is called."""

    def run(arguments: argparse.Namespace) -> int:
        verb: Verb = getattr(import_module(f"workers.cli.{module}"), name)
        return verb(arguments)

    return run


def _worker(arguments: argparse.Namespace) -> int:
    """Serve one queue until SIGTERM or SIGINT."""
    from workers import worker
    from workers.runtime import parent_process

    parent_process.exit_with_parent()
    return worker.serve(settings_of(arguments), arguments.queue)


def _clock(arguments: argparse.Namespace) -> int:
    """Run the scheduler until SIGTERM or SIGINT."""
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
