"""The word lists that the package carries in workers/data, loaded once."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml


@lru_cache(maxsize=1)
def glossary() -> dict[str, str]:
    """English key phrases (lower case) → the Korean terms readers know."""
    loaded: dict[str, str] = load_yaml((files("workers") / "data" / "glossary.yaml").read_text("utf-8"))
    return loaded


@lru_cache(maxsize=1)
def korean_terms() -> dict[str, str]:
    """Korean → English: what Koreans ask with, and the glossary read backwards."""
    asked: dict[str, str] = load_yaml((files("workers") / "data" / "questions_ko.yaml").read_text("utf-8"))
    return {**{korean: english for english, korean in glossary().items()}, **asked}


@lru_cache(maxsize=1)
def frequencies() -> dict[str, float]:
    """Stem → how many of 10,000 abstracts hold it, for what is common in papers at large."""
    lines = (files("workers") / "data" / "frequencies.tsv").read_text("utf-8").splitlines()
    return {term: float(value) for term, _, value in (line.partition("\t") for line in lines)}


def load_yaml(text: str) -> Any:
    """By libyaml where it is there: ten times as fast, and every job reads the settings."""
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
