"""The memory and the CPU time of a process and all processes that it started."""

import os
import re
import threading
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """The process and its descendants."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            after = path.read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        parents[int(path.parent.name)] = int(after[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def memory_mb(pid: int) -> float:
    """Proportional set size of the tree, in which shared pages count once."""
    total_kb = 0
    for one in tree(pid):
        try:
            total_kb += int(re.findall(r"^Pss:\s+(\d+)", Path(f"/proc/{one}/smaps_rollup").read_text(), re.MULTILINE)[0])
        except (OSError, IndexError):
            continue
    return total_kb / 1024


def cpu_s(pid: int) -> float:
    """CPU time of the tree and of its processes that have ended."""
    total = 0
    for one in tree(pid):
        try:
            total += sum(map(int, Path(f"/proc/{one}/stat").read_text().rpartition(") ")[2].split()[11:15]))
        except OSError:
            continue
    return total / TICKS_PER_S


class Watch:
    """Samples the memory twice a second."""

    def __init__(self, pid: int) -> None:
        self._pid, self._done = pid, threading.Event()
        self.samples_mb: list[float] = [memory_mb(pid)]
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def _sample(self) -> None:
        while not self._done.wait(0.5):
            self.samples_mb.append(memory_mb(self._pid))

    def stop(self) -> list[float]:
        self._done.set()
        self._thread.join()
        return self.samples_mb
