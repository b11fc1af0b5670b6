"""The option --config, and the settings that it selects."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from workers import config


def settings_option(platforms: Sequence[config.Platform]) -> argparse.ArgumentParser:
    """The parent parser of every verb that reads settings; `settings_of` loads them."""
    parent = argparse.ArgumentParser(add_help=False)
    parent.set_defaults(platforms=platforms)
    parent.add_argument("--config", type=Path, metavar="FILE", help="settings that override the bundled config.yaml")
    return parent


def settings_of(arguments: argparse.Namespace) -> config.Settings:
    """The settings for the arguments of a verb. Raises SettingsError."""
    return config.load(arguments.config, platforms=arguments.platforms)
