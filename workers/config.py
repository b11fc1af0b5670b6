"""Settings: config.yaml, an owner's file over it, the environment over both; checked before anything starts."""

import difflib
import os
import re
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, TypeVar

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    create_model,
)

from workers.domain.calendar import Calendar, Hour
from workers.domain.errors import SettingsError
from workers.domain.models import Category
from workers.text.data import load_yaml

_ENVIRONMENT = {
    "DATABASE_URL": ("store", "url"),
    "REDIS_URL": ("queue", "url"),
    "OPENAI_MODEL": ("model", "name"),
}
"""Variables that stand for a setting; the secrets among them never come from a file of the project."""


def _web_address(url: str) -> str:
    TypeAdapter(HttpUrl).validate_python(url)
    return url.rstrip("/")


def _hour(text: str) -> str:
    return str(Hour.parse(text))


def language_code(text: str) -> str:
    """Raises ValueError for what is no ISO 639-1 code."""
    if not re.fullmatch(r"[a-z]{2}", text):
        raise ValueError("a code of two letters, such as ko or en")
    return text


LanguageCode = Annotated[str, AfterValidator(language_code)]
HourText = Annotated[str, AfterValidator(_hour)]


def _chat(name: str, info: ValidationInfo) -> str:
    """Checked against the ids of each platform where the platforms are known, else only for its form."""
    patterns: Mapping[str, str] = info.context or {}
    platform, _, number = name.partition(":")
    if not number or (patterns and not re.fullmatch(patterns.get(platform, ""), number)):
        raise ValueError("a platform and a number, such as telegram:123456789")
    return name


ChatName = Annotated[str, AfterValidator(_chat)]
"""A person or chat of a platform, by the platform's own number."""
Url = Annotated[str, AfterValidator(_web_address)]
Positive = Annotated[float, Field(gt=0)]


Section = TypeVar("Section", bound=BaseModel)


class Platform(Protocol):
    """A chat platform, as far as settings and command line need it."""

    @property
    def name(self) -> str:
        """Its section in the settings, and what its chats are named by: `NAME:ID`."""
        ...

    @property
    def settings(self) -> type[BaseModel]: ...

    @property
    def id_pattern(self) -> str:
        """Regular expression for the ids of its chats and users."""
        ...


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceSettings(_Part):
    name: str = Field(min_length=1, max_length=40)
    kind: Literal["arxiv", "huggingface", "deeplearn", "feed"]
    url: Url
    categories: tuple[str, ...] = ()
    api_url: Url | None = None
    collect_at: HourText | None = None
    enabled: bool = True

    @property
    def daily(self) -> bool:
        """arXiv announces on working days; everything else may have news on any day."""
        return self.kind != "arxiv"

    @property
    def collected_at(self) -> Hour:
        """When the day's answer is there: arXiv's feed at midnight Eastern, Hugging Face's list by seven UTC."""
        return Hour.parse(self.collect_at or ("07:00 UTC" if self.daily else "00:20 America/New_York"))


class StoreSettings(_Part):
    url: str = Field(repr=False)


class QueueSettings(_Part):
    url: str | None = Field(default=None, repr=False)


class DigestSettings(_Part):
    language: LanguageCode
    max_papers: int = Field(ge=1, le=200)
    closes_at: HourText
    holidays: tuple[date, ...] = ()
    catch_up_days: int = Field(ge=0, le=7)


class ArxivSettings(_Part):
    base_url: Url
    min_interval_s: float = Field(ge=0)


class HttpSettings(_Part):
    timeout_s: Positive
    deadline_s: Positive
    patience_s: float = Field(ge=0)
    max_bytes: int = Field(ge=1024)
    contact: str = ""


class SelectSettings(_Part):
    """Points of `digest.select`; see there."""

    upvote: float = Field(ge=0)
    readers_list: float = Field(ge=0)
    extra_source: float = Field(ge=0)
    followed: float = Field(ge=0)
    crowding: float = Field(ge=0)
    code: float
    named: float
    broad: float
    large_team: float
    accepted: float
    recent: float = Field(ge=0)
    title_terms: dict[str, float]


class LeaseSettings(_Part):
    edition_s: Positive
    delivery_s: Positive


class ClockSettings(_Part):
    tick_s: Positive
    lease_s: Positive


class PriceSettings(_Part):
    """US dollars for a million tokens."""

    input: float = Field(ge=0)
    cached: float = Field(ge=0)
    output: float = Field(ge=0)


class ModelSettings(_Part):
    name: str | None = None
    timeout_s: Positive
    deadline_s: Positive
    parallel: int = Field(ge=1, le=16)
    temperature: float = Field(ge=0, le=2)
    max_output_tokens: int = Field(ge=256)
    context_tokens: int = Field(ge=2048)
    embeddings: str | None = None
    daily_usd: float | None = Field(default=None, ge=0)
    daily_tokens: int | None = Field(default=None, ge=0)
    price: PriceSettings


class ChatSettings(_Part):
    commands_a_minute: int = Field(ge=1)
    comments: bool


class QuestionSettings(_Part):
    per_person_a_day: int = Field(ge=0)
    deadline_s: Positive


class CategorySettings(_Part):
    name: str
    name_ko: str
    emoji: str
    colour: str = Field(pattern=r"^#[0-9a-fA-F]{6}$")
    terms: dict[str, float] = {}
    arxiv: dict[str, float] = {}


