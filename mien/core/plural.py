"""Numbers with the noun they count."""


def plural(num: int, noun: str, many: str = "") -> str:
    """'1 class', '2 classes': the number and its noun, whose plural is `many`, or has an s."""
    return f"{num} {noun_of(num, noun, many)}"


def noun_of(num: int, noun: str, many: str = "") -> str:
    """The noun alone, for a number that is written otherwise."""
    return noun if num == 1 else many or f"{noun}s"
