"""What `paperboy doctor` says of the language model: one real completion in the digest's shape, and one embedding."""

import difflib
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING

from workers.bootstrap import embedding_model, language_model
from workers.config import Settings
from workers.digest.llm_trial import trial
from workers.domain.completions import Meter
from workers.domain.errors import AnswerUnusable, ModelError
from workers.domain.findings import Finding
from workers.store import Store
from workers.text.data import glossary

if TYPE_CHECKING:
    from workers.llm import OpenAiModel

_TRIAL_S = 120.0
"""Seconds for the completion; a local model loads first."""
_LIST_S = 10.0


def model_findings(settings: Settings, store: Store, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Ask the endpoint for its list of models, then the model for a section. Neither key nor address is printed."""
    if not (environment.get("OPENAI_API_KEY") or environment.get("OPENAI_BASE_URL")):
        yield Finding("model", True, "none; digests consist of sentences of the abstracts")
        return
    if not settings.model.name:
        yield Finding("model", False, "an endpoint is set, but no model is named; set OPENAI_MODEL or model.name")
        return
    yield from _completions(settings, store, environment)
    if settings.model.embeddings:
        yield _embedding(settings, store)
    for failure in store.failures.newest_of_models(1):
        at = f"{failure.last_at:%Y-%m-%d %H:%M} UTC"
        yield Finding("last failure of a model", True, f"{failure.unit.about} at {at}: {failure.reason}")


def _completions(settings: Settings, store: Store, environment: Mapping[str, str]) -> Iterator[Finding]:
    """A finding for the model, and one for each fallback."""
    models = language_model(settings, store, environment, lambda _name, _error: None, tries=1)
    if models is None:
        return
    with closing(models):
        for model in models.models:
            yield _completion(model, settings.digest.language)


def _completion(model: "OpenAiModel", language: str) -> Finding:
    from workers.llm import model_names  # imports openai, which takes long

    name, begun = model.name, time.monotonic()
    try:
        trial(model, language, glossary(), _TRIAL_S)
    except AnswerUnusable:
        return Finding("model", False, f"{name} answers, but not in the digest's shape: digests would be excerpts")
    except ModelError as error:
        listed = model_names(model.endpoint, _LIST_S)
        near = difflib.get_close_matches(name, listed, n=3, cutoff=0.3) or listed[:3]
        hint = f"; it is not in the endpoint's list, which has {', '.join(near)}" if near and name not in listed else ""
        return Finding("model", False, f"{name} cannot be used: {error}{hint}")
    took = f"{name} answers in the digest's shape, after {time.monotonic() - begun:.0f} s"
    refused = model.refused()
    return Finding("model", True, took + (f"; refused and left out: {', '.join(refused)}" if refused else ""))


def _embedding(settings: Settings, store: Store) -> Finding:
    name = settings.model.embeddings or ""
    embeddings = embedding_model(settings, store)
    if embeddings is None:
        return Finding("embeddings", True, "none")
    with closing(embeddings):
        try:
            numbers = embeddings.embed([f"A check with the number {time.time_ns()}"], _LIST_S, Meter())[0]
        except ModelError as error:
            return Finding("embeddings", False, f"{name} cannot be used: {error}; see model.embeddings_url")
    return Finding("embeddings", True, f"{name} answers with {len(numbers):,} numbers")
