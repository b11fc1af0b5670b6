"""An RQ worker that serves one queue."""

import logging
import os
from importlib import import_module

from rq import Queue, Worker
from rq.serializers import JSONSerializer

from workers.config import Settings
from workers.domain.errors import QueueDown, SettingsError
from workers.queue import QUESTIONS, WorkQueue
from workers.text.data import frequencies, glossary, korean_terms


def serve(settings: Settings, queue: str) -> int:
    """Work until SIGTERM or SIGINT, then return 0. Raises SettingsError or QueueDown before the first job."""
    if not settings.queue.url:
        raise SettingsError("queue.url: a worker needs REDIS_URL")
    work = WorkQueue(settings.queue.url)
    if not work.ping():
        raise QueueDown(f"Redis does not answer at {work.address}: is it running?")
    _prepare(queue)
    # RQ notices a killed worker after these seconds. The scheduler notices earlier, because it reads the leases.
    worker = Worker(
        [Queue(queue, connection=work.connection, serializer=JSONSerializer)],
        connection=work.connection,
        serializer=JSONSerializer,
        worker_ttl=30,
        maintenance_interval=15,
        job_monitoring_interval=5,
    )
    worker.work(logging_level=logging.getLevelName(logging.getLogger().level))
    return 0


def _prepare(queue: str) -> None:
    """Load what every job needs before RQ forks a process for it: no reader and no collection waits for the imports."""
    import_module("workers.jobs")
    if queue == QUESTIONS:
        glossary()
        korean_terms()
        frequencies()
        if os.environ.get("OPENAI_API_KEY") or os.environ.get("OPENAI_BASE_URL"):
            import_module("workers.llm")
