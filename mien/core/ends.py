"""Speeds up the start and the end of a stage's process, where Python spends seconds on objects that live as long as the process.

Importing torch and timm creates about a million objects. Python's garbage collector scans them repeatedly during the imports and finds
nothing, and at exit the interpreter tears down every module, although the operating system frees all memory at once. Without both, the
imports of the stage `explain` take 5.0 s of CPU time instead of 8.5 s (benchmarks/startup.py).
"""

import atexit
import gc
import os
import sys

_finished = False


def imports_begin() -> None:
    """Turns the garbage collector off until `imports_done` is called. Must be called before any library is imported.

    The exit handlers of libraries still run: handlers run in reverse order of registration, so `_leave` is the last one.
    """
    gc.disable()
    atexit.register(_leave)


def imports_done() -> None:
    """Turns the garbage collector on again."""
    gc.enable()


def finished() -> None:
    """Records that the stage has succeeded, so that the process exits with code 0 without tearing down its modules."""
    global _finished
    _finished = True


def _leave() -> None:
    """Ends the process after a success. After an error Python ends it as usual, because only Python knows the exit code."""
    if not _finished:
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):  # a closed pipe, for example: Python reports it
        return
    os._exit(0)
