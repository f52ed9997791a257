"""Error messages for a source of which nothing can be used, or whose images have no label that is a class."""

from collections import Counter
from collections.abc import Iterable, Sequence

import pandas as pd

from mien.config.spelling import Spellings
from mien.core.errors import LabelError, SourceError
from mien.ingest.label_proposals import propose
from mien.ingest.layouts import load_layout, recognised
from mien.store.pointers import LFS, PULL

NUM_SHOWN = 5


def require_some(rows: pd.DataFrame, files: pd.DataFrame, rejected: pd.DataFrame, known: Spellings) -> None:
    """Raises SourceError if there is no image among `rows` (of sanitise.image_rows), LabelError if none of them has a class."""
    if rows.empty:
        reasons = rejected["reason"].where(rejected["detail"] != LFS, f"{LFS}s: {PULL}")
        raise SourceError(
            f"ingest.source: none of {len(files)} files is an image that can be used "
            f"(different contents rejected: {_tally(reasons) or 'none'}); set it to a source with photographs"
        )
    if not any(known.class_of(label) for label in rows["label_raw"]):
        raise LabelError(no_label(rows["label_raw"].tolist(), rows["path"].tolist(), known))


def no_label(labels: Sequence[str | None], paths: Sequence[str], known: Spellings) -> str:
    """The message for images of which none has a class, by their `labels` as spelt and their `paths`.

    It contains the labels found and the ways to provide labels.
    """
    spelt = _tally(repr(label) for label in labels if label is not None)
    there = f"the labels found are: {spelt}" if spelt else "no image is in a folder whose name could be a label"
    layout, found = recognised(sorted(paths), paths), propose(sorted(paths), known)
    ways = ["labels come from the names of folders: rename the folders to classes, or add their names to labels.aliases"]
    if layout:
        classes = ", ".join(load_layout(layout).classes)
        ways.append(
            f"here the file names are those of {load_layout(layout).title}: set ingest.layout: {layout} (its labels: {classes}), or run "
            "`mien check`"
        )
    elif found:
        ways.append(f"here the file names contain the word of a class: set ingest.label: '{found.pattern}'")
    else:
        ways.append("if the file names contain the labels, set ingest.label to a regular expression with a group (?P<label>...)")
    ways.append("if a list contains the labels, convert it to the CSV at ingest.metadata with the columns path,label")
    return f"ingest.source: none of {len(labels)} images has a label that is a class or an alias; {there}; {'; '.join(ways)}"


def _tally(words: Iterable[str]) -> str:
    """The counts as '12 this, 3 that', the most frequent first, at most NUM_SHOWN of them."""
    counted = sorted(Counter(words).items(), key=lambda item: (-item[1], item[0]))
    more = f" and {len(counted) - NUM_SHOWN} more" if len(counted) > NUM_SHOWN else ""
    return ", ".join(f"{num} {word}" for word, num in counted[:NUM_SHOWN]) + more
