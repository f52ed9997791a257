"""`python -m tests.core.ray_faults FAULT`: the stage `convert` with work that meets a fault. Each function here is that work."""

import os
import resource
import signal
import sys
import time
from pathlib import Path

from mien.convert import conversion
from mien.convert.conversion import Piece, convert_piece
from mien.core.stage import command
from stages import convert
from tests.convert.crashing import convert_or_die

FAULTS = Path("faults")  # what the work notes, and what a test tells it, in the folder of the stage
LIMIT_BYTES = 3000


def killed(piece: Piece) -> None:
    """The first worker of each of the first pieces is killed after its work and before it is noted as done."""
    once = FAULTS / piece.prefix
    if piece.prefix in "0123" and not once.exists():
        once.touch()
        piece.images.parent.mkdir(exist_ok=True)
        piece.images.with_name(f".{piece.images.name}.elsewhere.1.tmp").write_bytes(b"half")
        os.kill(os.getpid(), signal.SIGKILL)
    convert_piece(piece)


def waiting(piece: Piece) -> None:
    """Notes on which node it runs; unless it is one of the first pieces, waits until the test says `go`."""
    from ray import get_runtime_context

    (FAULTS / f"{piece.prefix}.{get_runtime_context().get_node_id()}").touch()
    while piece.prefix not in "01" and not (FAULTS / "go").exists():
        time.sleep(0.02)
    convert_piece(piece)


def limited(piece: Piece) -> None:
    """No file may become larger than LIMIT_BYTES, which is met as a full disk is."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT_BYTES, before[1]))
    try:
        convert_piece(piece)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def deadly(piece: Piece) -> None:
    """A content crashes its decoder, wherever it is decoded."""
    convert_or_die(piece)


if __name__ == "__main__":
    from tests.core import ray_faults  # by its name, for a worker to find it

    conversion.convert_piece = getattr(ray_faults, sys.argv.pop())
    command(convert.main)()
