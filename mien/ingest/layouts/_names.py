"""Layouts whose file names hold the label and the person: all they need is a regular expression."""

import re
from collections.abc import Callable, Mapping, Sequence

from mien.ingest.layouts._contract import Choice, Facts, Files, Layout, Reading

Columns = Callable[[re.Match[str]], Mapping[str, str]]


def named_layout(
    title: str, name: str, labels: Mapping[str, str], *, columns: Columns | None = None, choices: Sequence[Choice] = ()
) -> Layout:
    """The layout of a data set whose file names match `name`, ignoring case, with the groups `label` (one of the `labels`) and `subject`.

    `columns` gives further properties of a file from the match of its name.
    """
    pattern = re.compile(rf"(?:^|/){name}$", re.IGNORECASE)

    def facts(files: Files) -> Reading:
        matches = {path: match for path in files.images if (match := pattern.search(path))}
        return Reading(
            {
                path: Facts(labels[match["label"].upper()], subject=match["subject"].upper(), columns=columns(match) if columns else None)
                for path, match in matches.items()
            }
        )

    return Layout(title, tuple(sorted(set(labels.values()))), pattern, pattern, facts, {}, choices=choices)
