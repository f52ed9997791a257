"""Brings the processes of a training together: starts those of this machine if nobody has, and ends all if one of them is lost."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import torch
from torch import distributed

from mien.core.errors import MienError, Stopped, TrainingError
from mien.core.parallel import num_processes
from mien.training.processes import Processes, this_process

BACKENDS = {"cpu": "gloo", "cuda": "nccl"}
MEETING = timedelta(minutes=30)
"""how long processes wait for one another, for example while rank 0 writes a checkpoint"""
GRACE_S = 60.0
"""time for the training to notice by itself that another process is gone"""
STARTED = "MIEN_STARTED_BY_RANK_0"
GOES_ON = "nothing half-written remains, and the next `dvc repro` continues from the last saved epoch"


@contextmanager
def joined(devices: int, num_nodes: int, *, device: str, command: Sequence[str]) -> Iterator[Processes]:
    """Yields this process among those of the training, once all are there; `command` starts another one of them on this machine.

    With one process, nothing is started. Raises TrainingError if the processes that were started are not those that are configured
    (mien.training.processes), if a machine has fewer GPUs, if the others do not come, or if one of them ends before the training does.
    Processes other than the first raise SystemExit instead of a MienError or of Stopped, so that one process alone prints it.
    """
    found = this_process(devices, num_nodes)
    if found.num == 1:
        yield found
        return
    _require_devices(devices, device)
    with ExitStack() as stack:
        others = None
        if not found.port:
            _divide_cores(devices, device)
            found = replace(found, port=_free_port())
            others = stack.enter_context(_Others(found, command).running())
        if STARTED in os.environ:
            threading.Thread(target=_end_with_parent, daemon=True).start()
        try:
            with _first_alone_tells(found):
                _meet(found, device)
                yield found
        except RuntimeError as error:
            if not _is_lost_peer(error):
                raise
            if not found.is_first:
                raise SystemExit(2) from None
            raise TrainingError(f"{others.said() if others else _ended('another process')}; {GOES_ON}") from None
        finally:
            if distributed.is_initialized() and sys.exc_info()[0] is None:
                distributed.destroy_process_group()


class _Others:
    """The processes of ranks 1 and above, started by rank 0 on its machine."""

    def __init__(self, first: Processes, command: Sequence[str]) -> None:
        self._first, self._command = first, command
        self._running: list[subprocess.Popen[bytes]] = []
        self._over = threading.Event()

    @contextmanager
    def running(self) -> "Iterator[_Others]":
        """They run in this context, and end with it."""
        try:
            for rank in range(1, self._first.num):
                self._running.append(self._start(rank))
            threading.Thread(target=self._watch, daemon=True).start()
            yield self
        finally:
            self._over.set()
            self._end()

    def said(self) -> str:
        """Which of them ended, and how; waits a moment for it, because a broken connection is noticed before the end of a process."""
        ends_s = time.monotonic() + 5
        while not (lost := self._lost()) and time.monotonic() < ends_s:
            time.sleep(0.05)
        return lost or _ended("another process")

    def _start(self, rank: int) -> "subprocess.Popen[bytes]":
        own = {name: value for name, value in os.environ.items() if not name.startswith("TORCHELASTIC_")}
        numbers = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": self._first.num, "MASTER_PORT": self._first.port}
        settings = {name: str(number) for name, number in numbers.items()}
        settings |= {"MASTER_ADDR": self._first.address, STARTED: "1", "OMP_NUM_THREADS": str(torch.get_num_threads())}
        # Its standard input is a pipe that closes when this process ends, however it ends. Ctrl-C reaches this process alone.
        return subprocess.Popen(self._command, env=own | settings, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)

    def _lost(self) -> str:
        for rank, process in enumerate(self._running, start=1):
            if process.poll() is not None and process.returncode < 0:
                return _ended(f"process {rank} of {self._first.num}", signal.Signals(-process.returncode).name)
        for rank, process in enumerate(self._running, start=1):
            if process.poll():
                return _ended(f"process {rank} of {self._first.num}", f"code {process.returncode}")
        return ""

    def _watch(self) -> None:
        """Ends this process if another is gone and this one does not notice: it may wait for it in a computation of a GPU."""
        while not self._over.wait(0.5):
            if self._lost() and not self._over.wait(GRACE_S):
                os.write(2, f"error: {self._lost()}; {GOES_ON}\n".encode())
                self._end()
                os._exit(2)

    def _end(self) -> None:
        ends_s = time.monotonic() + (GRACE_S if sys.exc_info()[0] is None else 1.0)
        for process in self._running:
            try:
                process.wait(max(0.0, ends_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _ended(who: str, how: str = "") -> str:
    hint = " (SIGKILL is often a lack of memory)" if how == "SIGKILL" else ""
    return f"runtime.devices: {who} of this training ended before the others{f', by {how}' if how else ''}{hint}"


@contextmanager
def _first_alone_tells(processes: Processes) -> Iterator[None]:
    try:
        yield
    except MienError:
        if processes.is_first:
            raise
        raise SystemExit(2) from None
    except Stopped as stop:
        if processes.is_first:
            raise
        raise SystemExit(128 + stop.signum) from None


def _meet(processes: Processes, device: str) -> None:
    place = f"{processes.address}:{processes.port}"
    own = torch.device(device, processes.local_rank) if device == "cuda" else None
    if own:
        torch.cuda.set_device(own)  # what NCCL exchanges is on the current GPU
    numbers: dict[str, Any] = {"rank": processes.rank, "world_size": processes.num}
    try:
        distributed.init_process_group(BACKENDS[device], init_method=f"tcp://{place}", **numbers, timeout=MEETING, device_id=own)
    except distributed.DistError as error:
        reason = " ".join(str(error).split())[:200]
        raise TrainingError(
            f"runtime.devices: the {processes.num} processes of this training did not meet at {place} ({reason}); "
            "start all of them, on machines that reach one another, or set MASTER_ADDR and MASTER_PORT"
        ) from None


def _is_lost_peer(error: RuntimeError) -> bool:
    return isinstance(error, distributed.DistError) or "gloo" in str(error).lower()


def _require_devices(devices: int, device: str) -> None:
    if device == "cuda" and (found := torch.cuda.device_count()) < devices:
        raise TrainingError(
            f"runtime.devices: {devices} processes need a GPU each, but PyTorch finds {found} on this machine; lower it, "
            "set runtime.device to cpu, or ask the cluster for more (with srun by --gpus-per-node, because each process must see all)"
        )


def _divide_cores(devices: int, device: str) -> None:
    if device == "cpu" and "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(max(1, num_processes(0) // devices))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(2)
