"""How a stage decodes the faces that it loads."""

from dataclasses import dataclass

from mien.config.sections.runtime import RuntimeParams
from mien.core.memory import MemoryBudget, memory_budget
from mien.core.parallel import num_processes


@dataclass(frozen=True)
class Decoding:
    """The threads that decode faces, and the memory that decoded faces may take. It does not change the images."""

    workers: int = 0
    """number of threads, one per core if it is 0"""
    memory: MemoryBudget | None = None
    """for all sets that are loaded with this object; those that do not fit are decoded while they are used; None if all have to fit"""


def decoding(runtime: RuntimeParams, *, processes: int = 1) -> Decoding:
    """What the section `runtime` says, divided among several equal processes of this machine."""
    workers = max(1, num_processes(runtime.workers) // processes)
    return Decoding(workers, memory_budget(runtime.memory_gb, processes=processes))
