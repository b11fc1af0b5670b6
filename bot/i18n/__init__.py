"""What the bots say, in each language; a language without its own texts gets the English ones."""

from bot.i18n.catalog import Catalog
from bot.i18n.en import ENGLISH
from bot.i18n.ko import KOREAN

__all__ = ["LANGUAGES", "Catalog", "catalog_for", "language_name"]

LANGUAGES = ("ko", "en")
"""Languages with texts of their own."""
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


def catalog_for(language: str) -> Catalog:
    return KOREAN if language == "ko" else ENGLISH


def language_name(language: str) -> str:
    """What its own speakers call it; its code where we do not know."""
    return _NAMES.get(language, language)
