"""How much memory this process may use, and a budget of it. Units: bytes, and GB of 10⁹ bytes."""

import os
import resource
from collections.abc import Iterator
from pathlib import Path

SHARE = 0.5
"""of the memory that is available at the start; the network, its gradients and the libraries need the rest"""
GROUPS = {"": ("sys/fs/cgroup", "memory.max"), "memory": ("sys/fs/cgroup/memory", "memory.limit_in_bytes")}
"""by controller (version 2 has no name): where control groups are mounted, and the file with the limit"""


class MemoryBudget:
    """A number of bytes, of which parts are reserved one after another."""

    def __init__(self, num_bytes: int) -> None:
        self._left = num_bytes

    def reserve(self, num_bytes: int) -> bool:
        """Whether so many bytes are left; if so, they are reserved."""
        if num_bytes > self._left:
            return False
        self._left -= num_bytes
        return True


def memory_budget(memory_gb: float, *, processes: int = 1) -> MemoryBudget:
    """The part of each of several equal processes of this machine in `memory_gb`, or in SHARE of the usable memory if that is 0."""
    return MemoryBudget(int((memory_gb * 1e9 or SHARE * usable_bytes()) / processes))


def usable_bytes() -> int:
    """The memory that is available on this machine, or the smallest limit on this process (control groups, ulimit) if that is less."""
    limits = (resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA))
    return min([_available_bytes(), *group_limits(), *(limit for limit in limits if limit != resource.RLIM_INFINITY)])


def group_limits(root: Path = Path("/")) -> Iterator[int]:
    """The memory limits of the control groups of this process, and of the groups that contain them (SLURM, systemd, containers).

    In a container, the groups are mounted as if its own were the outermost one, whatever path the process has outside.
    """
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        for controller in set(controllers.split(",")) & set(GROUPS):
            mount, name = GROUPS[controller]
            inner = Path(path.lstrip("/"))
            for folder in (inner, *inner.parents):
                limit = root / mount / folder / name
                if limit.is_file() and (text := limit.read_text(encoding="ascii").strip()).isdecimal():
                    yield int(text)


def _available_bytes() -> int:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):  # not Linux
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
