"""The network in a thread of its own: faces that come while it runs are its next batch. Shapes: N faces, S×S pixels, K classes."""

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Shares = NDArray[np.float32]

MAX_BATCH = 32
"""faces that are given to the network at once"""


@dataclass
class _Job:
    pixels_NSS3: Pixels
    future: "Future[Shares]" = field(default_factory=Future)


class Batcher:
    """Runs `network`, which maps N×S×S×3 to N×K, on batches of at most `max_batch` faces of all jobs that wait.

    It never waits for a batch to fill: a network that is idle starts at once, and while it runs the next batch gathers.
    """

    def __init__(self, network: Callable[[Pixels], Shares], *, max_batch: int = MAX_BATCH, on_batch: Callable[[int], object] = int) -> None:
        self._network, self._max_batch, self._on_batch = network, max_batch, on_batch
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def submit(self, pixels_NSS3: Pixels) -> "Future[Shares]":
        """The network's answers to N faces, N×K. A job whose future is cancelled before its turn is not run."""
        job = _Job(pixels_NSS3)
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

    def _gathered(self, first: _Job) -> tuple[list[_Job], bool]:
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

    def _answer(self, jobs: list[_Job]) -> None:
        try:
            shares_NK = np.concatenate([self._run(part) for part in self._parts(np.concatenate([job.pixels_NSS3 for job in jobs]))])
        except BaseException as error:
            for job in jobs:
                job.future.set_exception(error)
            return
        ends = np.cumsum([len(job.pixels_NSS3) for job in jobs])
        for job, shares in zip(jobs, np.split(shares_NK, ends[:-1]), strict=True):
            job.future.set_result(shares)

    def _parts(self, pixels_NSS3: Pixels) -> Iterator[Pixels]:
        for start in range(0, len(pixels_NSS3), self._max_batch):
            yield pixels_NSS3[start : start + self._max_batch]

    def _run(self, pixels_NSS3: Pixels) -> Shares:
        self._on_batch(len(pixels_NSS3))
        return self._network(pixels_NSS3)
