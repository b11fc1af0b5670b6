"""Tests the services of docker-compose.yml: their commands run as processes until their health checks pass."""

import os
import re
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.platforms import PLATFORMS
from bot.runtime.sample import MORNING
from bot.runtime.valkey import binary
from tests.e2e.running import Rehearsal
from tests.fakes import discord, telegram
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
OURS = {name: service for name, service in COMPOSE["services"].items() if service.get("image") == "paperboy"}
PROGRAM = [sys.executable, "-P", "-m", "bot"]


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """URL of a server with a password and an append-only file, started as in the compose file."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port, password = probe.getsockname()[1], secrets.token_hex(8)
    (tmp_path / "redis").mkdir()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path / "redis")]
    command = [str(binary()), *options, "--appendonly", "yes", "--requirepass", password]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        yield f"redis://:{password}@127.0.0.1:{port}/0"
        server.terminate()


def passes(check: list[str], environment: dict[str, str], folder: Path) -> bool:
    assert check[:2] == ["CMD", "paperboy"]
    done = subprocess.run([*PROGRAM, *check[2:]], env=environment, cwd=folder, capture_output=True, timeout=60)
    return done.returncode == 0


@pytest.fixture
def platforms() -> Iterator[dict[str, str]]:
    """The environment that points the frontends to fake servers."""
    with telegram.serving() as one, discord.serving() as other:
        yield {
            "TELEGRAM_BOT_TOKEN": telegram.TOKEN,
            "TELEGRAM_API_URL": one.url,
            "DISCORD_BOT_TOKEN": discord.TOKEN,
            "DISCORD_API_URL": f"{other.url}/api/v10",
        }


def test_every_service_comes_up_as_its_health_check_says_and_goes_down_when_told(
    redis_url: str, platforms: dict[str, str], rehearsal: Rehearsal, tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        **platforms,
        **rehearsal.environment,
        "REDIS_URL": redis_url,
        "PAPERBOY_CONFIG": str(tmp_path / "none.yaml"),
    }
    rehearsal.move_to(MORNING)
    (tmp_path / "none.yaml").write_text("sources: []\n", "utf-8")
    with ExitStack() as stack:
        started = {}
        for name, service in OURS.items():
            assert not passes(service["healthcheck"]["test"], environment, tmp_path), name
            process = subprocess.Popen([*PROGRAM, *service["command"]], env=environment, cwd=tmp_path)
            started[name] = stack.enter_context(process)
            stack.callback(process.kill)
        for name, service in OURS.items():
            until(partial(passes, service["healthcheck"]["test"], environment, tmp_path), partial(str, name))
        for name, process in started.items():
            process.terminate()
            assert process.wait(60) == 0, name


def test_the_image_is_built_with_the_pins_and_runs_as_nobody_special() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    assert any("PIP_CONSTRAINT=constraints.txt" in line for line in lines)
    assert re.fullmatch(r"USER [1-9]\d+", next(line for line in lines if line.startswith("USER")))
    copied = {word for line in lines if line.startswith("COPY") and "--from" not in line for word in line.split()[1:-1]}
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    assert copied == kept


def test_no_secret_stands_in_the_compose_file_and_redis_keeps_what_it_has() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    assert re.findall(r"PASSWORD: (?!\$\{)\S", text) == []
    redis = COMPOSE["services"]["redis"]["command"][-1]
    assert "--appendonly yes" in redis
    assert "--requirepass" in redis
    profiled = {name: service["profiles"] for name, service in COMPOSE["services"].items() if "profiles" in service}
    assert profiled == {name: [name] for name in (*(platform.name for platform in PLATFORMS), "postgres")}
    assert all(service["healthcheck"]["test"] for service in COMPOSE["services"].values())
