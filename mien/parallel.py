"""Mapping a function over pieces of work on all cores, with a progress bar."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import forkserver
from typing import TypeVar

from tqdm import tqdm

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def start_workers(module: str) -> None:
    """Begins to import `module` in the process from which `parallel_map` will fork its workers, while this one goes on.

    For stages that would otherwise wait for the same imports twice, one after the other, and a third time in each worker.
    """
    multiprocessing.get_context("forkserver").set_forkserver_preload([module])
    forkserver.ensure_running()


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
    of its own: where a worker dies, BrokenProcessPool is raised here. Processes are spawned afresh, not forked, because forking a
    process with running threads (Arrow, OpenMP) can hang.
    """
    count = min(num_processes(workers), len(pieces))
    steps = [1] * len(pieces) if sizes is None else sizes
    with ExitStack() as stack:
        results: Iterator[Result] = map(work, pieces)
        if count > 1 or (isolated and count == 1):
            pool = stack.enter_context(ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("forkserver")))
            results = pool.map(work, pieces)
        done = []
        with tqdm(total=sum(steps), desc=label, unit=unit) as bar:
            for step, result in zip(steps, results, strict=True):
                done.append(result)
                bar.update(step)
        return done
