"""The contract between those who ask for work and those who do it: queue names, job names, ids; Redis as a doorbell."""

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

EDITIONS, QUESTIONS = "editions", "questions"
QUEUES = (EDITIONS, QUESTIONS)
"""One worker serves each, so that no question waits for an edition."""
MAKE_EDITION = "workers.jobs.make_edition"
COLLECT = "workers.jobs.collect_source"
ANSWER = "workers.jobs.answer_question"
WAKEUP_CHANNEL = "paperboy:doorbell"
"""A published message means: look into the store. Nothing is lost where nobody listened."""
_TIMEOUT_S = 1800
_AGAIN_S, _COLLECT_AGAIN_S = 15, 120
_PIECES_KEPT, _TOLD_FOR_S = 32, 900
_ANSWER = TypeAdapter(Answer)


class WorkQueue:
    """RQ on one Redis or Valkey. Jobs carry one id and are safe to run twice."""

    def __init__(self, url: str) -> None:
        self.address = _without_secret(url)
        self.connection: redis.Redis = redis.Redis.from_url(url, health_check_interval=30)

    def ask_for_edition(self, day: date, now: datetime) -> bool:
        """Queue the edition of `day`; False within _AGAIN_S of the last time. Raises QueueDown; the store still knows.

        The id holds the time because RQ keeps the id of a job whose worker was killed for minutes, and the edition
        shall not wait for that; a job too many finds the edition claimed and ends.
        """
        turn = int(now.timestamp()) // _AGAIN_S
        return self._ask(MAKE_EDITION, day.isoformat(), f"edition-{day}-{turn}")

    def ask_for_collection(self, day: date, source: str, now: datetime) -> bool:
        """Queue one source's answer of one day; False within _COLLECT_AGAIN_S of the last time. Raises QueueDown."""
        turn = int(now.timestamp()) // _COLLECT_AGAIN_S
        name = hashlib.sha256(source.encode()).hexdigest()[:12]  # an id takes letters, digits, - and _
        return self._ask(COLLECT, f"{day} {source}", f"collect-{day}-{name}-{turn}")

    def ask_for_answer(self, question_id: int, now: datetime) -> bool:
        """Queue a question for the worker that serves only those; False within _AGAIN_S of the last time.

        Raises QueueDown. The id holds the time as an edition's does.
        """
        turn = int(now.timestamp()) // _AGAIN_S
        return self._ask(ANSWER, str(question_id), f"answer-{question_id}-{turn}", QUESTIONS)

    def _ask(self, job: str, about: str, job_id: str, name: str = EDITIONS) -> bool:
        with self._reaching():
            queue = Queue(name, connection=self.connection, serializer=JSONSerializer)
            try:
                queue.enqueue_call(
                    job,
                    args=(about,),
                    job_id=job_id,
                    timeout=_TIMEOUT_S,
                    result_ttl=0,
                    failure_ttl=86_400,
                    unique=True,
                )
            except DuplicateJobError:
                return False
        return True

    def stream_answer(self, question_id: int, said: Answer) -> None:
        """An answer as far as it is said, for who watches; nobody needs it, for the store has the whole one."""
        stream = answer_stream(question_id)
        try:
            body = _ANSWER.dump_json(said)
            self.connection.xadd(stream, {"answer": body}, maxlen=_PIECES_KEPT, approximate=False)
            self.connection.expire(stream, _TOLD_FOR_S)
        except redis.RedisError:
            return

    def wake(self) -> None:
        """Wake whoever waits for news; without Redis they look again by themselves."""
        try:
            self.connection.publish(WAKEUP_CHANNEL, "")
        except redis.RedisError:
            return

    def ping(self) -> bool:
        try:
            return bool(self.connection.ping())
        except redis.RedisError:
            return False

    def workers(self) -> int:
        """How many workers serve the queues. Raises QueueDown."""
        with self._reaching():
            return Worker.count(connection=self.connection)

    def heard_here(self, queue: str) -> datetime | None:
        """When a worker of this host that serves `queue` last spoke up, in UTC. Raises QueueDown."""
        with self._reaching():
            here = [
                worker.last_heartbeat
                for worker in Worker.all(connection=self.connection)
                if worker.hostname == socket.gethostname() and queue in worker.queue_names()
            ]
        return max((heard.replace(tzinfo=UTC) for heard in here if heard), default=None)

    def waiting(self) -> dict[str, int]:
        """Jobs that wait, by queue. Raises QueueDown."""
        with self._reaching():
            return {name: Queue(name, connection=self.connection).count for name in QUEUES}

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except redis.RedisError:
            raise QueueDown(f"Redis does not answer at {self.address}: is it running?") from None


def answer_stream(question_id: int) -> str:
    """The stream on which an answer is told while it is written."""
    return f"paperboy:answer:{question_id}"


def partial_answer(body: bytes) -> Answer:
    """What stands on such a stream."""
    return _ANSWER.validate_json(body)


def _without_secret(url: str) -> str:
    return re.sub(r"//[^@/]*@", "//", url)
