"""`paperboy demo`: every part as a process, a bundled day from the sources to the post."""

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

from bot.delivery.wakeup import redis_wakeup
from bot.i18n import catalog_for
from bot.runtime import processes, valkey
from bot.runtime.run import until_told
from bot.runtime.sample import DAY, MORNING
from bot.runtime.sample.server import serving
from bot.runtime.supervisor import running
from bot.terminal.app import TerminalChat
from workers import config
from workers.domain.deliveries import View
from workers.domain.errors import EditionFailed
from workers.queue import WorkQueue
from workers.runtime.clock import system_clock
from workers.store import Store, open_store
from workers.store.subscriptions import NewSubscription

_MOST_S = 120.0
"""Seconds the sample day may take; it takes about three."""


def demo(language: str, out: Path) -> int:
    """Make and post the sample day in this terminal; the files go to `out`. Leaves no process and no data behind."""
    with tempfile.TemporaryDirectory(prefix="paperboy-") as folder, serving() as sources:
        settings_file = Path(folder) / "demo.yaml"
        settings_file.write_text(yaml.safe_dump(_settings(Path(folder), sources, language)), "utf-8")
        return asyncio.run(until_told(_Demo(language, out, Path(folder), settings_file).run(), stopped=130))


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
        console, said = Console(highlight=False), catalog_for(self.language)
        started = time.monotonic()
        console.print(f"[dim]{said.starting}[/dim]")
        server, redis_url = valkey.part(self.folder / "valkey")
        ahead = self.folder / "ahead"
        ahead.write_text(str((MORNING - datetime.now(UTC)).total_seconds()), "ascii")
        environment = {
            **_clean(os.environ),
            "PAPERBOY_CONFIG": str(self.settings_file),
            "REDIS_URL": redis_url,
            "PAPERBOY_CLOCK_AHEAD": str(ahead),
        }
        settings = config.load(environment=environment)
        with open_store(settings.store.url, system_clock(environment)) as store:
            chat = TerminalChat(store, settings, console, WorkQueue(redis_url))
            self._want(store, chat)
            async with running([server], environment):
                await valkey.ready(redis_url)
                queue = WorkQueue(redis_url)
                await asyncio.to_thread(queue.ask_for_edition, DAY, store.clock.now())
                async with running(processes.work(), environment):
                    async with asyncio.timeout(_MOST_S):
                        await chat.show_progress(DAY)
                        console.print(f"[dim]{said.made.format(seconds=time.monotonic() - started)}[/dim]\n")
                        await chat.deliver()
                        await self._write_files(console, environment)
                    if console.is_terminal:
                        await self._converse(chat, redis_url)
        return 0

    async def _converse(self, chat: TerminalChat, redis_url: str) -> None:
        """Commands and questions, until the reader leaves; answers come by the outbox."""
        async with redis_wakeup(redis_url) as wakeup:
            delivering = asyncio.create_task(chat.deliver_for_ever(wakeup))
            try:
                await chat.converse(catalog_for(self.language).ready_question)
            finally:
                delivering.cancel()

    def _want(self, store: Store, chat: TerminalChat) -> None:
        """The edition and the subscription stand in the store before the queue is asked."""
        store.editions.want(DAY)
        store.subscriptions.add(
            NewSubscription(chat.platform, chat.chat, store.clock.now(), view=View(self.language, chat.layout))
        )

    async def _write_files(self, console: Console, environment: Mapping[str, str]) -> None:
        """`paperboy digest` finds the edition in the store and writes its files."""
        process = await asyncio.create_subprocess_exec(
            *processes.command("digest", "--date", DAY.isoformat(), "--lang", self.language),
            "--out",
            str(self.out),
            env=dict(environment),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        written, trouble = await process.communicate()
        if process.returncode != 0:
            raise EditionFailed(f"the files could not be written: {trouble.decode().strip()}")
        console.print(f"[dim]{catalog_for(self.language).files}[/dim]")
        console.print(f"[dim]{written.decode()}[/dim]", soft_wrap=True)


def _clean(environment: Mapping[str, str]) -> dict[str, str]:
    """The demo is the same everywhere: no database, queue or settings of the owner's own."""
    return {name: value for name, value in environment.items() if name not in {"DATABASE_URL", "PAPERBOY_CONFIG"}}
