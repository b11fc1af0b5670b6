"""Tests that doctor and status answer in lines, each with a cure, whatever they have to look at."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from bot.__main__ import main
from tests.fakes.empty_store import empty_store
from tests.fakes.hostile import hostile
from tests.fakes.openai import serving
from tests.fakes.web import Answer, web
from tests.fakes.writers import honest_anywhere

SECRET = "hunter2"  # noqa: S105 - looked for in what is printed
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
VARIABLES = (
    *("TELEGRAM_BOT_TOKEN", "DISCORD_BOT_TOKEN", "OPENAI_API_KEY", "OPENAI_BASE_URL", "REDIS_URL", "DATABASE_URL"),
    *(*_PROXIES, *map(str.lower, _PROXIES)),
)
Run = Callable[..., dict[str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], settings_file: Callable[..., Path]) -> Run:
    """Runs a verb with the environment and sections of settings; returns what it says is wrong, by name."""

    def wrong(verb: str, environment: Mapping[str, str], **sections: object) -> dict[str, str]:
        for name in VARIABLES:
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        sources = sections.pop("sources", [])
        assert isinstance(sources, list)
        code = main([verb, "--config", str(settings_file(sources, **sections))])
        out, err = capsys.readouterr()
        assert SECRET not in out + err
        crosses = [line[2:] for line in out.splitlines() if line.startswith("✗ ")]
        told = [line.removeprefix("paperboy: ") for line in err.splitlines()]
        assert bool(crosses or told) == (code != 0)
        return {name: text for name, _, text in (line.partition(": ") for line in [*crosses, *told])}

    return wrong


def no_database(file: Path) -> str:
    file.write_text("This is no database. " * 100)
    return f"sqlite:///{file}"


def cut(file: Path) -> str:
    file.write_bytes(b"SQLite format 3\0" + bytes(4096))
    return f"sqlite:///{file}"


def folder(file: Path) -> str:
    file.mkdir()
    return f"sqlite:///{file}"


def newer(file: Path) -> str:
    url = empty_store(file)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    return url


def foreign(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE paper (colour)")
    return f"sqlite:///{file}"


def no_port(file: Path) -> str:
    return f"postgresql://user:{SECRET}@127.0.0.1:five/name"


def nobody_there(file: Path) -> str:
    return f"postgresql://user:{SECRET}@127.0.0.1:9/name"


@pytest.mark.parametrize("verb", ["doctor", "status"])
@pytest.mark.parametrize("make", [no_database, cut, folder, newer, foreign, no_port, nobody_there])
def test_a_store_that_is_none_is_one_line(make: Callable[[Path], str], verb: str, run: Run, tmp_path: Path) -> None:
    found = run(verb, {}, store={"url": make(tmp_path / "file.db")})
    (line,) = found.values()
    assert "store.url" in {*found, line.partition(":")[0]}


def test_a_store_that_can_only_be_read_is_not_well(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "file.db"
    empty_store(file)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    read_only = {"url": f"sqlite:///file:{file}?mode=ro&uri=true"}
    assert run("status", {}, store=read_only) == {}
    assert "nothing can be written: attempt to write a readonly database" in run("doctor", {}, store=read_only)["store"]


@pytest.mark.parametrize("verb", ["doctor", "status"])
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9", "redis://127.0.0.1:five", "redis://[::1", "nonsense", f"redis://:{SECRET}/+==@h"]
)
def test_an_address_that_is_no_redis_is_one_line_without_its_password(verb: str, url: str, run: Run) -> None:
    (line,) = run(verb, {"REDIS_URL": url}).items()
    assert "queue.url" in " ".join(line)
    assert "want redis://HOST:PORT" in " ".join(line)


@pytest.mark.parametrize(
    ("environment", "name", "part"),
    [
        ({"OPENAI_BASE_URL": "ftp://127.0.0.1"}, "model", "OPENAI_BASE_URL"),
        ({"OPENAI_BASE_URL": "not a url"}, "model", "OPENAI_BASE_URL"),
        ({"OPENAI_BASE_URL": "http://[::1"}, "model", "OPENAI_BASE_URL"),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:9", "OPENAI_API_KEY": "Schlüssel\n"}, "model", "OPENAI_API_KEY"),
        ({"OPENAI_BASE_URL": "http://h.example", "ALL_PROXY": "socks://127.0.0.1:9"}, "model", "cannot be reached"),
        ({"OPENAI_BASE_URL": "http://h.example", "ALL_PROXY": "gopher://127.0.0.1:9"}, "model", "ALL_PROXY: "),
        ({"DISCORD_BOT_TOKEN": "ü\n", "DISCORD_API_URL": "http://127.0.0.1:9"}, "DISCORD_BOT_TOKEN", "cannot be sent"),
        ({"TELEGRAM_BOT_TOKEN": "1:a", "TELEGRAM_API_URL": "http://["}, "TELEGRAM_BOT_TOKEN", "cannot be sent"),
    ],
    ids=lambda value: next(iter(value.values())) if isinstance(value, dict) else "",
)
def test_an_address_that_is_none_is_one_line(environment: dict[str, str], name: str, part: str, run: Run) -> None:
    environment = {"OPENAI_MODEL": "m", **environment}
    found = run("doctor", environment)
    assert list(found) == [name]
    assert part in found[name]
    assert run("status", environment) == {}


def test_networks_in_no_proxy_are_no_trouble(run: Run) -> None:
    with serving(honest_anywhere) as endpoint:
        environment = {"OPENAI_BASE_URL": endpoint.url, "OPENAI_MODEL": "m", "ALL_PROXY": "http://127.0.0.1:9"}
        no_proxy = {"NO_PROXY": "fd07:b51a:cc66:f0::/64,127.0.0.0/8"}
        assert run("doctor", {**environment, **no_proxy}) == {}


@pytest.mark.parametrize(
    "body", [b"<html>Access denied</html>", b"[]", b'{"result": {"username": null}}', b"\xff\xfe", b"[" * 99_999]
)
def test_what_answers_for_a_platform_is_no_bot(body: bytes, run: Run) -> None:
    with web(Answer(body=body, headers={"Content-Type": "text/html; charset=none"})) as page:
        environment = {
            "TELEGRAM_BOT_TOKEN": f"1:{SECRET}",
            "TELEGRAM_API_URL": page.url,
            "OPENAI_BASE_URL": page.url,
            "OPENAI_MODEL": "m",
        }
        environment |= {"OPENAI_MODEL": "m", "DISCORD_BOT_TOKEN": SECRET, "DISCORD_API_URL": page.url}
        environment |= {"REDIS_URL": f"redis{page.url[4:]}"}
        found = run("doctor", environment)
    assert list(found) == ["queue", "model", "TELEGRAM_BOT_TOKEN", "DISCORD_BOT_TOKEN"]


def test_each_hostile_feed_is_one_line(run: Run) -> None:
    paths = ("hang", "members", "bad-reference")
    with hostile() as url:
        sources = [{"name": path, "kind": "feed", "url": f"{url}/{path}"} for path in paths]
        found = run("doctor", {}, sources=sources, child={"time_s": 1, "memory_mb": 128})
    assert list(found) == [f"source {path}" for path in paths]
