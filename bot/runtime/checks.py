"""The checks of `paperboy doctor` for the private queue server and for the token of each platform."""

from collections.abc import Iterable, Mapping

from bot.platforms import PLATFORMS
from bot.runtime.valkey import binary
from workers.config import Settings
from workers.domain.errors import SettingsError
from workers.domain.findings import Finding


def findings(settings: Settings, environment: Mapping[str, str]) -> Iterable[Finding]:
    """One finding for the private queue server, if it is used, and one for each platform, in the order of PLATFORMS.

    Asks each platform whose token is set for the bot of the token.
    """
    if not settings.queue.url:
        yield _private_queue()
    for platform in PLATFORMS:
        try:
            bot = platform.identity().identify(environment)
        except SettingsError as error:
            yield Finding(platform.token_variable, False, str(error).partition(": ")[2])
            continue
        if bot is None:
            yield Finding(platform.token_variable, True, "not set, so this frontend does not run")
        else:
            yield Finding(platform.token_variable, True, f"{bot.name}; {bot.remark}" if bot.remark else bot.name)


def _private_queue() -> Finding:
    try:
        return Finding("queue", True, f"a private Valkey ({binary().name}), started by `paperboy run`")
    except SettingsError as error:
        return Finding("queue", False, str(error))
