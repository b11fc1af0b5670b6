"""The word lists in workers/data, each loaded once."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml


@lru_cache(maxsize=1)
def glossary() -> dict[str, str]:
    """English key phrases (lower case) → the Korean terms that readers know."""
    loaded: dict[str, str] = load_yaml((files("workers") / "data" / "glossary.yaml").read_text("utf-8"))
    return loaded


@lru_cache(maxsize=1)
def korean_terms() -> dict[str, str]:
    """Korean → English: the terms of questions, and those of the glossary, which give way to them."""
    questions: dict[str, str] = load_yaml((files("workers") / "data" / "questions_ko.yaml").read_text("utf-8"))
    return {**{korean: english for english, korean in glossary().items()}, **questions}


@lru_cache(maxsize=1)
def frequencies() -> dict[str, float]:
    """Stem → how many of 10,000 abstracts contain it; stems that are rare are left out."""
    lines = (files("workers") / "data" / "frequencies.tsv").read_text("utf-8").splitlines()
    return {term: float(value) for term, _, value in (line.partition("\t") for line in lines)}


def load_yaml(text: str) -> Any:
    """Parse YAML with libyaml where it is installed: it is ten times as fast, and every job reads the settings."""
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
