"""Names of temporary files and folders, and the removal of those that killed processes left.

A name contains the machine, the process-ID namespace (a container has its own) and the process ID that made it. Only files of dead
processes of this machine and namespace are removed, because it is unknown whether a process on another machine that shares the disk is
still running.
"""

import os
import re
import shutil
import sys
from functools import cache
from pathlib import Path

HOST_NAMESPACE = 0xEFFFFFFC  # Linux gives the namespace of a machine itself this number (PROC_PID_INIT_INO in proc_ns.h)
MADE = re.compile(r"\.(?P<name>.+?)\.(?:(?P<owner>[\w-]+)\.)?(?P<pid>\d+)\.tmp")


def temporary_beside(path: Path) -> Path:
    """The temporary name that this process uses for `path`."""
    return path.with_name(f".{path.name}.{owner()}.{os.getpid()}.tmp")


def final_path(path: Path) -> Path:
    """`path` with each temporary name in it replaced by its final name."""
    return Path(*(found["name"] if (found := MADE.fullmatch(part)) else part for part in path.parts))


def sweep(path: Path) -> None:
    """Removes temporary files for `path` that dead processes of this machine left, and prints a warning for those it must not remove."""
    with os.scandir(path.parent) as entries:
        found = [(entry.path, made) for entry in entries if (made := MADE.fullmatch(entry.name)) and made["name"] == path.name]
    for place, made in found:
        if made["owner"] != owner():
            print(
                f"warning: {place} was left, or is still being written, by a process on another machine or of an earlier version; "
                "delete it if no such process is running",
                file=sys.stderr,
            )
        elif not is_alive(int(made["pid"])):
            remove(Path(place))


def remove_temporary(folder: Path) -> None:
    """Removes all temporary files and folders below `folder`, in which nothing may be writing any more, on whatever machine."""
    for path in list(folder.rglob("*")):
        if MADE.fullmatch(path.name):
            remove(path)


def remove(path: Path) -> None:
    """Removes a file, or a folder with its content; files in a folder that cannot be removed are left."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def is_alive(pid: int) -> bool:
    """Whether a process with this ID exists on this machine."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


@cache
def owner() -> str:
    """Machine and process-ID namespace, in letters, digits, _ and -."""
    host = re.sub(r"[^\w-]", "-", os.uname().nodename, flags=re.ASCII)[:40] or "host"
    try:
        namespace = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:  # not Linux
        namespace = HOST_NAMESPACE
    return host if namespace == HOST_NAMESPACE else f"{host}-{namespace:x}"
