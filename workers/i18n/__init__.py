"""The fixed texts of digests and answers; a language without a catalog of its own gets the English one."""

from collections.abc import Mapping

from workers.domain.models import Language
from workers.i18n.catalog import DigestCatalog
from workers.i18n.en import ENGLISH
from workers.i18n.ko import KOREAN

__all__ = ["CATALOGS", "DigestCatalog", "catalog_language", "digest_catalog_for"]

CATALOGS: Mapping[Language, DigestCatalog] = {"ko": KOREAN, "en": ENGLISH}
"""Language → its catalog. A new language is one file beside this one and one entry here."""


def digest_catalog_for(language: Language) -> DigestCatalog:
    return CATALOGS.get(language, ENGLISH)


def catalog_language(language: Language) -> Language:
    """The language that `digest_catalog_for(language)` is written in."""
    return language if language in CATALOGS else "en"
