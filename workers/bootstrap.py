"""Builds the objects that jobs and verbs use from the settings; nothing else puts them together."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from workers.answers.extractive import Vocabulary
from workers.answers.generate import Answerer
from workers.answers.services import AnswerServices, FetchedText
from workers.config import Settings, SourceSettings
from workers.digest.pipeline import OnProgress, PipelineConfig, PipelineContext
from workers.digest.select import Weights
from workers.digest.write_extractive import Extractive
from workers.digest.write_llm import ModelWriter
from workers.domain.errors import ModelError, SettingsError
from workers.domain.models import Paper
from workers.domain.ports import Clock, Gate, Source
from workers.domain.units import Failure, Unit, UnitKind
from workers.fulltext.reader import PaperReader, abstract_of
from workers.runtime.boundary import Boundary, reason_of
from workers.runtime.children import ChildLimits, ChildProcesses
from workers.runtime.proxies import proxy_for
from workers.sources.arxiv import Arxiv, ArxivFeeds
from workers.sources.arxiv_day import Expectation
from workers.sources.deeplearn import DeepLearn
from workers.sources.documents import DocumentReader
from workers.sources.feed import Feed
from workers.sources.huggingface import HuggingFace
from workers.store import Store, open_store
from workers.text.data import frequencies, glossary, korean_terms

if TYPE_CHECKING:
    from workers.llm import Fallbacks, OpenAiEmbeddings

ARXIV_GATE = "arxiv"
"""Name of the gate that all requests to arXiv pass."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """An open store and the context over it that the digest's pipeline runs in."""

    store: Store
    context: PipelineContext


def _ignore(_step: str, _figures: str) -> None:
    return


@contextmanager
def open_pipeline(settings: Settings, clock: Clock, on_progress: OnProgress = _ignore) -> Iterator[Pipeline]:
    """The pipeline of `settings`; its store and connections are closed at the end. Raises SettingsError."""
    with open_configured_store(settings, clock) as store, child_processes(settings) as children:
        documents = document_reader(settings, store, children)
        yield Pipeline(store, pipeline_context(pipeline_config(settings, store, documents), store, on_progress))


@contextmanager
def child_processes(settings: Settings) -> Iterator[ChildProcesses]:
    """The processes in which documents are read; they end with the body."""
    limits = ChildLimits(settings.child.time_s, settings.child.memory_mb << 20, 2 * settings.http.max_bytes)
    with closing(ChildProcesses("workers.sources.document_child:service", limits)) as children:
        yield children


def document_reader(settings: Settings, store: Store, children: ChildProcesses) -> DocumentReader:
    """Reads documents for sources and questions; waits end before the edition of the day closes."""
    calendar = settings.calendar()

    def close_of_today(now: datetime) -> datetime | None:
        today = calendar.closes.day_of(now)
        closes = calendar.closes.on(today)
        return closes if calendar.expected(today) and now < closes else None

    addresses = [settings.arxiv.base_url]
    addresses += [url for source in settings.sources.values() for url in (source.url, source.api_url) if url]
    hosts = frozenset(host for url in addresses if (host := urlsplit(url).hostname))
    cache, clock = store.http_cache, store.clock
    return DocumentReader(children, settings.http, user_agent(), cache, clock, hosts, close_of_today)


def pipeline_context(config: PipelineConfig, store: Store, on_progress: OnProgress = _ignore) -> PipelineContext:
    """The context of a run over `store`, on the store's clock."""
    return PipelineContext(
        config,
        store.editions,
        store.texts,
        store.source_answers,
        store.subscriptions,
        store.clock,
        boundary(store),
        on_progress,
    )


def boundary(store: Store) -> Boundary:
    """The boundary of units of work that records in `store`."""
    return Boundary(store.failures, store.clock)


def answer_services(settings: Settings, store: Store) -> AnswerServices:
    """The services that answer questions; a process is started only to read a paper that the store lacks."""

    def read(paper: Paper) -> FetchedText:
        if paper.arxiv_id is None:  # only arXiv serves texts of papers
            return FetchedText(abstract_of(paper))
        unit = Unit(UnitKind.READING, paper.arxiv_id, paper.title)
        known = store.failures.of(unit)
        if known and known.retry_at and store.clock.now() < known.retry_at:
            return FetchedText(abstract_of(paper), is_final=False)
        with child_processes(settings) as children:
            documents = document_reader(settings, store, children)
            gate = store.gate(ARXIV_GATE, settings.arxiv.min_interval_s)
            reader = PaperReader(settings.arxiv.base_url, documents, gate)
            reading = boundary(store).run(unit, lambda: reader.read(paper))
        if isinstance(reading, Failure):
            return FetchedText(abstract_of(paper), is_final=reading.given_up)
        return FetchedText(reading)

    model = _model(settings, store)
    vocabulary = Vocabulary(korean_terms(), glossary(), frequencies())
    answerer = None
    if model:
        context_tokens, deadline_s = settings.model.context_tokens, settings.questions.deadline_s
        answerer = Answerer(model, vocabulary, context_tokens, deadline_s, embedding_model(settings, store))
    return AnswerServices(store.paper_texts, read, store.texts.get, store.texts.newest, vocabulary, answerer)


