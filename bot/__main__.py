"""The command `paperboy`: the frontends' verbs here, the work verbs in workers.cli."""

import argparse
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from workers import cli
from workers.config import Settings
from workers.domain.errors import PaperboyError
from workers.domain.findings import Finding


def main(argv: list[str] | None = None) -> int:
    """Run one verb; returns its exit code. What went wrong stands on one line, the cure with it."""
    arguments = _parser().parse_args(argv)
    cli.set_up_logs()
    try:
        code: int = arguments.run(arguments)
    except PaperboyError as error:
        print(f"paperboy: {error}", file=sys.stderr)
        return cli.FAILED
    except KeyboardInterrupt:
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="paperboy", description="The day's AI papers as one digest, in your chats.")
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    demo = verbs.add_parser("demo", help="a bundled sample day, from the sources to the post, in this terminal")
    demo.add_argument("--lang", choices=["ko", "en"], default="ko", help="language of the digest (default: ko)")
    demo.add_argument(
        "--out", type=Path, default=Path("paperboy-demo"), metavar="DIR", help="folder for the files (paperboy-demo)"
    )
    demo.set_defaults(run=_demo)
    run = verbs.add_parser("run", parents=[cli.settings_option()], help="run everything, until Ctrl-C")
    run.set_defaults(run=_run)
    telegram = verbs.add_parser("telegram", parents=[cli.settings_option()], help="the Telegram frontend (part of run)")
    telegram.set_defaults(run=_telegram)
    discord = verbs.add_parser("discord", parents=[cli.settings_option()], help="the Discord frontend (part of run)")
    discord.set_defaults(run=_discord)
    cli.add_verbs(verbs, _frontend_checks)
    return parser


def _frontend_checks(settings: Settings, environment: Mapping[str, str]) -> Iterable[Finding]:
    from bot import identity  # httpx, and only for who asks

    return identity.findings(settings, environment)


def _demo(arguments: argparse.Namespace) -> int:
    from bot.demo import demo  # a terminal's libraries, and only where there is one

    return demo(arguments.lang, arguments.out)


def _run(arguments: argparse.Namespace) -> int:
    from bot import launch

    return launch.run(arguments.config)


def _telegram(arguments: argparse.Namespace) -> int:
    from bot.telegram import app  # python-telegram-bot, and only where it runs
    from workers import config

    return app.serve(config.load(arguments.config))


def _discord(arguments: argparse.Namespace) -> int:
    from bot.discord import app  # discord.py, and only where it runs
    from workers import config

    return app.serve(config.load(arguments.config))


if __name__ == "__main__":
    sys.exit(main())
