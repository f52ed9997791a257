"""Layouts whose file names hold the label and the person: all they need is a regular expression."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence

from mien.ingest.layouts._contract import Choice, Facts, Files, Layout, Reading
from mien.ingest.layouts._reading import mostly


def named_layout(
    title: str,
    pattern: str,
    labels: Mapping[str, str],
    *,
    columns: Callable[[re.Match[str]], Mapping[str, str]] = lambda found: {},
    choices: Sequence[Choice] = (),
) -> Layout:
    """The layout of a data set whose file names match `pattern`, ignoring case, with the groups `label` (one of the `labels`) and `subject`.

    `columns` gives further properties of a file from the match of its name.
    """
    compiled = re.compile(rf"(?:^|/){pattern}$", re.IGNORECASE)

    def facts(files: Files) -> Reading:
        found = ((path, compiled.search(path)) for path in files.images)
        return Reading(
            {
                path: Facts(labels[name["label"].upper()], subject=name["subject"].upper(), columns=columns(name))
                for path, name in found
                if name
            }
        )

    def fits(images: Sequence[str], others: Collection[str]) -> bool:
        return mostly(images, compiled)

    return Layout(title, tuple(sorted(set(labels.values()))), fits, facts, choices=choices)
