"""Warnings about a source as a whole while it is read: one line on stderr, which does not break the progress bar."""

import sys

from tqdm import tqdm

from mien.core.printable import one_line


def notice(text: str) -> None:
    """Prints `text` as a warning of one line."""
    tqdm.write(f"warning: {one_line(text)}", file=sys.stderr)
