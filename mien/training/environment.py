"""Makes Lightning train in one process, whatever environment variables a cluster sets.

Lightning takes the variables of SLURM, LSF, torchelastic and MPI as a sign of several processes, and fails if they do not match
`devices=1`. But a job submitted with --ntasks=4 has these variables in the single process of its script too, and an interactive shell
on a node may have only some of them. mien trains a model in one process, so it ignores them all.
"""

import os
from collections.abc import Mapping

from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.fabric.utilities.rank_zero import rank_zero_only
from typing_extensions import override

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


def launch_warning(environment: Mapping[str, str] = os.environ) -> str | None:
    """Returns a warning if this is one of several processes that were really started together, and None otherwise."""
    found = [(name, environment[name]) for name in NUM_PROCESSES if environment.get(name, "").isdecimal() and int(environment[name]) > 1]
    if not found:
        return None
    name, number = found[0]
    return f"warning: {name} is {number}, but a model is trained in one process; the others repeat it; start one (srun --ntasks=1)"
