"""Text from the source (names, labels, metadata) as terminals, pages and cards may show it: without characters that steer what shows them.

A file's name may hold escape codes, which a terminal obeys, or a right-to-left override, with which `exe.gpj` reads as a picture.
"""

import re

# Unicode's control characters (C0 and C1) but tab and newline, line and paragraph separators, directional controls (UAX #9),
# halves of surrogate pairs (bytes of a name that are no UTF-8; no terminal can print them) and the invisible tag characters.
_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f"
_STEERING = re.compile(f"[{_CONTROLS}]")
_BEYOND_A_LINE = re.compile(f"[\t\n{_CONTROLS}]")


def printable(text: str) -> str:
    """The text with each control character but tab and newline written as Python writes it: `\\x1b`, `\\u202e`."""
    return _STEERING.sub(_written, text)


def one_line(text: str) -> str:
    """As `printable`, tab and newline too: for a name within a sentence, which could otherwise add lines of its own."""
    return _BEYOND_A_LINE.sub(_written, text)


def _written(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape", "surrogatepass").decode("ascii")
