"""Settings into objects: the only place where the parts of the day are put together."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

import httpx

from workers.answers import pipeline
from workers.answers.extractive import Words
from workers.answers.generate import Answerer
from workers.config import Settings, SourceSettings
from workers.digest.pipeline import Plan
from workers.digest.select import Weights
from workers.digest.write_extractive import Extractive
from workers.digest.write_llm import ModelWriter
from workers.domain.models import Paper
from workers.domain.passages import Reading
from workers.domain.ports import Clock, Gate, Source
from workers.fulltext.reader import Library
from workers.sources.arxiv import Arxiv
from workers.sources.deeplearn import DeepLearn
from workers.sources.feed import Feed
from workers.sources.fetch import Fetcher, client
from workers.sources.huggingface import HuggingFace
from workers.store import Store, open_store
from workers.text.data import frequencies, glossary, korean_terms

if TYPE_CHECKING:
    from workers.llm import OpenAiModel

ARXIV_GATE = "arxiv"


@contextmanager
def opened(settings: Settings, clock: Clock) -> Iterator[tuple[Store, Plan]]:
    """The store and the plan of `settings`, closed at the end. Raises SettingsError."""
    with stored(settings, clock) as store, client(settings.http, user_agent()) as web:
        yield store, plan_of(settings, store, web, clock)


def means_of(settings: Settings, store: Store) -> pipeline.Means:
    """What answering questions needs; a connection is opened only for a paper that is read for the first time."""

    def read(paper: Paper) -> Reading:
        with client(settings.http, user_agent()) as web:
            fetcher = Fetcher(web, settings.http, store.http, store.clock)
            gate = store.gate(ARXIV_GATE, settings.arxiv.min_interval_s)
            return Library(settings.arxiv.base_url, fetcher, gate).read(paper)

    model = _model(settings, store)
    words = Words(korean_terms(), glossary(), frequencies())
    answerer = None
    if model:
        embed = model.embed if settings.model.embeddings else None
        room, deadline_s = settings.model.context_tokens, settings.questions.deadline_s
        answerer = Answerer(model, words, room, deadline_s, embed)
    return pipeline.Means(store.library, read, store.editions.text, store.editions.newest, words, answerer)


@contextmanager
def stored(settings: Settings, clock: Clock) -> Iterator[Store]:
    """The store of `settings` alone, closed at the end. Raises SettingsError."""
    lease = settings.lease
    with open_store(settings.store.url, clock, lease.edition_s, lease.delivery_s) as store:
        yield store


def user_agent() -> str:
    return f"Paperboy/{version('paperboy')}"


def plan_of(settings: Settings, store: Store, web: httpx.Client, clock: Clock) -> Plan:
    """What the day needs, over the connections of `web`."""
    fetcher = Fetcher(web, settings.http, store.http, clock)
    gate = store.gate(ARXIV_GATE, settings.arxiv.min_interval_s)
    model, categories, words = _model(settings, store), settings.closed_list(), glossary()
    writing = settings.model
    writer = (
        ModelWriter(
            Extractive(categories, words), model, words, writing.deadline_s, writing.parallel, writing.context_tokens
        )
        if model
        else None
    )
    enabled = [source for source in settings.sources if source.enabled]
    return Plan(
        sources=[_source(source, fetcher, gate) for source in enabled],
        daily=frozenset(source.name for source in enabled if source.daily),
        calendar=settings.calendar(),
        categories=categories,
        glossary=words,
        weights=Weights(**settings.select.model_dump()),
        max_papers=settings.digest.max_papers,
        lease_s=settings.lease.edition_s,
        model=model,
        writer=writer,
        label_s=writing.deadline_s / 5,
    )


def _model(settings: Settings, store: Store) -> "OpenAiModel | None":
    """The model of the environment; None where there is no key or endpoint, or no name."""
    key, base = os.environ.get("OPENAI_API_KEY", ""), os.environ.get("OPENAI_BASE_URL")
    if not settings.model.name or not (key or base):
        return None
    from workers.llm import OpenAiModel  # openai, and only where a model is asked

    return OpenAiModel(settings.model, settings.model.name, key, base, store.model_calls)


def _source(settings: SourceSettings, fetcher: Fetcher, gate: Gate) -> Source:
    match settings.kind:
        case "arxiv":
            return Arxiv(settings.name, settings.url, settings.categories, settings.api_url, fetcher, gate)
        case "huggingface":
            return HuggingFace(settings.name, settings.url, fetcher)
        case "deeplearn":
            return DeepLearn(settings.name, settings.url, fetcher)
        case "feed":
            return Feed(settings.name, settings.url, fetcher)
