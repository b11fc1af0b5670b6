"""The contract between those who ask for work and those who do it: queue names, job names, ids; Redis as a doorbell."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

import redis
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer

from workers.domain.errors import QueueDown

EDITIONS = "editions"
MAKE_EDITION = "workers.jobs.make_edition"
DOORBELL = "paperboy:doorbell"
"""A published message means: look into the store. Nothing is lost where nobody listened."""
_TIMEOUT_S = 1800
_AGAIN_S = 15


class WorkQueue:
    """RQ on one Redis or Valkey. Jobs carry one id and are safe to run twice."""

    def __init__(self, url: str) -> None:
        self.address = _without_secret(url)
        self.connection: redis.Redis = redis.Redis.from_url(url, health_check_interval=30)

    def ask_for_edition(self, day: date, now: datetime) -> None:
        """Queue the edition of `day`, at most once in _AGAIN_S. Raises QueueDown; the store still knows what is open.

        The id holds the time because RQ keeps the id of a job whose worker was killed for minutes, and the edition
        shall not wait for that; a job too many finds the edition claimed and ends.
        """
        turn = int(now.timestamp()) // _AGAIN_S
        with self._reaching():
            queue = Queue(EDITIONS, connection=self.connection, serializer=JSONSerializer)
            try:
                queue.enqueue_call(
                    MAKE_EDITION,
                    args=(day.isoformat(),),
                    job_id=f"edition-{day.isoformat()}-{turn}",
                    timeout=_TIMEOUT_S,
                    result_ttl=0,
                    failure_ttl=86_400,
                    unique=True,
                )
            except DuplicateJobError:
                return

    def ring(self) -> None:
        """Wake whoever waits for news; without Redis they look again by themselves."""
        try:
            self.connection.publish(DOORBELL, "")
        except redis.RedisError:
            return

    def answers(self) -> bool:
        try:
            return bool(self.connection.ping())
        except redis.RedisError:
            return False

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except redis.RedisError:
            raise QueueDown(f"Redis does not answer at {self.address}: is it running?") from None


def _without_secret(url: str) -> str:
    return re.sub(r"//[^@/]*@", "//", url)
