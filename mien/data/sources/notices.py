"""What a source says about itself as a whole, while it is read: one line on stderr, past the progress bar."""

import sys

from tqdm import tqdm


def notice(text: str) -> None:
    """Prints a warning."""
    tqdm.write(f"warning: {text}", file=sys.stderr)
