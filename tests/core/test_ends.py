"""A stage's process at both ends: the garbage collector during imports, and the interpreter's own tear-down after a success."""

import sys
from pathlib import Path

import pytest

from tests.surroundings import Outcome, run

TAKEN_APART = "taken apart"
STAGE = f"""
import atexit, gc, os
from mien.core.ends import imports_begin
imports_begin()
print("collecting" if gc.isenabled() else "not collecting", "during imports")
atexit.register(print, "handler of a library", end="")
class Module:
    def __del__(self):
        os.write(2, b"{TAKEN_APART}")
module = Module()
from mien.core.errors import MienError
from mien.core.stage import command
def main() -> None:
    print("collecting" if gc.isenabled() else "not collecting", "in main")
    END
command(main)()
"""


def ended(end: str, root: Path) -> Outcome:
    return run([sys.executable, "-c", STAGE.replace("END", end)], root=root)


def test_a_stage_that_succeeds_ends_after_all_handlers_and_all_output_without_being_taken_apart(tmp_path: Path) -> None:
    done = ended("pass", tmp_path)
    assert (done.code, done.out) == (0, "not collecting during imports\ncollecting in main\nhandler of a library")
    assert TAKEN_APART not in done.err


@pytest.mark.parametrize(("end", "code"), [("raise MienError('refused')", 2), ("raise SystemExit(3)", 3), ("1 / 0", 1)])
def test_a_stage_that_fails_keeps_its_exit_code(end: str, code: int, tmp_path: Path) -> None:
    done = ended(end, tmp_path)
    assert done.code == code and done.out.endswith("handler of a library")
    assert TAKEN_APART in done.err, "otherwise the other test shows nothing"
