"""A platform is one thing: an entry in `PLATFORMS` and a folder; nothing else knows its name."""

import ast
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


class SlackSettings(BaseModel):
    unfurl: bool = False


SLACK = Platform(
    name="slack",
    title="Slack",
    token_variable="SLACK_BOT_TOKEN",  # noqa: S106 - the variable's name
    token_from="api.slack.com/apps",  # noqa: S106 - where a token is to be had
    limits=Limits(overall=1, window_s=1.0, chat_gap_s=1.0),
    settings=SlackSettings,
    id_pattern=r"[A-Z0-9]+",
)


def test_no_code_of_workers_names_a_platform() -> None:
    """Migrations may, because they read what earlier programs wrote."""
    folder = Path(workers.__file__).parent
    named = [
        f"{file.relative_to(folder)}: {literal}"
        for file in sorted(folder.rglob("*.py"))
        if "versions" not in file.parts
        for literal in _literals(ast.parse(file.read_text("utf-8")))
        if NAMES & set(literal.split())
    ]
    assert named == []


def _literals(tree: ast.AST) -> Iterator[str]:
    """String constants of a module, docstrings left out."""
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Constant) and isinstance(child.value, str) and not isinstance(node, ast.Expr):
                yield child.value


def test_another_platform_needs_no_other_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bot.__main__.PLATFORMS", (*PLATFORMS, SLACK))
    monkeypatch.setattr(platforms, "PLATFORMS", (*PLATFORMS, SLACK))
    file = tmp_path / "mine.yaml"
    file.write_text("owners: ['slack:U024BE7LH']\nslack: {unfurl: true}", "utf-8")
    assert main(["config", "--config", str(file)]) == 0
    assert "slack:\n  unfurl: true" in capsys.readouterr().out
    for arguments in (["slack", "--help"], ["health", "--help"]):
        with pytest.raises(SystemExit):
            main(arguments)
        assert "slack" in capsys.readouterr().out.lower()
    assert [each.name for each in platforms.enabled({"SLACK_BOT_TOKEN": "x"})] == ["slack"]


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("owners: ['slack:U1']", "owners.0: want a platform and a number"),
        ("owners: ['telegram:@me']", "owners.0: want a platform and a number"),
        ("slack: {}", "slack: no such setting"),
        ("telegram: {webhok_url: x}", "did you mean webhook_url"),
    ],
)
def test_what_no_platform_knows_is_refused_with_the_cure(text: str, cure: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=cure.replace(".", r"\.")):
        config.load(file, environment={}, platforms=PLATFORMS)
