"""What a process and its children need: seconds, processor time, memory and bytes written, sampled while they run."""

import os
import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, TextIO

import psutil

_INTERVAL_S: Final = 0.1
_PEAK: Final = re.compile(r"^VmHWM:\s+(\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Needs:
    """What a command needed. Memory is resident memory; `peak_gb` is that of all its processes together, at one moment."""

    seconds: float
    cpu_s: float
    peak_gb: float
    """the sum over all processes at the worst moment; pages that they share count several times"""
    peak_one_gb: float
    """the most that a single process had, as the kernel counts it (VmHWM; ru_maxrss would include the process that starts it)"""
    written_gb: float
    """what all processes wrote to files, with temporary ones"""

    def row(self) -> dict[str, float]:
        """The values, rounded."""
        return {name: round(value, 3) for name, value in asdict(self).items()}


def watched(command: Sequence[str], *, folder: Path, environment: Mapping[str, str], log: TextIO) -> Needs:
    """Runs a command in `folder` with its output in `log`. Raises CalledProcessError if it fails.

    Workers of a stage are started by a server of processes, which nobody waits for, so that the kernel's counts leave them out: their
    processor time and what they wrote are those last seen.
    """
    start = time.perf_counter()
    process = psutil.Popen(command, cwd=folder, env=dict(environment), stdout=log, stderr=subprocess.STDOUT)
    cpu_s: dict[int, float] = {}
    written: dict[int, int] = {}
    peak = peak_one = 0
    while True:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        resident = 0
        for each in _tree(process):
            try:
                with each.oneshot():
                    memory, times, files = each.memory_info().rss, each.cpu_times(), each.io_counters()
                most = int(_PEAK.findall(Path(f"/proc/{each.pid}/status").read_text())[0]) * 1024
            except (psutil.Error, OSError, IndexError):
                continue
            resident += memory
            peak_one = max(peak_one, most)
            cpu_s[each.pid] = times.user + times.system
            written[each.pid] = files.write_bytes
        peak = max(peak, resident)
        time.sleep(_INTERVAL_S)
    seconds = time.perf_counter() - start
    if code := os.waitstatus_to_exitcode(status):
        raise subprocess.CalledProcessError(code, command)
    cpu_s[process.pid] = used.ru_utime + used.ru_stime
    return Needs(seconds, sum(cpu_s.values()), max(peak, peak_one) / 1e9, peak_one / 1e9, sum(written.values()) / 1e9)


def _tree(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []
