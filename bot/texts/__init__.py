"""What the bots say, in each language; a language without its own texts gets the English ones."""

from bot.texts.base import Texts
from bot.texts.en import ENGLISH
from bot.texts.ko import KOREAN

__all__ = ["Texts", "texts"]


def texts(language: str) -> Texts:
    return KOREAN if language == "ko" else ENGLISH
