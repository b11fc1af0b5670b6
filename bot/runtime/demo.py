"""`paperboy demo`: makes and posts the bundled sample day, with all processes of `paperboy run` except frontends."""

import asyncio
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml
from rich.console import Console

from bot.commands.subscriptions import new_subscription
from bot.delivery.wakeup import redis_wakeup
from bot.i18n import catalog_for
from bot.runtime import processes, valkey
from bot.runtime.run import run_until_signal
from bot.runtime.sample import DAY, MORNING
from bot.runtime.sample.server import serving
from bot.runtime.supervisor import running
from bot.terminal.app import TerminalChat
from workers import config
from workers.config import SubscriptionSettings
from workers.domain.deliveries import View
from workers.domain.errors import EditionFailed
from workers.queue import WorkQueue
from workers.runtime.clock import system_clock
from workers.store import Store, open_store

_DEADLINE_S = 120.0
"""For making and posting the sample day, which usually takes 3 seconds."""


def demo(language: str, out: Path) -> int:
    """Make and post the sample day in this terminal, and write its files to `out`; returns the exit code.

    Leaves no process and no other data behind.
    """
    with tempfile.TemporaryDirectory(prefix="paperboy-") as folder, serving() as sources:
        settings_file = Path(folder) / "demo.yaml"
        settings_file.write_text(yaml.safe_dump(_settings(Path(folder), sources, language)), "utf-8")
        return asyncio.run(run_until_signal(_Demo(language, out, Path(folder), settings_file).run(), stopped=130))


def _settings(folder: Path, sources: str, language: str) -> dict[str, object]:
    return {
        "digest": {"language": language},
        "arxiv": {"base_url": sources},
        "store": {"url": f"sqlite:///{folder / 'paperboy.db'}"},
        "sources": [
            {"name": "huggingface", "kind": "huggingface", "url": f"{sources}/api/daily_papers"},
            {"name": "deeplearn", "kind": "deeplearn", "url": sources},
        ],
    }


@dataclass(frozen=True)
class _Demo:
    language: str
    out: Path
    folder: Path
    settings_file: Path

    async def run(self) -> int:
        console, catalog = Console(highlight=False), catalog_for(self.language)
        started = time.monotonic()
        console.print(f"[dim]{catalog.starting}[/dim]")
        server = valkey.server(self.folder / "valkey")
        ahead = self.folder / "ahead"
        ahead.write_text(str((MORNING - datetime.now(UTC)).total_seconds()), "ascii")
        environment = {
            **_without_owner_settings(os.environ),
            "PAPERBOY_CONFIG": str(self.settings_file),
            "REDIS_URL": server.url,
            "PAPERBOY_CLOCK_AHEAD": str(ahead),
        }
        settings = config.load(environment=environment)
        with open_store(settings.store.url, system_clock(environment)) as store:
            queue = WorkQueue(server.url)
            chat = TerminalChat(store, settings, console, queue)
            self._ask_for_edition(store, chat, settings.subscription)
            async with running([server.process], environment):
                await valkey.ready(server.url)
                await asyncio.to_thread(queue.ask_for_edition, DAY, store.clock.now())
                async with running(processes.worker_processes(), environment):
                    async with asyncio.timeout(_DEADLINE_S):
                        await chat.show_progress(DAY)
                        console.print(f"[dim]{catalog.made.format(seconds=time.monotonic() - started)}[/dim]\n")
                        await chat.deliver()
                        await self._write_files(console, environment)
                    if console.is_terminal:
                        await self._converse(chat, server.url)
        return 0

    async def _converse(self, chat: TerminalChat, redis_url: str) -> None:
        """Answer commands and questions until the reader leaves. Answers are delivered by the outbox."""
        async with redis_wakeup(redis_url) as wakeup:
            delivering = asyncio.create_task(chat.deliver_for_ever(wakeup))
            try:
                await chat.converse(catalog_for(self.language).ready_question)
            finally:
                delivering.cancel()

    def _ask_for_edition(self, store: Store, chat: TerminalChat, defaults: SubscriptionSettings) -> None:
        """Add the edition and a subscription to the store, which must happen before the edition is queued."""
        store.editions.want(DAY)
        view = View(self.language, chat.layout)
        store.subscriptions.add(new_subscription(defaults, chat.chat, store.clock.now(), view))

    async def _write_files(self, console: Console, environment: Mapping[str, str]) -> None:
        """Run `paperboy digest`, which finds the edition in the store, and print the paths that it wrote."""
        child = await asyncio.create_subprocess_exec(
            *processes.command("digest", "--date", DAY.isoformat(), "--lang", self.language),
            "--out",
            str(self.out),
            env=dict(environment),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        written, errors = await child.communicate()
        if child.returncode != 0:
            raise EditionFailed(f"the files could not be written: {errors.decode().strip()}")
        console.print(f"[dim]{catalog_for(self.language).files}[/dim]")
        console.print(f"[dim]{written.decode()}[/dim]", soft_wrap=True)


def _without_owner_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` without the owner's database and settings file, so that the demo is the same everywhere."""
    return {name: value for name, value in environment.items() if name not in {"DATABASE_URL", "PAPERBOY_CONFIG"}}
