"""The command `paperboy`: the verbs that start frontends; workers.cli.verbs adds the others."""

import argparse
import sys
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from bot.i18n import LANGUAGES
from bot.platforms import PLATFORMS, Platform
from workers.cli.exit_codes import FAILED
from workers.cli.settings import settings_of, settings_option
from workers.cli.verbs import add_verbs, set_up_logs
from workers.config import Settings
from workers.domain.errors import PaperboyError
from workers.domain.findings import Finding


def main(argv: list[str] | None = None) -> int:
    """Run one verb and return its exit code. A PaperboyError is printed on one line, with the cure."""
    arguments = _parser().parse_args(argv)
    set_up_logs()
    try:
        code: int = arguments.run(arguments)
    except PaperboyError as error:
        print(f"paperboy: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="paperboy", description="The day's AI papers as one digest, in your chats.")
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    demo = verbs.add_parser("demo", help="make and post a bundled sample day in this terminal")
    demo.add_argument("--lang", choices=LANGUAGES, default="ko", help="language of the digest (default: ko)")
    demo.add_argument(
        "--out", type=Path, default=Path("paperboy-demo"), metavar="DIR", help="folder for the files (paperboy-demo)"
    )
    demo.set_defaults(run=_demo)
    run = verbs.add_parser("run", parents=[settings_option(PLATFORMS)], help="run everything, until Ctrl-C")
    run.set_defaults(run=_run)
    for platform in PLATFORMS:
        frontend = verbs.add_parser(
            platform.name, parents=[settings_option(PLATFORMS)], help=f"the {platform.title} frontend (part of run)"
        )
        frontend.set_defaults(run=partial(_frontend, platform))
    add_verbs(verbs, PLATFORMS, _frontend_checks)
    return parser


def _frontend_checks(settings: Settings, environment: Mapping[str, str]) -> Iterable[Finding]:
    from bot.runtime import checks  # imports httpx only where it is used

    return checks.findings(settings, environment)


def _demo(arguments: argparse.Namespace) -> int:
    from bot.runtime.demo import demo  # imports the terminal's libraries only where they are used

    return demo(arguments.lang, arguments.out)


def _run(arguments: argparse.Namespace) -> int:
    from bot.runtime import run

    return run.run(arguments.config)


def _frontend(platform: Platform, arguments: argparse.Namespace) -> int:
    code: int = platform.app().serve(settings_of(arguments))
    return code


if __name__ == "__main__":
    sys.exit(main())
