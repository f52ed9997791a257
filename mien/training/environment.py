"""Tells Lightning which processes train, so that it does not guess from the environment variables that a cluster sets.

Lightning takes the variables of SLURM, LSF, torchelastic and MPI as a sign of several processes, and fails if they do not match
`devices=1`. But a job submitted with --ntasks=4 has these variables in the single process of its script too, and an interactive shell
on a node may have only some of them. The parameters runtime.devices and runtime.num_nodes decide; if both are 1, no variable counts.
"""

import os
from collections.abc import Mapping

from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.fabric.utilities.rank_zero import rank_zero_only
from typing_extensions import override

from mien.training.processes import Processes

NUM_PROCESSES = ("WORLD_SIZE", "SLURM_STEP_NUM_TASKS")
"""torchrun and srun set these for the processes that they start; sbatch does not set them for its script."""


class OneProcess(LightningEnvironment):
    """Rank 0 of 1."""

    def __init__(self) -> None:
        super().__init__()
        rank_zero_only.rank = 0  # type: ignore[attr-defined]  # replaces Lightning's guess from the variables, made at import

    @property
    @override
    def creates_processes_externally(self) -> bool:
        return False

    @override
    def local_rank(self) -> int:
        return 0

    @override
    def node_rank(self) -> int:
        return 0


class Joined(LightningEnvironment):
    """One of several processes, all of which are there already."""

    def __init__(self, processes: Processes) -> None:
        super().__init__()
        self._processes = processes
        rank_zero_only.rank = processes.rank  # type: ignore[attr-defined]  # as above

    @property
    @override
    def creates_processes_externally(self) -> bool:
        return True

    @property
    @override
    def main_address(self) -> str:
        return self._processes.address

    @property
    @override
    def main_port(self) -> int:
        return self._processes.port

    @override
    def world_size(self) -> int:
        return self._processes.num

    @override
    def global_rank(self) -> int:
        return self._processes.rank

    @override
    def local_rank(self) -> int:
        return self._processes.local_rank

    @override
    def node_rank(self) -> int:
        return self._processes.rank // self._processes.devices

    @override
    def set_world_size(self, size: int) -> None:
        assert size == self.world_size()

    @override
    def set_global_rank(self, rank: int) -> None:
        assert rank == self.global_rank(), "processes are numbered machine by machine"


def launch_warning(environment: Mapping[str, str] = os.environ) -> str | None:
    """Returns a warning if this is one of several processes that were really started together, and None otherwise."""
    found = [(name, environment[name]) for name in NUM_PROCESSES if environment.get(name, "").isdecimal() and int(environment[name]) > 1]
    if not found:
        return None
    name, number = found[0]
    return (
        f"warning: {name} is {number}, but runtime.devices and runtime.num_nodes are 1: each process trains the model alone; "
        "start one (srun --ntasks=1), or set these keys (docs/cluster.md)"
    )
