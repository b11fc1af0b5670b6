"""Tests that a platform needs only an entry in `PLATFORMS` and a folder."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

import workers
from bot import platforms
from bot.__main__ import main
from bot.platforms import PLATFORMS, Limits, Platform
from workers import config
from workers.domain.errors import SettingsError

NAMES = {platform.name for platform in PLATFORMS}


class ExampleSettings(BaseModel):
    unfurl: bool = False


EXAMPLE = Platform(
    name="example",
    title="Example",
    token_variable="EXAMPLE_BOT_TOKEN",  # noqa: S106 - the variable's name
    token_from="example.org",  # noqa: S106 - the place that issues tokens
    limits=Limits(overall=1, window_s=1.0, chat_gap_s=1.0),
    settings=ExampleSettings,
    id_pattern=r"[A-Z0-9]+",
)


def test_no_code_of_workers_names_a_platform() -> None:
    """Migrations are exempt, because they read what earlier programs wrote."""
    folder = Path(workers.__file__).parent
    named = [
        f"{file.relative_to(folder)}: {literal}"
        for file in sorted(folder.rglob("*.py"))
        if "versions" not in file.parts
        for literal in _literals(ast.parse(file.read_text("utf-8")))
        if NAMES & set(re.findall(r"[a-z]+", literal))
    ]
    assert named == []


def _literals(tree: ast.AST) -> Iterator[str]:
    """Return a module's string constants without its docstrings."""
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Constant) and isinstance(child.value, str) and not isinstance(node, ast.Expr):
                yield child.value


def test_another_platform_needs_no_other_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bot.__main__.PLATFORMS", (*PLATFORMS, EXAMPLE))
    monkeypatch.setattr(platforms, "PLATFORMS", (*PLATFORMS, EXAMPLE))
    file = tmp_path / "mine.yaml"
    file.write_text("owners: ['example:U024BE7LH']\nexample: {unfurl: true}", "utf-8")
    assert main(["config", "--config", str(file)]) == 0
    assert "example:\n  unfurl: true" in capsys.readouterr().out
    for arguments in (["example", "--help"], ["health", "--help"]):
        with pytest.raises(SystemExit):
            main(arguments)
        assert "example" in capsys.readouterr().out.lower()
    assert [each.name for each in platforms.enabled({"EXAMPLE_BOT_TOKEN": "x"})] == ["example"]


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("owners: ['example:U1']", "owners.0: want PLATFORM:ID"),
        ("owners: ['telegram:@me']", "owners.0: want PLATFORM:ID"),
        ("example: {}", "example: no such setting"),
        ("telegram: {webhok_url: x}", "did you mean webhook_url"),
    ],
)
def test_what_no_platform_knows_is_refused_with_the_cure(text: str, cure: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=cure.replace(".", r"\.")):
        config.load(file, environment={}, platforms=PLATFORMS)
