"""Processes that work on one item each, so that an item that crashes its process, or takes too long, costs no other item.

concurrent.futures ends the whole pool with a crash, cannot end work that has begun, and does not know which of the running items was to
blame. Here each process has a thread and a pipe of its own. The thread ends and replaces its process.
"""

import queue
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Any, Generic, TypeVar

from mien.core.errors import WorkerError
from mien.core.parallel import num_processes, signals_waiting, start_workers, worker_context, worker_started

Item = TypeVar("Item")
Result = TypeVar("Result")


class Crashed(Exception):
    """The item ended its process."""


class Late(Exception):
    """The item was not done in its time."""


@dataclass
class _Job(Generic[Item, Result]):
    item: Item
    until_s: float
    future: "Future[Result]" = field(default_factory=Future)


@dataclass(frozen=True)
class _Worker:
    process: ForkServerProcess
    pipe: Connection

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


class Pool(Generic[Item, Result]):
    """`workers` processes (0: one per core), each of which calls `prepare(*given)` once and then `work(item)` for one item at a time.

    `work` and `prepare` must be top-level functions. Raises WorkerError if a process ends before it is ready.
    """

    def __init__(self, work: Callable[[Item], Result], *, prepare: Callable[..., None], given: tuple[Any, ...], workers: int) -> None:
        self._target = (work, prepare, given)
        self._jobs: queue.SimpleQueue[_Job[Item, Result] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._is_closing = False
        self.num_replaced = 0
        start_workers(work.__module__)
        launched = [self._launched() for _ in range(num_processes(workers))]
        self._workers: list[_Worker | None] = list(launched)
        self._is_working = [False] * len(launched)
        try:
            for worker in launched:
                _wait_until_ready(worker)
        except WorkerError:
            for worker in launched:
                worker.end()
            raise
        self._threads = [threading.Thread(target=self._serve, args=(place,), daemon=True) for place in range(len(launched))]
        for thread in self._threads:
            thread.start()

    def submit(self, item: Item, *, time_s: float) -> "Future[Result]":
        """The result of an item: raises Crashed if it ended its process, Late if it is not done after `time_s` seconds from now, and
        WorkerError if no process can be started. An item whose future is cancelled before its turn is not worked on.
        """
        job: _Job[Item, Result] = _Job(item, time.monotonic() + time_s)
        self._jobs.put(job)
        return job.future

    @property
    def num_waiting(self) -> int:
        """Items that no process works on yet."""
        return self._jobs.qsize()

    @property
    def num_working(self) -> int:
        """Items that are worked on."""
        return sum(self._is_working)

    @property
    def size(self) -> int:
        """The number of processes that can work; fewer than `workers` if one could not be replaced."""
        return sum(worker is not None for worker in self._workers)

    def close(self) -> None:
        """Ends all processes at once; items that they work on raise Crashed."""
        self._is_closing = True
        for worker in self._workers:
            if worker:
                worker.process.kill()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self, place: int) -> None:
        """The loop of one thread."""
        while (job := self._jobs.get()) is not None:
            if not job.future.set_running_or_notify_cancel():
                continue
            try:
                if job.until_s <= time.monotonic():
                    raise Late
                self._is_working[place] = True
                worker = self._workers[place] = self._workers[place] or self._started()
                try:
                    result = _done(worker, job)
                except (Crashed, Late):
                    self._replace(place, worker)
                    raise
                job.future.set_result(result)
            except BaseException as error:
                job.future.set_exception(error)
            self._is_working[place] = False
            del job  # its item may be large, and the next may take long to come
        if last := self._workers[place]:
            last.end()

    def _replace(self, place: int, worker: _Worker) -> None:
        """If no process can be started now, the next item tries again."""
        worker.end()
        self._workers[place] = None
        if self._is_closing:
            return
        with self._lock:
            self.num_replaced += 1
        with suppress(WorkerError, OSError):
            self._workers[place] = self._started()

    def _started(self) -> _Worker:
        worker = self._launched()
        _wait_until_ready(worker)
        return worker

    def _launched(self) -> _Worker:
        with self._lock, signals_waiting():
            ours, theirs = worker_context().Pipe()
            process = worker_context().Process(target=_loop, args=(theirs, *self._target), daemon=True)
            process.start()
            theirs.close()
        return _Worker(process, ours)


def _wait_until_ready(worker: _Worker) -> None:
    try:
        worker.pipe.recv()
    except (EOFError, OSError):
        worker.end()
        raise WorkerError("a process that reads pictures ended before it was ready; run the same command again") from None


def _done(worker: _Worker, job: _Job[Item, Result]) -> Result:
    try:
        worker.pipe.send(job.item)
        if not worker.pipe.poll(job.until_s - time.monotonic()):
            raise Late
        result, fault = worker.pipe.recv()
    except (EOFError, OSError):
        raise Crashed from None
    if fault:
        raise RuntimeError(fault)
    done: Result = result
    return done


def _loop(pipe: Connection, work: Callable[[Any], Any], prepare: Callable[..., None], given: tuple[Any, ...]) -> None:
    """What a process does until its pipe closes."""
    worker_started(prepare, *given)
    pipe.send(None)
    with suppress(EOFError, OSError):
        while True:
            item = pipe.recv()
            try:
                answer = (work(item), "")
            except Exception:
                answer = (None, traceback.format_exc())
            del item
            pipe.send(answer)
