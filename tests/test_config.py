"""Settings: three layers; errors name the wrong key and how to fix it; secrets are never shown."""

from pathlib import Path

import pytest

from bot.i18n import LANGUAGES
from bot.platforms import PLATFORMS
from tests.fakes.papers import paper
from workers import config
from workers.digest.classify import classify
from workers.domain.errors import SettingsError
from workers.domain.models import Category
from workers.text.data import glossary


def write(folder: Path, text: str) -> Path:
    file = folder / "mine.yaml"
    file.write_text(text, "utf-8")
    return file


def test_the_bundled_settings_are_whole_and_valid() -> None:
    settings = config.load(environment={}, platforms=PLATFORMS)
    assert settings.digest.max_papers == 40
    assert [source.name for source in settings.sources.values() if source.enabled] == ["arxiv", "huggingface"]
    assert list(settings.categories)[-1] == "Others"
    assert len({category.colour for category in settings.categories.values()}) == len(settings.categories) == 20


def test_mappings_merge_and_lists_replace(tmp_path: Path) -> None:
    file = write(
        tmp_path, "digest: {language: en}\nsources: [{name: lab, kind: feed, url: 'https://example.org/x.xml'}]"
    )
    settings = config.load(file, environment={}, platforms=PLATFORMS)
    assert (settings.digest.language, settings.digest.max_papers) == ("en", 40)
    assert list(settings.sources) == ["lab"]


def loaded(folder: Path, text: str) -> config.Settings:
    return config.load(write(folder, text), environment={}, platforms=PLATFORMS)


def test_a_feed_is_added_in_three_lines_and_a_source_is_changed_or_removed_in_one(tmp_path: Path) -> None:
    bundled = config.load(environment={}).sources
    settings = loaded(
        tmp_path,
        """
        sources:
          my-lab:
            kind: feed
            url: https://example.org/papers.xml
          deeplearn: {enabled: true}
          huggingface: null
        """,
    )
    assert list(settings.sources) == [*(name for name in bundled if name != "huggingface"), "my-lab"]
    assert settings.sources["arxiv"] == bundled["arxiv"]
    assert settings.sources["deeplearn"] == bundled["deeplearn"].model_copy(update={"enabled": True})
    assert (settings.sources["my-lab"].name, settings.sources["my-lab"].kind) == ("my-lab", "feed")


def test_a_category_is_added_before_the_last_in_three_lines(tmp_path: Path) -> None:
    bundled = config.load(environment={}).closed_list()
    closed = loaded(
        tmp_path,
        """
        categories:
          Bird Song:
            emoji: "🐦"
            colour: "#123456"
            terms: {bird song: 9}
        """,
    ).closed_list()
    assert closed[:-2] + closed[-1:] == bundled
    assert closed[-2] == Category("Bird Song", "🐦", "#123456", terms={"bird song": 9.0})
    assert classify(paper(title="Bird song in cities"), closed) == "Bird Song"


def test_one_term_of_a_category_is_changed_and_one_is_removed(tmp_path: Path) -> None:
    bundled = config.load(environment={}).categories["Robotics"]
    changed = loaded(tmp_path, "categories: {Robotics: {terms: {lidar: 7, slam: null, tractor: 4}}}")
    terms = {**bundled.terms, "lidar": 7.0, "tractor": 4.0}
    terms.pop("slam")
    assert changed.categories["Robotics"] == bundled.model_copy(update={"terms": terms})


def test_a_category_set_to_null_is_removed(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "categories: {Robotics: null}")
    assert "Robotics" not in settings.categories
    assert len(settings.categories) == 19


def test_a_list_of_categories_replaces_all_and_may_still_say_name_ko(tmp_path: Path) -> None:
    closed = loaded(
        tmp_path,
        """
        categories:
          - {name: Birds, name_ko: 새, emoji: "🐦", colour: "#123456"}
          - {name: Others, names: {ko: 그 외, de: Anderes}, emoji: "📦", colour: "#8a8a8a"}
        """,
    ).closed_list()
    assert [each.named("ko") for each in closed] == ["새", "그 외"]
    assert [each.named("de") for each in closed] == ["Birds", "Anderes"]


