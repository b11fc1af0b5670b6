"""How long an answer takes without the model's time: `python -m tests.benchmarks.answers`.

Measures from the question in the store to the model's request and, without a model, to the answer in the store.
Medians over questions about a paper whose text is stored already; worker, queue and store run as in production.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import redis
import yaml

from bot.runtime import valkey
from tests.fakes.edition import DAY, closed_edition
from tests.fakes.openai import serving
from tests.waiting import until
from workers.domain.chats import ChatRef
from workers.domain.passages import PaperText, Passage
from workers.domain.questions import PostedMessage, QuestionRequest
from workers.queue import WorkQueue
from workers.runtime.clock import SystemClock
from workers.store import Store, open_store

_QUESTIONS = 15
_LOOK_S = 0.002
_TEXT = "The method holds fragile objects with a tactile policy and gains {n} points over the baseline on objects. " * 6


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/store.db"
        settings = Path(folder) / "settings.yaml"
        settings.write_text(yaml.safe_dump({"store": {"url": url}}), "utf-8")
        with open_store(url, SystemClock()) as store, _queue(Path(folder)) as address:
            closed_edition(store)
            for row in store.paper_texts.edition(DAY):
                passages = tuple(Passage(n, f"{n} Part", _TEXT.format(n=n), f"S{n}") for n in range(1, 120))
                store.paper_texts.keep(row.paper_id, PaperText("html", passages))
            environment = {"REDIS_URL": address, "PAPERBOY_CONFIG": str(settings)}
            with _worker(address, environment):
                taken = [_answered(store, address, n) for n in range(_QUESTIONS)]
                print(f"keyless_answer_ms: {1000 * statistics.median(taken):.0f}")
            with serving(lambda _body: '{"answerable": false, "sentences": []}') as endpoint:
                model = {"OPENAI_BASE_URL": endpoint.url, "OPENAI_API_KEY": "sk-x", "OPENAI_MODEL": "gpt-test"}
                with _worker(address, {**environment, **model}):
                    taken = [_requested(store, address, n, lambda: len(endpoint.seen)) for n in range(_QUESTIONS)]
                    print(f"to_the_models_request_ms: {1000 * statistics.median(taken):.0f}")


@contextmanager
def _queue(folder: Path) -> Iterator[str]:
    server = valkey.server(folder / "valkey")
    with subprocess.Popen(server.process.command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as child:
        retry = redis.retry.Retry(redis.backoff.ConstantBackoff(0.02), 500)
        with redis.Redis.from_url(server.url, retry=retry) as connection:
            connection.ping()
        yield server.url
        child.terminate()


@contextmanager
def _worker(address: str, environment: Mapping[str, str]) -> Iterator[None]:
    command = [sys.executable, "-P", "-m", "bot", "worker", "questions"]
    with subprocess.Popen(command, env={**os.environ, **environment}) as process:
        queue = WorkQueue(address)
        until(lambda: queue.workers() == 1, every_s=_LOOK_S)
        yield
        process.terminate()
        process.wait()
        until(lambda: queue.workers() == 0, every_s=_LOOK_S)


def _ask(store: Store, address: str, text: str) -> tuple[int, float]:
    post = PostedMessage(DAY, "en", (1, 2))
    number = store.questions.ask(text, QuestionRequest(ChatRef("telegram", text), "7", "en", text, None, post))
    assert number is not None
    started = time.monotonic()
    WorkQueue(address).ask_for_answer(number, store.clock.now())
    return number, started


def _answered(store: Store, address: str, n: int) -> float:
    number, started = _ask(store, address, f"How many points does paper 1 gain on objects? {n}")

    def there() -> bool:
        question = store.questions.get(number)
        return question is not None and question.revision > 0

    until(there, every_s=_LOOK_S)
    return time.monotonic() - started


def _requested(store: Store, address: str, n: int, seen: Callable[[], int]) -> float:
    before = seen()
    number, started = _ask(store, address, f"What is the tactile policy of paper 1? {n}")
    until(lambda: seen() > before, every_s=_LOOK_S)
    taken = time.monotonic() - started
    until(
        lambda: number not in store.questions.unanswered() and (store.questions.get(number) or None) is not None,
        every_s=_LOOK_S,
    )
    return taken


if __name__ == "__main__":
    main()