@contextmanager
def open_configured_store(settings: Settings, clock: Clock) -> Iterator[Store]:
    """The store of `settings`, closed at the end. Raises SettingsError."""
    lease = settings.lease
    with open_store(settings.store.url, clock, lease.edition_s, lease.delivery_s) as store:
        yield store


def user_agent() -> str:
    return f"Paperboy/{version('paperboy')}"


def pipeline_config(settings: Settings, store: Store, documents: DocumentReader) -> PipelineConfig:
    """The owner's choices as the pipeline takes them; its sources read `documents`."""
    model, categories, terms = _model(settings, store), settings.closed_list(), glossary()
    limits = settings.model
    writer = None
    if model:
        units = boundary(store)
        extractive = Extractive(categories, terms, units)
        writer = ModelWriter(extractive, model, terms, limits.deadline_s, limits.parallel, limits.context_tokens, units)
    enabled = [source for source in settings.sources.values() if source.enabled]
    return PipelineConfig(
        sources=enabled_sources(settings, store, documents),
        daily=frozenset(source.name for source in enabled if source.daily),
        calendar=settings.calendar(),
        categories=categories,
        glossary=terms,
        weights=Weights(**settings.select.model_dump()),
        max_papers=settings.digest.max_papers,
        lease_s=settings.lease.edition_s,
        model=model,
        writer=writer,
        label_s=limits.deadline_s / 5,
    )


def enabled_sources(settings: Settings, store: Store, documents: DocumentReader) -> list[Source]:
    """The sources of the settings that are not switched off."""
    gate = store.gate(ARXIV_GATE, settings.arxiv.min_interval_s)
    enabled = [source for source in settings.sources.values() if source.enabled]
    return [_source(source, documents, gate, settings, store) for source in enabled]


def _model(settings: Settings, store: Store) -> "Fallbacks | None":
    """The models that settings and environment name; None without a name, or with neither a key nor an endpoint."""

    def on_failure(name: str, error: ModelError) -> None:
        unit = Unit(UnitKind.MODEL, f"{name} {store.clock.now().date()}"[:200], name)
        store.failures.report(unit, reason_of(error))

    return language_model(settings, store, os.environ, on_failure)


def language_model(
    settings: Settings,
    store: Store,
    environment: Mapping[str, str],
    on_failure: Callable[[str, ModelError], None],
    tries: int | None = None,
) -> "Fallbacks | None":
    """The model and its fallbacks; None without a name, or with neither a key nor an endpoint.

    A call is tried `tries` times; None: as often as usual.
    """
    key, base = environment.get("OPENAI_API_KEY", ""), environment.get("OPENAI_BASE_URL") or None
    if not settings.model.name or not (key or base):
        return None
    # Imports openai, which takes long, only where a model is used.
    from workers.llm import OPENAI_URL, TRIES, Fallbacks, ModelEndpoint, OpenAiModel

    proxy = _model_proxy(base or OPENAI_URL, environment)
    names = dict.fromkeys([settings.model.name, *settings.model.fallbacks])
    endpoints = [ModelEndpoint(name, key, base, proxy) for name in names]
    models = [OpenAiModel(settings.model, each, store.model_calls, tries=tries or TRIES) for each in endpoints]
    return Fallbacks(models, on_failure)


def _model_proxy(url: str, environment: Mapping[str, str]) -> str | None:
    try:
        return proxy_for(url, environment)
    except ValueError:
        raise SettingsError("OPENAI_BASE_URL: want an address such as http://localhost:11434/v1") from None


def embedding_model(settings: Settings, store: Store) -> "OpenAiEmbeddings | None":
    """The embedding model that the settings name; the model's key is sent to no other endpoint."""
    name, url = settings.model.embeddings, settings.model.embeddings_url
    if not name:
        return None
    from workers.llm import OPENAI_URL, ModelEndpoint, OpenAiEmbeddings

    base = url or os.environ.get("OPENAI_BASE_URL") or None
    key = os.environ.get("OPENAI_EMBEDDINGS_KEY") or ("" if url else os.environ.get("OPENAI_API_KEY", ""))
    endpoint = ModelEndpoint(name, key, base, _model_proxy(base or OPENAI_URL, os.environ))
    return OpenAiEmbeddings(settings.model, endpoint, store.model_calls)


def _source(source: SourceSettings, documents: DocumentReader, gate: Gate, settings: Settings, store: Store) -> Source:
    match source.kind:
        case "arxiv":
            feeds = ArxivFeeds(source.url, source.categories, source.api_url)
            shown = partial(store.source_answers.shown_before, source.name)
            expectation = Expectation(settings.calendar().expected, shown)
            return Arxiv(source.name, feeds, documents, gate, documents.clock, expectation)
        case "huggingface":
            return HuggingFace(source.name, source.url, documents)
        case "deeplearn":
            return DeepLearn(source.name, source.url, documents)
        case "feed":
            return Feed(source.name, source.url, documents)
