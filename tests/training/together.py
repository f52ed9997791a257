"""Runs a function in several processes that are joined by gloo, forked from this one: importing torch again would take most of the time."""

import multiprocessing
import pickle
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import distributed

from mien.training.processes import Processes


def together(work: Callable[[Processes], Any], folder: Path, *, num: int = 2, timeout_s: float = 110) -> list[Any]:
    """What `work` returns in each process, by rank. Fails if one of them fails, or if they are not done in time."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    context = multiprocessing.get_context("fork")
    places = [Processes(rank, rank, num, 1, "127.0.0.1", port) for rank in range(num)]
    started = [context.Process(target=_run, args=(work, place, folder)) for place in places]
    for process in started:
        process.start()
    for process in started:
        process.join(timeout_s)
        if process.is_alive():
            process.kill()
    assert [process.exitcode for process in started] == [0] * num
    return [pickle.loads((folder / str(rank)).read_bytes()) for rank in range(num)]


def _run(work: Callable[[Processes], Any], place: Processes, folder: Path) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"tcp://{place.address}:{place.port}", rank=place.rank, world_size=place.num)
    (folder / str(place.rank)).write_bytes(pickle.dumps(work(place)))
    distributed.barrier()
    distributed.destroy_process_group()
