"""Formats numbers with the noun they count."""


def plural(num: int, noun: str, many: str = "") -> str:
    """The number with its noun, such as '1 class' or '2 classes'; the plural is `many`, or the noun with an s."""
    return f"{num} {noun_of(num, noun, many)}"


def noun_of(num: int, noun: str, many: str = "") -> str:
    """The noun alone, for a number that is formatted separately."""
    return noun if num == 1 else many or f"{noun}s"
