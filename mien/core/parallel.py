"""Maps a function over pieces of work on all cores, or on a Ray cluster, with a progress bar."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from multiprocessing import connection, forkserver, resource_tracker
from multiprocessing.context import ForkServerContext
from typing import Literal, TypeVar

from tqdm import tqdm

from mien.core.errors import WorkerError

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def start_workers(module: str) -> None:
    """Starts to import `module` in the process from which `parallel_map` will fork its workers, while this process continues.

    Without it, a stage waits for the same imports twice in sequence, and a third time in each worker.
    """
    multiprocessing.get_context("forkserver").set_forkserver_preload([module])
    worker_context()


def num_processes(workers: int) -> int:
    """`workers`, or the number of cores that this process may use if `workers` is 0."""
    return workers or len(os.sched_getaffinity(0))


def parallel_map(
    work: Callable[[Piece], Result],
    pieces: Sequence[Piece],
    *,
    workers: int,
    executor: Literal["local", "ray"] = "local",
    label: str,
    unit: str,
    sizes: Sequence[int] | None = None,
    isolated: bool = False,
) -> list[Result]:
    """`[work(piece) for piece in pieces]` on `workers` processes (0: one per core), in order; `work` must be a top-level function.

    The progress bar counts pieces, or units if `sizes` (units per piece) is given. With `isolated`, even a single worker runs in its own
    process. If a worker dies, BrokenProcessPool is raised with `isolated`, otherwise WorkerError. Workers are not forked from this process,
    because forking a process with running threads (Arrow, OpenMP) can hang. They end when this process ends, even if it is killed.

    With `executor` ray, every piece is a Ray task (see mien.core.ray_pool), and the work of workers that die is repeated before an error.
    """
    count = min(num_processes(workers), len(pieces))
    steps = [1] * len(pieces) if sizes is None else sizes
    with ExitStack() as stack:
        results: Iterator[Result] = map(work, pieces)
        if executor == "ray" and count:
            from mien.core.ray_pool import outcome, ray_pool

            submit = stack.enter_context(ray_pool(num_cpus=count))
            tasks = deque([submit(work, piece) for piece in pieces])
            results = (outcome(tasks.popleft()) for _ in pieces)
        elif count > 1 or (isolated and count == 1):
            pool = stack.enter_context(ProcessPoolExecutor(count, mp_context=worker_context(), initializer=_watch_parent))
            stack.enter_context(ended_on_error())
            with signals_waiting():
                # pool.map cancels the remaining futures, which raises an error if the pool was killed
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
                cluster = ", or on a cluster --num-cpus of `ray start`," if executor == "ray" else ""
                raise WorkerError(
                    f"{label}: a worker process was killed, most likely because memory ran out; "
                    f"set runtime.workers lower (1 needs the least){cluster} and run the same command again"
                ) from None
        return done


def run_alone(work: Callable[[Piece], object], piece: Piece) -> int:
    """Runs `work(piece)` in its own process; returns the exit code: 0, 1 after an exception (which it prints), -N if signal N killed it."""
    process = worker_context().Process(target=_watched, args=(work, piece))
    with ended_on_error():
        with signals_waiting():
            process.start()
        process.join()
    assert process.exitcode is not None
    return process.exitcode


def _watched(work: Callable[[Piece], object], piece: Piece) -> None:
    _watch_parent()
    work(piece)


def worker_context() -> ForkServerContext:
    """The context that starts workers. SIGINT is blocked in them: Ctrl-C reaches all processes of a terminal, but only this process
    reports it and ends the others."""
    resource_tracker.ensure_running()  # before, because it unblocks the signal
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    return multiprocessing.get_context("forkserver")


@contextmanager
def signals_waiting() -> Iterator[None]:
    """Delays Ctrl-C and SIGTERM while processes are started; a process that is interrupted before it has work prints a traceback."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def ended_on_error() -> Iterator[None]:
    """Kills the processes started inside the block on an error or signal, because a pool would wait for their useless work."""
    before = set(multiprocessing.active_children())
    try:
        yield
    except BaseException:
        for process in set(multiprocessing.active_children()) - before:
            process.kill()
        raise


def worker_started(prepare: Callable[..., None], *given: object) -> None:
    """What a worker does first: it ends with its parent, and calls `prepare`."""
    _watch_parent()
    prepare(*given)


def _watch_parent() -> None:
    """Ends this worker when its parent is gone. A killed parent cannot end its workers, which would otherwise wait for work forever."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def wait() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
