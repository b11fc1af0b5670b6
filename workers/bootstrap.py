"""Settings into objects: the only place where the parts of the day are put together."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

import httpx

from workers.answers import pipeline
from workers.answers.extractive import Vocabulary
from workers.answers.generate import Answerer
from workers.config import Settings, SourceSettings
from workers.digest.pipeline import PipelineConfig
from workers.digest.select import Weights
from workers.digest.write_extractive import Extractive
from workers.digest.write_llm import ModelWriter
from workers.domain.models import Paper
from workers.domain.passages import PaperText
from workers.domain.ports import Clock, Gate, Source
from workers.fulltext.reader import PaperReader
from workers.sources.arxiv import Arxiv, ArxivFeeds
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
def open_pipeline(settings: Settings, clock: Clock) -> Iterator[tuple[Store, PipelineConfig]]:
    """The store and the plan of `settings`, closed at the end. Raises SettingsError."""
    with open_configured_store(settings, clock) as store, client(settings.http, user_agent()) as web:
        yield store, pipeline_config(settings, store, web, clock)


def answer_services(settings: Settings, store: Store) -> pipeline.AnswerServices:
    """What answering questions needs; a connection is opened only for a paper that is read for the first time."""

    def read(paper: Paper) -> PaperText:
        with client(settings.http, user_agent()) as web:
            fetcher = Fetcher(web, settings.http, store.http_cache, store.clock)
            gate = store.gate(ARXIV_GATE, settings.arxiv.min_interval_s)
            return PaperReader(settings.arxiv.base_url, fetcher, gate).read(paper)

    model = _model(settings, store)
    words = Vocabulary(korean_terms(), glossary(), frequencies())
    answerer = None
    if model:
        embed = model.embed if settings.model.embeddings else None
        room, deadline_s = settings.model.context_tokens, settings.questions.deadline_s
        answerer = Answerer(model, words, room, deadline_s, embed)
    return pipeline.AnswerServices(store.paper_texts, read, store.editions.text, store.editions.newest, words, answerer)


@contextmanager
def open_configured_store(settings: Settings, clock: Clock) -> Iterator[Store]:
    """The store of `settings` alone, closed at the end. Raises SettingsError."""
    lease = settings.lease
    with open_store(settings.store.url, clock, lease.edition_s, lease.delivery_s) as store:
        yield store


def user_agent() -> str:
    return f"Paperboy/{version('paperboy')}"


def pipeline_config(settings: Settings, store: Store, web: httpx.Client, clock: Clock) -> PipelineConfig:
    """What the day needs, over the connections of `web`."""
    fetcher = Fetcher(web, settings.http, store.http_cache, clock)
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
    return PipelineConfig(
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
    from workers.llm import ModelEndpoint, OpenAiModel  # openai, and only where a model is asked

    return OpenAiModel(settings.model, ModelEndpoint(settings.model.name, key, base), store.model_calls)


def _source(settings: SourceSettings, fetcher: Fetcher, gate: Gate) -> Source:
    match settings.kind:
        case "arxiv":
            feeds = ArxivFeeds(settings.url, settings.categories, settings.api_url)
            return Arxiv(settings.name, feeds, fetcher, gate)
        case "huggingface":
            return HuggingFace(settings.name, settings.url, fetcher)
        case "deeplearn":
            return DeepLearn(settings.name, settings.url, fetcher)
        case "feed":
            return Feed(settings.name, settings.url, fetcher)