def test_settings_with_an_owners_sources_and_categories_can_be_read_back(tmp_path: Path) -> None:
    text = "sources: {huggingface: null, deeplearn: {enabled: true}}\ncategories: {Others: null, Robotics: null}"
    settings = loaded(tmp_path, text)
    again = loaded(tmp_path, config.shown(settings))
    assert again == settings
    assert list(again.categories) == list(settings.categories)


def test_the_bundled_categories_have_a_name_in_every_language_of_the_interface() -> None:
    for category in config.load(environment={}).closed_list():
        assert all(category.names.get(language) for language in LANGUAGES if language != "en")


def test_the_environment_stands_above_the_files(tmp_path: Path) -> None:
    file = write(tmp_path, "store: {url: 'sqlite:///mine.db'}")
    environment = {"PAPERBOY_CONFIG": str(file), "DATABASE_URL": "postgresql://h/n", "REDIS_URL": "redis://h"}
    settings = config.load(environment=environment, platforms=PLATFORMS)
    assert (settings.store.url, settings.queue.url) == ("postgresql://h/n", "redis://h")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "digest: {max_papers: many}",
            'digest.max_papers: want a valid integer, unable to parse string as an integer, got "many"',
        ),
        ("digest: {max_paper: 3}", "digest.max_paper: no such setting; did you mean max_papers?"),
        ("digest: {language: french}", "digest.language: want a code of two letters, such as ko or en, got"),
        ("sources: [{name: x, kind: rss, url: 'https://h/f'}]", "sources.x.kind: want"),
        ("sources: [{name: x, kind: feed, url: 'ftp://h/f'}]", "sources.x.url: want"),
        ("sources: [{name: x, kind: feed}]", "sources.x.url: is missing"),
        ("sources: [{kind: feed, url: 'https://h/f'}]", "sources.0.name: is missing"),
        (
            "sources: [{name: x, kind: feed, url: 'https://h/f'}, {name: x, kind: feed, url: 'https://h/g'}]",
            "sources: want each name once, and x is there twice",
        ),
        ("sources: {my-lab: {kind: feed}}", "sources.my-lab.url: is missing"),
        ("sources: {my-lab: https://example.org}", "sources.my-lab: want"),
        ("sources: {arxiv: {colour: red}}", "sources.arxiv.colour: no such setting"),
        ("categories: {Robotics: {terms: {lidar: much}}}", "categories.Robotics.terms.lidar: want a valid number"),
        ("categories: {Robotic: {terms: {lidar: 7}}}", "categories.Robotic.emoji: is missing"),
        ("categories: []", "categories: want"),
        ("subscription: {time: 18:30}", 'subscription.time: want a time in quotes, such as "09:00", got 1110'),
        ('subscription: {time: "24:00"}', "subscription.time: want a time in quotes"),
        ("subscription: {zone: Mars/Olympus}", "subscription.zone: want a time zone, such as Asia/Seoul, got"),
        ("subscription: {weekdays: [someday]}", "subscription.weekdays: want a list of days, such as [mon, wed, fri]"),
        ("subscription: {weekdays: []}", "subscription.weekdays: want a list of days"),
        ("subscription: {notify: loudly}", "subscription.notify: want"),
        ("model: {daily_usd: 0.5}", 'model.price: want your provider"s prices, because daily_usd is set'),
        ("- a\n- b", "want settings as `key: value` lines, got a list"),
        ("digest: [", "cannot be read as YAML"),
    ],
)
def test_a_wrong_setting_names_its_key_and_the_cure(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        config.load(write(tmp_path, text), environment={}, platforms=PLATFORMS)
    assert message in str(raised.value).replace("'", '"')


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
