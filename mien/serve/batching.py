"""The network in a thread of its own: faces that come while it runs are its next batch. Shapes: N faces, S×S pixels."""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Result = TypeVar("Result")

MAX_BATCH = 32
"""faces that are given to the network at once"""


@dataclass
class _Job(Generic[Result]):
    pixels_NSS3: Pixels
    future: "Future[Sequence[Result]]" = field(default_factory=Future)


class Batcher(Generic[Result]):
    """Runs `network`, which maps N×S×S×3 to N results, on batches of at most `max_batch` faces of all jobs that wait.

    It never waits for a batch to fill: a network that is idle starts at once, and while it runs the next batch gathers.
    """

    def __init__(
        self, network: Callable[[Pixels], Sequence[Result]], *, max_batch: int = MAX_BATCH, on_batch: Callable[[int], object] = int
    ) -> None:
        self._network, self._max_batch, self._on_batch = network, max_batch, on_batch
        self._jobs: queue.SimpleQueue[_Job[Result] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def submit(self, pixels_NSS3: Pixels) -> "Future[Sequence[Result]]":
        """The network's results for N faces. A job whose future is cancelled before its turn is not run."""
        job: _Job[Result] = _Job(pixels_NSS3)
        self._jobs.put(job)
        return job.future

    def close(self) -> None:
        """Ends the thread after the jobs that wait."""
        self._jobs.put(None)
        self._thread.join()

    def _serve(self) -> None:
        while (first := self._jobs.get()) is not None:
            waiting, is_last = self._gathered(first)
            jobs = [job for job in waiting if job.future.set_running_or_notify_cancel()]
            if jobs:
                self._answer(jobs)
            if is_last:
                return

    def _gathered(self, first: _Job[Result]) -> tuple[list[_Job[Result]], bool]:
        """The jobs of the next batch, and whether the end was asked for."""
        jobs, num_faces = [first], len(first.pixels_NSS3)
        while num_faces < self._max_batch:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return jobs, True
            jobs.append(job)
            num_faces += len(job.pixels_NSS3)
        return jobs, False

    def _answer(self, jobs: list[_Job[Result]]) -> None:
        try:
            parts = self._parts(np.concatenate([job.pixels_NSS3 for job in jobs]))
            results = [result for part in parts for result in self._run(part)]
        except BaseException as error:
            for job in jobs:
                job.future.set_exception(error)
            return
        places = pairwise(accumulate((len(job.pixels_NSS3) for job in jobs), initial=0))
        for job, (begin, end) in zip(jobs, places, strict=True):
            job.future.set_result(results[begin:end])

    def _parts(self, pixels_NSS3: Pixels) -> Iterator[Pixels]:
        for start in range(0, len(pixels_NSS3), self._max_batch):
            yield pixels_NSS3[start : start + self._max_batch]

    def _run(self, pixels_NSS3: Pixels) -> Sequence[Result]:
        self._on_batch(len(pixels_NSS3))
        return self._network(pixels_NSS3)
