"""Where a training runs: one process, whatever a cluster's variables say.

Lightning takes SLURM's, LSF's, torchelastic's and MPI's variables for a launch of several processes and refuses to run where they do not match
`devices=1`. But a job asked for with --ntasks=4 has them in the single process of its script too, and an interactive shell on a node
can have half of them. mien trains a model in one process, so it looks at none.
"""

import os
from collections.abc import Mapping

from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.fabric.utilities.rank_zero import rank_zero_only
from typing_extensions import override

NUM_PROCESSES = ("WORLD_SIZE", "SLURM_STEP_NUM_TASKS")
"""Set by torchrun and srun for the processes that they start, not by sbatch for its script."""


class OneProcess(LightningEnvironment):
    """Rank 0 of 1."""

    def __init__(self) -> None:
        super().__init__()
        rank_zero_only.rank = 0  # type: ignore[attr-defined]  # in place of the guess from the variables, made when Lightning was imported

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


def launch_warning(environment: Mapping[str, str] = os.environ) -> str | None:
    """What to say where this is one of several processes that were really started together."""
    found = [(name, environment[name]) for name in NUM_PROCESSES if environment.get(name, "").isdecimal() and int(environment[name]) > 1]
    if not found:
        return None
    name, number = found[0]
    return f"warning: {name} is {number}, but a model is trained in one process; every further process trains the same again: start one (srun --ntasks=1)"
