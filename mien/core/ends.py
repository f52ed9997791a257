"""Both ends of a stage's process, where Python spends seconds on objects that live as long as the process does.

Importing torch and timm makes about a million objects. Python's garbage collector searches them again and again while they are being made
and finds nothing, and at the end the interpreter takes every module apart, although the operating system frees all memory at once.
Measured for the imports of the stage `explain`: 8.5 s of CPU time with both, 5.0 s without (benchmarks/startup.py).
"""

import atexit
import gc
import os
import sys

_finished = False


def imports_begin() -> None:
    """Switches the garbage collector off, until `imports_done`. To be called before any library is imported.

    The exit handlers of libraries run as always: handlers run in the reverse order of their registration, so `_leave` is the last.
    """
    gc.disable()
    atexit.register(_leave)


def imports_done() -> None:
    """Switches the garbage collector on again."""
    gc.enable()


def finished() -> None:
    """Says that the stage has succeeded: the process then ends with exit code 0, without taking its modules apart."""
    global _finished
    _finished = True


def _leave() -> None:
    """Ends the process after a success. After an error Python ends it in its own way, because only Python knows the exit code."""
    if not _finished:
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):  # a closed pipe, for example: Python reports it
        return
    os._exit(0)
