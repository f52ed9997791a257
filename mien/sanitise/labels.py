"""Maps the spelling of a label to a class, by `labels.classes` and `labels.aliases`, compared as described in mien/config/spelling.py."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

import pandas as pd

from mien.config.sections.labels import LabelParams
from mien.config.spelling import fold
from mien.core.errors import LabelError
from mien.core.plural import plural


@dataclass(frozen=True)
class UnknownSpelling:
    """A label that is neither a class nor an alias, the number of files that have it, and the class whose spelling is closest (or None)."""

    spelling: str | None
    num_files: int
    closest: str | None

    def __str__(self) -> str:
        if self.spelling is None:
            return f"{plural(self.num_files, 'file')} without a folder that names a label"
        hint = f"closest class: {self.closest}" if self.closest else "no class is close"
        return f"{self.spelling!r} ({plural(self.num_files, 'file')}; {hint})"


def classify(raw: pd.Series, params: LabelParams) -> pd.Series:
    """The class of each spelling in `raw`, None where it is missing or unknown, with the same index. Dropped classes are included."""
    known = params.spellings
    by_spelling = {spelling: known.class_of(spelling) for spelling in raw.dropna().unique()}
    return pd.Series([by_spelling.get(spelling) for spelling in raw], index=raw.index, dtype=object)


def closest_class(spelling: str, params: LabelParams) -> str | None:
    """The class that occurs as a separate word in this spelling ('happy_faces', 'Happy - Copy'), or the class with the closest spelling.

    None if no class is similar (difflib's ratio is below 0.6). Digits are not compared: emotion_3 is not close to emotion_1.
    """
    named = {name for word in re.split(r"[\W_\d]+", spelling) if word and (name := params.spellings.class_of(word))}
    if len(named) == 1:
        return named.pop()
    letters = re.sub(r"\d+", "", fold(spelling))
    known = {folded: name for folded, name in params.spellings.by_folded.items() if not re.search(r"\d", folded)}
    close = get_close_matches(letters, sorted(known), 1)
    return known[close[0]] if close else None


def unknown_spellings(raw: Iterable[str | None], params: LabelParams) -> list[UnknownSpelling]:
    """The labels in `raw` that are neither a class nor an alias, most frequent first; None stands for files without a label folder."""
    spelt = pd.Series(list(raw), dtype=object)
    unknown = spelt[classify(spelt, params).isna()]
    found = [
        UnknownSpelling(str(spelling), int(num), closest_class(str(spelling), params)) for spelling, num in unknown.value_counts().items()
    ]
    if num := int(unknown.isna().sum()):
        found.append(UnknownSpelling(None, num, None))
    return sorted(found, key=lambda entry: (-entry.num_files, entry.spelling or ""))


def refuse(unknown: list[UnknownSpelling]) -> None:
    """Raises LabelError with one line per unknown label, if there are any."""
    if unknown:
        listed = "\n".join(f"  {entry}" for entry in unknown)
        raise LabelError(
            f"labels.on_unknown is refuse, and {len(unknown)} label{'s are' if len(unknown) > 1 else ' is'} neither a class nor an "
            f"alias:\n{listed}\n"
            "Add them to labels.aliases (or labels.classes), correct the folders, or set labels.on_unknown: quarantine."
        )
