"""The processes that train one model together: which of them this one is, and what they agree on. Rank 0 alone writes, prints and logs."""

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed

from mien.core.errors import MienError, TrainingError

Value = TypeVar("Value")

TORCHRUN = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
SRUN = ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID")


@dataclass(frozen=True)
class Processes:
    """This process among those of a training; without arguments, the only one."""

    rank: int = 0
    local_rank: int = 0
    """the number of this process on its machine, which is also that of its GPU"""
    devices: int = 1
    """processes on each machine"""
    num_nodes: int = 1
    address: str = "127.0.0.1"
    port: int = 0
    """where rank 0 listens; 0 if nobody has started the processes yet"""

    @property
    def num(self) -> int:
        """The number of processes."""
        return self.devices * self.num_nodes

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes files, logs and prints."""
        return self.rank == 0

    def decided(self, decide: Callable[[], Value]) -> Value:
        """What `decide` returns on rank 0, on all of them. Raises on all the MienError that it raises."""
        if self.num == 1:
            return decide()
        found: list[Any] = [None, None]
        if self.is_first:
            try:
                found[0] = decide()
            except MienError as error:
                found[1] = error
        distributed.broadcast_object_list(found)
        if found[1] is not None:
            raise found[1]
        value: Value = found[0]
        return value

    @contextmanager
    def agreeing(self) -> Iterator[None]:
        """If the block raises a MienError in any of the processes, the first of these errors is raised in all of them."""
        if self.num == 1:
            yield
            return
        own: tuple[str, str] | None = None
        try:
            yield
        except MienError as error:
            own = str(error), socket.gethostname()
        errors: list[Any] = [None] * self.num
        distributed.all_gather_object(errors, own)
        for rank, found in enumerate(errors):
            if found is not None:
                text, host = found
                raise TrainingError(text if rank == 0 else f"{text} (process {rank}, on {host})")

    def wait(self) -> None:
        """Waits until all processes have called it."""
        if self.num > 1:
            distributed.barrier()

    def shared(self, figures: dict[str, float], *, device: torch.device) -> dict[str, float]:
        """The figures of rank 0: processors of different kinds round differently, and no process may decide on figures of its own."""
        if self.num == 1:
            return figures
        values = torch.tensor(list(figures.values()), dtype=torch.float64, device=device)
        distributed.broadcast(values, src=0)
        return dict(zip(figures, values.tolist(), strict=True))


ALONE = Processes()


def this_process(devices: int, num_nodes: int, environment: Mapping[str, str] = os.environ) -> Processes:
    """This process among devices × num_nodes, by the variables of torchrun or of srun; its `port` is 0 if neither has started it.

    Variables do not count if one process is configured: a job script has many of them (mien.training.environment). Raises TrainingError
    if another number of processes was started than is configured, or none on the other machines.
    """
    num = devices * num_nodes
    if num == 1:
        return ALONE
    if all(environment.get(name, "") for name in TORCHRUN) and (environment["WORLD_SIZE"] != "1" or num_nodes > 1):
        rank, started, local_rank = (_number(environment, name) for name in TORCHRUN[:3])
        address, port = environment["MASTER_ADDR"], _number(environment, "MASTER_PORT")
        _require(started, "WORLD_SIZE", devices, num_nodes)
    elif all(environment.get(name, "") for name in SRUN) and (environment["SLURM_STEP_NUM_TASKS"] != "1" or num_nodes > 1):
        rank, started, local_rank = (_number(environment, name) for name in SRUN)
        _require(started, "SLURM_STEP_NUM_TASKS", devices, num_nodes)
        address, port = _meeting_place(environment)
    elif num_nodes > 1:
        raise TrainingError(
            f"runtime.num_nodes: {num_nodes} machines need srun or torchrun, which starts the process on each of them (docs/cluster.md); "
            "without it only the processes of one machine are started; use one of them, or set it to 1"
        )
    else:
        return Processes(devices=devices)
    if rank >= num or local_rank >= devices:
        raise TrainingError(
            f"runtime.devices: this is process {rank} of {num}, and number {local_rank} of its machine, but only {devices} are configured "
            "for each machine; start as many on each machine, or change runtime.devices and runtime.num_nodes"
        )
    return Processes(rank, local_rank, devices, num_nodes, address, port)


def _require(started: int, name: str, devices: int, num_nodes: int) -> None:
    if started != devices * num_nodes:
        raise TrainingError(
            f"runtime.devices: {devices} × runtime.num_nodes: {num_nodes} is {devices * num_nodes}, but {name} is {started}; "
            f"start as many processes, change these keys, or unset {name} if nothing was started"
        )


def _meeting_place(environment: Mapping[str, str]) -> tuple[str, int]:
    """Address and port of rank 0 among the tasks of srun: the first machine of the step, and a port made from the job's number."""
    from lightning.fabric.plugins.environments.slurm import SLURMEnvironment

    nodes = environment.get("SLURM_STEP_NODELIST") or environment.get("SLURM_JOB_NODELIST", "127.0.0.1")
    job = environment.get("SLURM_JOB_ID", "0")[-4:]
    address = environment.get("MASTER_ADDR") or SLURMEnvironment.resolve_root_node_address(nodes)
    return address, _number(environment, "MASTER_PORT") if environment.get("MASTER_PORT") else 15000 + int(job if job.isdecimal() else 0)


def _number(environment: Mapping[str, str], name: str) -> int:
    if not environment[name].strip().isdecimal():
        raise TrainingError(f"{name}: must be a number (got {environment[name]!r}); unset it, or start mien with srun or torchrun")
    return int(environment[name])


def check_shares(processes: Processes, *, model: str, batch_size: int) -> None:
    """Raises TrainingError if a batch cannot be divided equally among the processes."""
    if batch_size % processes.num:
        raise TrainingError(
            f"models.{model}.train.batch_size: must be a multiple of runtime.devices × runtime.num_nodes, which is {processes.num} "
            f"(got {batch_size}); each process takes an equal part of each batch; change one of them"
        )


def sum_over_processes(own: Tensor) -> Tensor:
    """The sum of a tensor over all processes, without a gradient."""
    found = own.detach().clone()
    distributed.all_reduce(found)
    return found
