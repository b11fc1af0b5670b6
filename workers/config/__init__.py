"""Settings: the bundled files, an owner's file over them, the environment over both; checked before anything starts."""

import os
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import yaml
from pydantic import BaseModel, ValidationError, create_model

from workers.config.explain import explain
from workers.config.models import (
    HttpSettings,
    ModelSettings,
    QuestionSettings,
    Section,
    Settings,
    SourceSettings,
    SubscriptionSettings,
)
from workers.config.values import language_code
from workers.domain.errors import SettingsError
from workers.text.data import load_yaml

__all__ = [
    "HttpSettings",
    "ModelSettings",
    "Platform",
    "QuestionSettings",
    "Settings",
    "SourceSettings",
    "SubscriptionSettings",
    "default_file",
    "language_code",
    "load",
    "shown",
]

_ENVIRONMENT = {
    "DATABASE_URL": ("store", "url"),
    "REDIS_URL": ("queue", "url"),
    "OPENAI_MODEL": ("model", "name"),
}
"""Environment variable → (section, key) of the setting that it overrides."""


class Platform(Protocol):
    """A chat platform, as far as settings and command line need it."""

    @property
    def name(self) -> str:
        """The name of its section in the settings, and the first part of its chats' names, `NAME:ID`."""
        ...

    @property
    def settings(self) -> type[BaseModel]:
        """Model of its section."""
        ...

    @property
    def id_pattern(self) -> str:
        """Regular expression for the ids of its chats and users."""
        ...


def load(
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    platforms: Sequence[Platform] | None = None,
) -> Settings:
    """The bundled categories.yaml, config.yaml over it, `file` (or $PAPERBOY_CONFIG) over both, then the environment.

    Mappings merge key by key, lists replace. Raises SettingsError with one line for each wrong key.

    The command line passes `platforms`, so that their sections are checked and any other section is refused. A job
    passes none: it runs in a process whose settings were checked at its start, and reads no platform's section.
    """
    env = os.environ if environment is None else environment
    merged = _over({"categories": _read(_categories_file())}, _read(default_file()))
    chosen = file or (Path(env["PAPERBOY_CONFIG"]) if env.get("PAPERBOY_CONFIG") else None)
    if chosen:
        merged = _over(merged, _read(chosen))
    for variable, (section, key) in _ENVIRONMENT.items():
        if env.get(variable):
            merged = _merge(merged, {section: {key: env[variable]}})
    try:
        if platforms is None:
            return Settings.model_validate({key: merged[key] for key in merged if key in Settings.model_fields})
        return _with_platforms(merged, platforms)
    except ValidationError as error:
        raise SettingsError("\n".join(explain(error, _known_keys(platforms or ())))) from None


def shown(settings: Settings) -> str:
    """The settings in force as YAML that `load` reads back; user and password of a URL are masked.

    Sources and categories are lists, because a mapping would merge with the bundled ones when it is read back.
    """
    sections = {name: section.model_dump(mode="json") for name, section in settings.platforms.items()}
    plain = settings.model_dump(mode="json", exclude=set(sections)) | sections
    for key in ("sources", "categories"):
        plain[key] = list(plain[key].values())
    for section in ("store", "queue"):
        if plain[section]["url"]:
            plain[section]["url"] = re.sub(r"//[^@/]*@", "//***@", plain[section]["url"])
    return yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=150)


def default_file() -> Path:
    """config.yaml inside the installed package, or at the top of a source checkout."""
    packaged = _package() / "config.yaml"
    return packaged if packaged.exists() else packaged.parent.parent / "config.yaml"


def _categories_file() -> Path:
    return _package() / "data" / "categories.yaml"


def _package() -> Path:
    return Path(str(files("workers")))


def _read(file: Path) -> dict[str, Any]:
    try:
        loaded = load_yaml(file.read_text("utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"{file}: there is no such file") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{file}: cannot be read as YAML: {' '.join(str(error).split())}") from None
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise SettingsError(f"{file}: want settings as `key: value` lines, got a {type(loaded).__name__}")
    return loaded


def _over(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`below` with the settings of the file `above`; its new categories go before the last one of `below`."""
    merged = _merge(below, above)
    known, names = below["categories"], merged["categories"]
    if known and isinstance(known, dict) and isinstance(names, dict):
        *others, last = known
        new = [name for name in names if name not in known]
        merged["categories"] = {name: names[name] for name in (*others, *new, last)}
    return merged


def _merge(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        merged[key] = _merge(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return merged


def _with_platforms(merged: dict[str, Any], platforms: Sequence[Platform]) -> Settings:
    sections: dict[str, Any] = {platform.name: (platform.settings, ...) for platform in platforms}
    model = create_model("SettingsWithPlatforms", __base__=Settings, **sections)
    patterns = {platform.name: platform.id_pattern for platform in platforms}
    checked = model.model_validate(merged, context=patterns)
    common = {name: getattr(checked, name) for name in Settings.model_fields}
    return Settings(**{**common, "platforms": {name: getattr(checked, name) for name in sections}})


def _known_keys(platforms: Sequence[Platform]) -> list[str]:
    sections: list[type[BaseModel]] = [*Section.__subclasses__(), *(platform.settings for platform in platforms)]
    return [*(key for section in sections for key in section.model_fields), *(platform.name for platform in platforms)]
