"""Mapping a function over pieces of work on all cores, with a progress bar."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from multiprocessing import connection, forkserver, resource_tracker
from multiprocessing.context import ForkServerContext
from typing import TypeVar

from tqdm import tqdm

from mien.core.errors import WorkerError

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def start_workers(module: str) -> None:
    """Begins to import `module` in the process from which `parallel_map` will fork its workers, while this one goes on.

    For stages that would otherwise wait for the same imports twice, one after the other, and a third time in each worker.
    """
    multiprocessing.get_context("forkserver").set_forkserver_preload([module])
    _context()


def num_processes(workers: int) -> int:
    """`workers`, or for 0 the number of cores this process may use."""
    return workers or len(os.sched_getaffinity(0))


def parallel_map(
    work: Callable[[Piece], Result],
    pieces: Sequence[Piece],
    *,
    workers: int,
    label: str,
    unit: str,
    sizes: Sequence[int] | None = None,
    isolated: bool = False,
) -> list[Result]:
    """`[work(piece) for piece in pieces]` on `workers` processes (0: one per core), in order; `work` must be a top-level function.

    The progress bar counts pieces, or with `sizes` (units per piece) units. With `isolated` even a single worker is a process
    of its own. Where a worker dies, BrokenProcessPool is raised with `isolated`, else WorkerError. Processes are spawned afresh, not
    forked, because forking a process with running threads (Arrow, OpenMP) can hang. They end with this process, however it ends.
    """
    count = min(num_processes(workers), len(pieces))
    steps = [1] * len(pieces) if sizes is None else sizes
    with ExitStack() as stack:
        results: Iterator[Result] = map(work, pieces)
        if count > 1 or (isolated and count == 1):
            pool = stack.enter_context(ProcessPoolExecutor(count, mp_context=_context(), initializer=_watch_parent))
            stack.enter_context(_ended_on_error())
            with _signals_waiting():
                # pool.map cancels what is left of them, and a killed pool trips over that
                futures = [pool.submit(work, piece) for piece in pieces]
            results = (future.result() for future in futures)
        done = []
        with tqdm(total=sum(steps), desc=label, unit=unit) as bar:
            try:
                for step, result in zip(steps, results, strict=True):
                    done.append(result)
                    bar.update(step)
            except BrokenProcessPool:
                if isolated:
                    raise
                raise WorkerError(
                    f"{label}: a worker process was killed, most likely because memory ran out; "
                    "set runtime.workers lower (1 needs the least) and run the same command again"
                ) from None
        return done


def run_alone(work: Callable[[Piece], object], piece: Piece) -> int:
    """Does `work(piece)` in a process of its own; returns its exit code: 0, 1 after an exception (printed by it), -N if signal N killed it."""
    process = _context().Process(target=_watched, args=(work, piece))
    with _ended_on_error():
        with _signals_waiting():
            process.start()
        process.join()
    assert process.exitcode is not None
    return process.exitcode


def _watched(work: Callable[[Piece], object], piece: Piece) -> None:
    _watch_parent()
    work(piece)


def _context() -> ForkServerContext:
    """Where workers come from. SIGINT is blocked there: Ctrl-C reaches all processes of a terminal, but only this one is to say so and end the others."""
    resource_tracker.ensure_running()  # before, because it unblocks the signal
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    return multiprocessing.get_context("forkserver")


@contextmanager
def _signals_waiting() -> Iterator[None]:
    """Lets Ctrl-C and SIGTERM wait while processes are started; one that was started and never told what to do ends in a traceback."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _ended_on_error() -> Iterator[None]:
    """Kills the processes started within when it is left by an error or a signal; their work would be for nothing, and a pool waits for it."""
    before = set(multiprocessing.active_children())
    try:
        yield
    except BaseException:
        for process in set(multiprocessing.active_children()) - before:
            process.kill()
        raise


def _watch_parent() -> None:
    """In a worker: ends it when its parent is gone. Killed, a parent cannot end its workers, and they would wait for work for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def wait() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