class Settings(_Part):
    """All settings, checked. Secrets are not in its repr."""

    store: StoreSettings
    folder: Path
    queue: QueueSettings
    digest: DigestSettings
    sources: tuple[SourceSettings, ...]
    arxiv: ArxivSettings
    http: HttpSettings
    select: SelectSettings
    lease: LeaseSettings
    clock: ClockSettings
    model: ModelSettings
    chats: ChatSettings
    questions: QuestionSettings
    access: Literal["open", "approve", "list"]
    owners: tuple[ChatName, ...]
    allowed: tuple[ChatName, ...]
    categories: tuple[CategorySettings, ...] = Field(min_length=1)
    platforms: Mapping[str, BaseModel] = Field(default={}, exclude=True)
    """The section of each chat platform, read by its own model; empty where `load` was given no platforms."""

    def platform(self, name: str, model: type[Section]) -> Section:
        """The section of the platform `name`. Raises KeyError or TypeError if it was not loaded as `model`."""
        section = self.platforms[name]
        if not isinstance(section, model):
            raise TypeError(f"{name}: settings are {type(section).__name__}, not {model.__name__}")
        return section

    def calendar(self) -> Calendar:
        digest = self.digest
        return Calendar(Hour.parse(digest.closes_at), frozenset(digest.holidays), digest.catch_up_days)

    def named_owners(self) -> list[tuple[str, str]]:
        """(platform, person) of those under `owners`."""
        return [(platform, person) for platform, _, person in (each.partition(":") for each in self.owners)]

    def closed_list(self) -> tuple[Category, ...]:
        return tuple(Category(**category.model_dump()) for category in self.categories)


def load(
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    platforms: Sequence[Platform] | None = None,
) -> Settings:
    """The bundled config.yaml, then `file` (or $PAPERBOY_CONFIG), then the environment.

    Mappings merge key by key, lists replace. Raises SettingsError with one line for each wrong key.

    The command line passes `platforms`, so that their sections are checked and any other section is refused. A job
    passes none: it runs in a process whose settings were checked at its start, and reads no platform's section.
    """
    env = os.environ if environment is None else environment
    merged = _read(default_file())
    chosen = file or (Path(env["PAPERBOY_CONFIG"]) if env.get("PAPERBOY_CONFIG") else None)
    if chosen:
        merged = _merge(merged, _read(chosen))
    for variable, (part, key) in _ENVIRONMENT.items():
        if env.get(variable):
            merged = _merge(merged, {part: {key: env[variable]}})
    try:
        if platforms is None:
            return Settings.model_validate({key: merged[key] for key in merged if key in Settings.model_fields})
        return _with_platforms(merged, platforms)
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(error, platforms or ()))) from None


def _with_platforms(merged: dict[str, Any], platforms: Sequence[Platform]) -> Settings:
    sections: dict[str, Any] = {platform.name: (platform.settings, ...) for platform in platforms}
    model = create_model("SettingsWithPlatforms", __base__=Settings, **sections)
    patterns = {platform.name: platform.id_pattern for platform in platforms}
    checked = model.model_validate(merged, context=patterns)
    common = {name: getattr(checked, name) for name in Settings.model_fields}
    return Settings(**{**common, "platforms": {name: getattr(checked, name) for name in sections}})


def shown(settings: Settings) -> str:
    """The settings in force as YAML; user and password of a URL masked."""
    sections = {name: section.model_dump(mode="json") for name, section in settings.platforms.items()}
    plain = settings.model_dump(mode="json", exclude=set(sections)) | sections
    for part in ("store", "queue"):
        if plain[part]["url"]:
            plain[part]["url"] = re.sub(r"//[^@/]*@", "//***@", plain[part]["url"])
    return yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=150)


def default_file() -> Path:
    """config.yaml as the wheel carries it, or at the top of a source checkout."""
    packaged = Path(str(files("workers"))) / "config.yaml"
    return packaged if packaged.exists() else packaged.parent.parent / "config.yaml"


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


def _merge(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        merged[key] = _merge(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return merged


def _explain(error: ValidationError, platforms: Sequence[Platform]) -> list[str]:
    lines = []
    for wrong in error.errors():
        key = ".".join(str(step) for step in wrong["loc"])
        if wrong["type"] == "extra_forbidden":
            near = difflib.get_close_matches(str(wrong["loc"][-1]), _known_keys(platforms), n=1)
            lines.append(f"{key}: no such setting" + (f"; did you mean {near[0]}?" if near else ""))
        elif wrong["type"] == "missing":
            lines.append(f"{key}: is missing")
        else:
            shown = "" if key in {"store.url", "queue.url"} else f", got {_shown(wrong['input'])}"
            lines.append(f"{key}: {_wanted(wrong['msg'])}{shown}")
    return lines


def _wanted(message: str) -> str:
    return "want " + message.removeprefix("Input should be ").removeprefix("Value error, ")


def _shown(value: object) -> str:
    text = repr(value).replace("'", '"')
    return text if len(text) <= 60 else text[:57] + "…"


def _known_keys(platforms: Sequence[Platform]) -> list[str]:
    parts: list[type[BaseModel]] = [*_Part.__subclasses__(), *(platform.settings for platform in platforms)]
    return [*(key for part in parts for key in part.model_fields), *(platform.name for platform in platforms)]
