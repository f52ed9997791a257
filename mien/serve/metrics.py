"""What the server counts for Prometheus. Nothing of it says what a picture shows, only how many there were and how long they took."""

from collections.abc import Callable
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from mien.serve.pool import Pool

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_FACES = (1, 2, 4, 8, 16, 32)


class Metrics:
    """The metrics of one server, in a registry of its own."""

    def __init__(self, pool: Pool[Any, Any], *, num_requests: Callable[[], int]) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a time of creation beside each counter
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.requests = Counter("mien_requests", "Requests by path and status", ["path", "status"], registry=registry)
        self.seconds = Histogram(
            "mien_request_seconds", "From the head of a request to the end of its answer", ["path"], registry=registry, buckets=_SECONDS
        )
        self.files = Counter("mien_files", "Files by outcome: answered, no_face, or the reason of an error", ["outcome"], registry=registry)
        self.faces = Counter("mien_faces", "Faces that were answered", registry=registry)
        self.unsure = Counter("mien_unsure_faces", "Faces whose confidence was below the threshold", registry=registry)
        self.batch = Histogram("mien_batch_faces", "Faces that the network was given at once", registry=registry, buckets=_FACES)
        gauges: dict[str, tuple[str, Callable[[], float]]] = {
            "mien_requests_now": ("Requests for predictions that are being read or answered", num_requests),
            "mien_files_waiting": ("Files that no process reads yet", lambda: pool.num_waiting),
            "mien_files_read_now": ("Files that a process reads", lambda: pool.num_working),
            "mien_readers": ("Processes that read files", lambda: pool.size),
            "mien_readers_replaced": ("Processes that a file crashed or that took too long", lambda: pool.num_replaced),
        }
        for name, (description, value) in gauges.items():
            Gauge(name, description, registry=registry).set_function(value)

    def text(self) -> bytes:
        """All metrics in the text format of Prometheus."""
        return generate_latest(self._registry)
