"""Makes text from the source (names, labels, metadata) safe to show in terminals, pages and cards, by escaping control characters.

A file name may contain escape codes, which a terminal executes, or a right-to-left override, which makes `exe.gpj` look like an image file.
"""

import re

# Unicode's control characters (C0 and C1) except tab and newline, line and paragraph separators, directional controls (UAX #9),
# lone surrogates (bytes of a name that are not valid UTF-8, which no terminal can print) and the invisible tag characters.
_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f"
_STEERING = re.compile(f"[{_CONTROLS}]")
_BEYOND_A_LINE = re.compile(f"[\t\n{_CONTROLS}]")


def printable(text: str) -> str:
    """The text with each control character except tab and newline written as a Python escape: `\\x1b`, `\\u202e`."""
    return _STEERING.sub(_written, text)


def one_line(text: str) -> str:
    """Like `printable`, but also escapes tab and newline: for a name within a sentence, which could otherwise add lines."""
    return _BEYOND_A_LINE.sub(_written, text)


def _written(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape", "surrogatepass").decode("ascii")
