"""parallel_map is map, in order, for any number of workers, and tells of a worker that died."""

import os
import sys
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from mien.core.errors import WorkerError
from mien.core.parallel import parallel_map, run_alone
from tests.surroundings import run


def squared(number: int) -> int:
    return number * number


def die(number: int) -> int:
    os._exit(number)


@pytest.mark.parametrize(("workers", "isolated"), [(1, False), (1, True), (2, False)])
def test_it_is_map_in_order(workers: int, isolated: bool) -> None:
    assert parallel_map(squared, range(7), workers=workers, label="x", unit="y", isolated=isolated) == [n * n for n in range(7)]
    assert parallel_map(squared, [], workers=workers, label="x", unit="y", isolated=isolated) == []


def test_the_bar_counts_units(capfd: pytest.CaptureFixture[str]) -> None:
    parallel_map(squared, [1, 2], workers=1, label="squares", unit="image", sizes=[30, 12])
    assert "42/42" in capfd.readouterr().err


def test_an_isolated_worker_that_dies_raises_here() -> None:
    with pytest.raises(BrokenProcessPool):
        parallel_map(die, [3], workers=1, label="x", unit="y", isolated=True)


def test_a_worker_that_dies_is_told_in_one_line_that_names_the_remedy() -> None:
    with pytest.raises(WorkerError, match=r"^x: a worker process was killed.*runtime\.workers"):
        parallel_map(die, [3, 3], workers=2, label="x", unit="y")


def test_alone_gives_the_exit_code() -> None:
    assert [run_alone(work, 3) for work in (squared, die)] == [0, 3]


def test_a_stop_while_workers_are_started_is_one_line(tmp_path: Path) -> None:
    """A process that was started and never told what to do ends in a traceback."""
    code = (
        "import os, signal\n"
        "from multiprocessing import forkserver\n"
        "from mien.core.parallel import parallel_map\n"
        "from mien.core.stage import command\n"
        "connect = forkserver.connect_to_new_process\n"
        "def stopped(fds):\n"
        "    made = connect(fds)\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    return made\n"
        "def main() -> None:\n"
        "    forkserver.connect_to_new_process = stopped\n"
        "    parallel_map(abs, [1, -2, 3], workers=2, label='a', unit='b')\n"
        "command(main)()"
    )
    done = run([sys.executable, "-c", code], root=tmp_path)
    assert done.code == 143 and len(done.said) == 1 and done.said[0].startswith("stopped: "), done.err
