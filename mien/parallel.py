"""Mapping a function over pieces of work on all cores, with a progress bar."""

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

from tqdm import tqdm

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def num_processes(workers: int) -> int:
    """`workers`, or for 0 the number of cores this process may use."""
    return workers or len(os.sched_getaffinity(0))


def parallel_map(work: Callable[[Piece], Result], pieces: Sequence[Piece], *, workers: int, label: str, unit: str) -> list[Result]:
    """`[work(piece) for piece in pieces]` on `workers` processes (0: one per core), in order; `work` must be a top-level function.

    Processes are spawned afresh, not forked, because forking a process with running threads (Arrow, OpenMP) can hang.
    """
    count = min(num_processes(workers), len(pieces))
    if count <= 1:
        return [work(piece) for piece in tqdm(pieces, desc=label, unit=unit)]
    with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("forkserver")) as pool:
        return list(tqdm(pool.map(work, pieces), total=len(pieces), desc=label, unit=unit))
