"""The work queue: queue names, job names and job ids, the wakeup channel, and the streams of answers."""

import hashlib
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import redis
from pydantic import TypeAdapter
from rq import Queue, Worker
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer

from workers.domain.answers import Answer
from workers.domain.errors import QueueDown

EDITIONS = "editions"
QUESTIONS = "questions"
QUEUES = (EDITIONS, QUESTIONS)
"""Each is served by a worker of its own, so that no question waits for an edition."""
MAKE_EDITION = "workers.jobs.make_edition"
COLLECT = "workers.jobs.collect_source"
ANSWER = "workers.jobs.answer_question"
WAKEUP_CHANNEL = "paperboy:wakeup"
"""Redis channel; a message on it means that the store has news. A message that nobody receives loses nothing."""
_JOB_TIMEOUT_S = 1800
_REQUEUE_PERIOD_S = 15
"""Jobs for the same edition or question have the same id within such a period, so that only one of them is queued."""
_RECOLLECT_PERIOD_S = 120
"""The same period for collections."""
_STREAM_LENGTH = 32
"""Latest states of an answer that its stream keeps."""
_STREAM_EXPIRES_S = 900
"""After the last state that was added."""
_ANSWER = TypeAdapter(Answer)


class WorkQueue:
    """RQ on one Redis or Valkey. A job has one string argument and can safely run twice."""

    def __init__(self, url: str) -> None:
        self.address = _without_password(url)
        self.connection: redis.Redis = redis.Redis.from_url(url, health_check_interval=30)

    def ask_for_edition(self, day: date, now: datetime) -> bool:
        """Queue the edition of `day`; False if this period's job for it is still there. Raises QueueDown.

        The job's id contains the time, because RQ blocks the id of a job whose worker was killed for minutes. A second
        job for the same edition does no harm: it finds the edition claimed and ends.
        """
        period = int(now.timestamp()) // _REQUEUE_PERIOD_S
        return self._enqueue(MAKE_EDITION, day.isoformat(), f"edition-{day}-{period}")

    def ask_for_collection(self, day: date, source: str, now: datetime) -> bool:
        """Queue the collection of `source` for `day`; False if this period's job for it is still there.

        Raises QueueDown.
        """
        period = int(now.timestamp()) // _RECOLLECT_PERIOD_S
        name = hashlib.sha256(source.encode()).hexdigest()[:12]  # a job id may contain only letters, digits, - and _
        return self._enqueue(COLLECT, f"{day} {source}", f"collect-{day}-{name}-{period}")

    def ask_for_answer(self, question_id: int, now: datetime) -> bool:
        """Queue the answer to a question; False if this period's job for it is still there. Raises QueueDown.

        The job's id contains the time for the same reason as that of an edition.
        """
        period = int(now.timestamp()) // _REQUEUE_PERIOD_S
        return self._enqueue(ANSWER, str(question_id), f"answer-{question_id}-{period}", QUESTIONS)

    def _enqueue(self, job: str, argument: str, job_id: str, queue_name: str = EDITIONS) -> bool:
        with self._redis_errors():
            queue = Queue(queue_name, connection=self.connection, serializer=JSONSerializer)
            try:
                queue.enqueue_call(
                    job,
                    args=(argument,),
                    job_id=job_id,
                    timeout=_JOB_TIMEOUT_S,
                    result_ttl=0,
                    failure_ttl=86_400,
                    unique=True,
                )
            except DuplicateJobError:
                return False
        return True

    def stream_answer(self, question_id: int, partial: Answer) -> None:
        """Publish the part of an answer that is written so far.

        Does nothing if Redis does not answer; no harm is done, because the store gets the whole answer.
        """
        stream = answer_stream(question_id)
        try:
            body = _ANSWER.dump_json(partial)
            self.connection.xadd(stream, {"answer": body}, maxlen=_STREAM_LENGTH, approximate=False)
            self.connection.expire(stream, _STREAM_EXPIRES_S)
        except redis.RedisError:
            return

    def wake(self) -> None:
        """Publish on WAKEUP_CHANNEL, so that the frontends look into the store now instead of at their next interval.

        Does nothing if Redis does not answer.
        """
        try:
            self.connection.publish(WAKEUP_CHANNEL, "")
        except redis.RedisError:
            return

    def ping(self) -> bool:
        """True if Redis answers."""
        try:
            return bool(self.connection.ping())
        except redis.RedisError:
            return False

    def workers(self) -> int:
        """Number of registered workers, of all queues. Raises QueueDown."""
        with self._redis_errors():
            return Worker.count(connection=self.connection)

    def last_heartbeat(self, queue: str) -> datetime | None:
        """The latest heartbeat, in UTC, of a worker on this host that serves `queue`; None without such a worker.

        Raises QueueDown.
        """
        with self._redis_errors():
            heartbeats = [
                worker.last_heartbeat
                for worker in Worker.all(connection=self.connection)
                if worker.hostname == socket.gethostname() and queue in worker.queue_names()
            ]
        return max((heartbeat.replace(tzinfo=UTC) for heartbeat in heartbeats if heartbeat), default=None)

    def waiting(self) -> dict[str, int]:
        """Number of waiting jobs by queue name. Raises QueueDown."""
        with self._redis_errors():
            return {name: Queue(name, connection=self.connection).count for name in QUEUES}

    @contextmanager
    def _redis_errors(self) -> Iterator[None]:
        try:
            yield
        except redis.RedisError:
            raise QueueDown(f"Redis does not answer at {self.address}: is it running?") from None


def answer_stream(question_id: int) -> str:
    """Key of the Redis stream that carries an answer while it is written."""
    return f"paperboy:answer:{question_id}"


def partial_answer(body: bytes) -> Answer:
    """The part of an answer in an entry of such a stream."""
    return _ANSWER.validate_json(body)


def _without_password(url: str) -> str:
    return re.sub(r"//[^@/]*@", "//", url)
