"""Formats numbers with the noun they count."""

from collections.abc import Sequence


def plural(num: int, noun: str, many: str = "") -> str:
    """The number with its noun, such as '1 class' or '2 classes'; the plural is `many`, or the noun with an s."""
    return f"{num} {noun_of(num, noun, many)}"


def noun_of(num: int, noun: str, many: str = "") -> str:
    """The noun alone, for a number that is formatted separately."""
    return noun if num == 1 else many or f"{noun}s"


def listed(words: Sequence[str]) -> str:
    """The words as a list in a sentence, such as '3 models, 1 ensemble and 2 exports'; empty without words."""
    *others, last = words or [""]
    return f"{', '.join(others)} and {last}" if others else last
