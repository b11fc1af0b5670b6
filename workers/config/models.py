"""The settings as types: each section of config.yaml is a model that checks its values."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from workers.config.values import (
    ChatName,
    ClockTime,
    HourText,
    LanguageCode,
    Points,
    Positive,
    QueueUrl,
    Url,
    Weekdays,
    ZoneName,
    by_name,
)
from workers.domain.calendar import Calendar, Hour
from workers.domain.deliveries import Notify
from workers.domain.models import Category

PlatformSection = TypeVar("PlatformSection", bound=BaseModel)


class Section(BaseModel):
    """A section of the settings: no unknown keys, no changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreSettings(Section):
    url: str = Field(repr=False)


class QueueSettings(Section):
    url: QueueUrl | None = Field(default=None, repr=False)


class DigestSettings(Section):
    language: LanguageCode
    max_papers: int = Field(ge=1, le=200)
    closes_at: HourText
    holidays: tuple[date, ...] = ()
    catch_up_days: int = Field(ge=0, le=7)


class SourceSettings(Section):
    name: str = Field(min_length=1, max_length=40)
    kind: Literal["arxiv", "huggingface", "deeplearn", "feed"]
    url: Url
    categories: tuple[str, ...] = ()
    api_url: Url | None = None
    collect_at: HourText | None = None
    enabled: bool = True

    @property
    def daily(self) -> bool:
        """Whether any day may have news. arXiv announces on working days only."""
        return self.kind != "arxiv"

    @property
    def collected_at(self) -> Hour:
        """When the day's answer is complete: arXiv's feed after midnight Eastern time, other sources by 07:00 UTC."""
        return Hour.parse(self.collect_at or ("07:00 UTC" if self.daily else "00:20 America/New_York"))


class ArxivSettings(Section):
    base_url: Url
    min_interval_s: float = Field(ge=0)


class HttpSettings(Section):
    timeout_s: Positive
    deadline_s: Positive
    patience_s: float = Field(ge=0)
    max_bytes: int = Field(ge=1024)
    contact: str = Field(default="", pattern=r"^[ -~]*$")


class ChildSettings(Section):
    """Limits of a process in which foreign bytes are read."""

    time_s: Positive
    memory_mb: int = Field(ge=64)


class SelectSettings(Section):
    """Points that decide which papers are listed; `digest.select` adds them up."""

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
    title_terms: Points


class LeaseSettings(Section):
    edition_s: Positive
    delivery_s: Positive


class ClockSettings(Section):
    tick_s: Positive
    lease_s: Positive


class PriceSettings(Section):
    """US dollars for a million tokens; tokens that the provider has cached cost as much as others where it says no."""

    input: float = Field(ge=0)
    cached: float | None = Field(default=None, ge=0)
    output: float = Field(ge=0)


class ModelSettings(Section):
    name: str | None = None
    fallbacks: tuple[str, ...] = ()
    timeout_s: Positive
    deadline_s: Positive
    parallel: int = Field(ge=1, le=16)
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_output_tokens: int = Field(ge=256)
    context_tokens: int = Field(ge=2048)
    embeddings: str | None = None
    embeddings_url: Url | None = None
    daily_usd: float | None = Field(default=None, ge=0)
    daily_tokens: int | None = Field(default=None, ge=0)
    digest_share: float = Field(default=0.3, ge=0, le=1)
    price: PriceSettings

    @field_validator("price")
    @classmethod
    def _is_there_for_a_cap(cls, price: PriceSettings, info: ValidationInfo) -> PriceSettings:
        """Without prices nothing costs anything, so that a cap in dollars would never hold."""
        if info.data.get("daily_usd") is not None and not (price.input and price.output):
            raise ValueError("your provider's prices, because daily_usd is set; or set daily_tokens instead")
        return price


class SubscriptionSettings(Section):
    """What a chat has when it subscribes."""

    time: ClockTime
    zone: ZoneName
    weekdays: Weekdays
    notify: Notify


class ChatSettings(Section):
    commands_a_minute: int = Field(ge=1)
    comments: bool


class QuestionSettings(Section):
    per_person_a_day: int = Field(ge=0)
    per_chat_a_day: int | None = Field(default=None, ge=0)
    all_a_day: int | None = Field(default=None, ge=0)
    deadline_s: Positive


class CategorySettings(Section):
    name: str = Field(min_length=1)
    names: dict[LanguageCode, str] = {}
    emoji: str
    colour: str = Field(pattern=r"^#[0-9a-fA-F]{6}$")
    terms: Points = {}
    arxiv: Points = {}


class Settings(Section):
    """All settings, checked. Its repr has no secrets."""

    store: StoreSettings
    folder: Path
    queue: QueueSettings
    digest: DigestSettings
    sources: Annotated[dict[str, SourceSettings], BeforeValidator(by_name)]
    """By name, in the order in which they are asked."""
    arxiv: ArxivSettings
    http: HttpSettings
    child: ChildSettings
    select: SelectSettings
    lease: LeaseSettings
    clock: ClockSettings
    model: ModelSettings
    subscription: SubscriptionSettings
    chats: ChatSettings
    questions: QuestionSettings
    access: Literal["open", "approve", "list"]
    owners: tuple[ChatName, ...]
    allowed: tuple[ChatName, ...]
    categories: Annotated[dict[str, CategorySettings], BeforeValidator(by_name), Field(min_length=1)]
    """By English name; the last one takes the papers that fit no other."""
    platforms: Mapping[str, BaseModel] = Field(default={}, exclude=True)
    """Platform → its section, checked by the platform's own model; empty if `load` was given no platforms."""

    def platform(self, name: str, model: type[PlatformSection]) -> PlatformSection:
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
        return [(platform, person) for platform, _, person in (name.partition(":") for name in self.owners)]

    def closed_list(self) -> tuple[Category, ...]:
        return tuple(Category(**category.model_dump()) for category in self.categories.values())
