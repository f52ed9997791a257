"""What a source says about itself as a whole, while it is read: one line on stderr, past the progress bar."""

import sys

from tqdm import tqdm

from mien.core.printable import one_line


def notice(text: str) -> None:
    """Prints a warning."""
    tqdm.write(f"warning: {one_line(text)}", file=sys.stderr)
