"""Settings: three layers, each wrong key named with its cure, no secret shown."""

from pathlib import Path

import pytest

from bot.platforms import PLATFORMS
from workers import config
from workers.domain.errors import SettingsError
from workers.text.data import glossary


def write(folder: Path, text: str) -> Path:
    file = folder / "mine.yaml"
    file.write_text(text, "utf-8")
    return file


def test_the_bundled_settings_are_whole_and_valid() -> None:
    settings = config.load(environment={}, platforms=PLATFORMS)
    assert settings.digest.max_papers == 40
    assert [source.name for source in settings.sources if source.enabled] == ["arxiv", "huggingface"]
    assert [category.name for category in settings.categories][-1] == "Others"
    assert len({category.colour for category in settings.categories}) == len(settings.categories) == 20


def test_mappings_merge_and_lists_replace(tmp_path: Path) -> None:
    file = write(
        tmp_path, "digest: {language: en}\nsources: [{name: lab, kind: feed, url: 'https://example.org/x.xml'}]"
    )
    settings = config.load(file, environment={}, platforms=PLATFORMS)
    assert (settings.digest.language, settings.digest.max_papers) == ("en", 40)
    assert [source.name for source in settings.sources] == ["lab"]


def test_the_environment_stands_above_the_files(tmp_path: Path) -> None:
    file = write(tmp_path, "store: {url: 'sqlite:///mine.db'}")
    environment = {"PAPERBOY_CONFIG": str(file), "DATABASE_URL": "postgresql://h/n", "REDIS_URL": "redis://h"}
    settings = config.load(environment=environment, platforms=PLATFORMS)
    assert (settings.store.url, settings.queue.url) == ("postgresql://h/n", "redis://h")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "digest: {max_papers: many}",
            'digest.max_papers: want a valid integer, unable to parse string as an integer, got "many"',
        ),
        ("digest: {max_paper: 3}", "digest.max_paper: no such setting; did you mean max_papers?"),
        ("digest: {language: french}", "digest.language: want a code of two letters, such as ko or en, got"),
        ("sources: [{name: x, kind: rss, url: 'https://h/f'}]", "sources.0.kind: want"),
        ("sources: [{name: x, kind: feed, url: 'ftp://h/f'}]", "sources.0.url: want"),
        ("sources: [{name: x, kind: feed}]", "sources.0.url: is missing"),
        ("- a\n- b", "want settings as `key: value` lines, got a list"),
        ("digest: [", "cannot be read as YAML"),
    ],
)
def test_a_wrong_setting_names_its_key_and_the_cure(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        config.load(write(tmp_path, text), environment={}, platforms=PLATFORMS)
    assert told in str(raised.value).replace("'", '"')


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no such file"):
        config.load(tmp_path / "none.yaml", environment={}, platforms=PLATFORMS)


def test_secrets_are_neither_in_the_repr_nor_in_an_error(tmp_path: Path) -> None:
    environment = {"DATABASE_URL": "postgresql://paper:hunter2@h/n", "REDIS_URL": "redis://:hunter3@h"}
    assert "hunter" not in repr(config.load(environment=environment, platforms=PLATFORMS))
    with pytest.raises(SettingsError) as raised:
        config.load(write(tmp_path, "store: {url: [hunter4]}"), environment={}, platforms=PLATFORMS)
    assert "hunter4" not in str(raised.value)


def test_the_settings_in_force_are_shown_without_secrets_and_can_be_read_back(tmp_path: Path) -> None:
    environment = {"DATABASE_URL": "postgresql://paper:hunter2@h/n", "REDIS_URL": "redis://:hunter3@h/0"}
    text = config.shown(config.load(environment=environment, platforms=PLATFORMS))
    assert "hunter" not in text
    assert "postgresql://***@h/n" in text
    again = config.load(write(tmp_path, text), environment=environment, platforms=PLATFORMS)
    assert again == config.load(environment=environment, platforms=PLATFORMS)


def test_every_term_of_the_glossary_has_a_korean_name() -> None:
    phrases = glossary()
    assert len(phrases) > 400
    assert all(phrase == phrase.lower() and korean.strip() for phrase, korean in phrases.items())
