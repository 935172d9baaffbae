"""Dramatiq on Redis or Valkey: wake-ups that carry a job id and nothing else. Retries and delays live in the job table.

No Retries and no TimeLimit middleware, no `delay=`: stock Dramatiq strands delayed and retried work.
"""

import signal
import threading
from typing import Any

import dramatiq
import structlog
from dramatiq.asyncio import get_event_loop_thread
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import AsyncIO, Middleware

from server.settings import Settings
from workers import actor, jobs, resources

log = structlog.get_logger(__name__)

QUEUE = "jobs"
NAMESPACE = "zs"
THREADS = 6
"""Jobs that run at once in a process; its pool has a few connections more, for the leases."""
POLL_MS = 100
"""How long an idle worker waits before it looks into Redis again: what the first job after a rest waits at worst."""
STOP_MS = 8_000
"""How long a running job may go on after SIGTERM. What is cut off runs again when its lease ends."""


class Resources(Middleware):
    """Opens pool and clients on the loop on which handlers run, closes them when the last one has ended."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.error: Exception | None = None

    def before_worker_boot(self, broker: Any, worker: Any) -> None:
        try:
            _on_loop(resources.open(self.settings, size=THREADS + 4))
        except Exception as e:
            self.error = e  # Dramatiq would log it and go on, with a worker that can do nothing

    def after_worker_shutdown(self, broker: Any, worker: Any) -> None:
        _on_loop(resources.close())


class _Broker(RedisBroker):
    """Without a consumer for delayed messages: nothing of ours is delayed there, and it would ask Redis as often."""

    def get_declared_delay_queues(self) -> set[str]:
        return set()


def _on_loop(work: Any) -> None:
    thread = get_event_loop_thread()
    assert thread is not None, "AsyncIO comes first in the middleware"
    thread.run_coroutine(work)


def connect(redis_url: str, *middleware: Middleware, namespace: str = NAMESPACE) -> tuple[RedisBroker, Any]:
    """The broker (unix:// or redis://) and its one actor: `run.send(job_id)`."""
    both: list[Middleware] = [AsyncIO(), *middleware]
    broker = _Broker(url=redis_url, middleware=both, namespace=namespace)  # type: ignore[no-untyped-call]
    return broker, dramatiq.actor(broker=broker, actor_name="run", queue_name=QUEUE)(actor.run)


def waiting(broker: RedisBroker) -> int:
    """Messages nobody has fetched yet."""
    return int(broker.client.llen(f"{broker.namespace}:{QUEUE}"))


def start(settings: Settings, *, threads: int = THREADS, namespace: str = NAMESPACE) -> dramatiq.Worker:
    """Boot a worker in this process, for the kinds that are registered. Raises what kept it from opening its pool."""
    opened = Resources(settings)
    broker, _ = connect(settings.redis_url, opened, namespace=namespace)
    worker = dramatiq.Worker(broker, worker_threads=threads, worker_timeout=POLL_MS)
    worker.start()
    if opened.error is not None:
        worker.stop(timeout=0)
        raise opened.error
    return worker


def run(settings: Settings) -> None:
    """The process `worker`: runs jobs until SIGTERM."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    jobs.load()
    worker = start(settings)
    log.info("worker_ready", threads=THREADS, kinds=len(actor.HANDLERS))
    resources.ready()
    ended.wait()
    worker.stop(timeout=STOP_MS)
