"""The texts of the interface by language; a language without a catalog gets the English one."""

from collections.abc import Mapping

from bot.i18n.catalog import Catalog
from bot.i18n.en import ENGLISH
from bot.i18n.ko import KOREAN

__all__ = ["CATALOGS", "LANGUAGES", "Catalog", "catalog_for", "language_name"]

CATALOGS: Mapping[str, Catalog] = {"ko": KOREAN, "en": ENGLISH}
"""Languages that have a catalog."""
LANGUAGES = tuple(CATALOGS)
"""Languages with a catalog of their own."""
_NAMES = {
    "ko": "한국어",
    "en": "English",
    "ja": "日本語",
    "zh": "中文",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "pt": "Português",
    "it": "Italiano",
    "ru": "Русский",
    "vi": "Tiếng Việt",
    "id": "Indonesia",
}
"""Language → what its own speakers call it."""


def catalog_for(language: str) -> Catalog:
    return CATALOGS.get(language, ENGLISH)


def language_name(language: str) -> str:
    """The texts in `language`, English if there are none."""
    return _NAMES.get(language, language)
