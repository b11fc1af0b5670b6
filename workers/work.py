"""An RQ worker for one queue, with the intervals that bring a killed worker's job back soonest."""

import logging

from rq import Queue, Worker
from rq.serializers import JSONSerializer

from workers.config import Settings
from workers.domain.errors import QueueDown, SettingsError
from workers.queue import WorkQueue


def serve(settings: Settings, queue: str) -> int:
    """Work until SIGTERM or SIGINT; returns 0. Raises SettingsError or QueueDown before the first job."""
    if not settings.queue.url:
        raise SettingsError("queue.url: a worker needs REDIS_URL")
    work = WorkQueue(settings.queue.url)
    if not work.answers():
        raise QueueDown(f"Redis does not answer at {work.address}: is it running?")
    # Short enough that a killed worker is noticed; the reconciler is sooner, for it looks at leases in the store.
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
