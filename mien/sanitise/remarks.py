"""The lines that sanitise prints about labels and people's decisions."""

import pandas as pd

from mien.config.sections.labels import LabelParams
from mien.sanitise.rules import Sanitised


def unknown_remarks(result: Sanitised) -> list[str]:
    """A line for each unknown label."""
    return [f"unknown label {unknown}" if unknown.spelling else str(unknown) for unknown in result.unknown]


def counter_remarks(result: Sanitised, files: pd.DataFrame, params: LabelParams) -> list[str]:
    """A line about labels that match a class only because their numbers were taken for counters; see mien/config/spelling.py."""
    known = params.spellings
    its = sorted({label for label in files.loc[files["path"].isin(result.labels["path"]), "label_raw"] if known.is_counted(label)})
    shown = ", ".join(f"{label!r} ({known.class_of(label)})" for label in its[:10])
    more = f" and {len(its) - 10} more" * (len(its) > 10)
    return (
        [f"labels whose number is taken for a counter: {shown}{more}; to make one a separate label, add it to labels.aliases"]
        if its
        else []
    )


def correction_remarks(result: Sanitised, params: LabelParams) -> list[str]:
    """Lines about the effect of the corrections. The source may have changed since they were made, so nothing here is an error."""
    done = {name: num for name, num in result.corrections.items() if num}
    lines = []
    if done:
        shown = ", ".join(f"{num} {name.replace('_', ' ')}" for name, num in done.items())
        lines.append(f"decisions of {params.corrections}: {shown}")
    if num := done.get("in_test", 0):
        lines.append(f"warning: {num} of them concern images of the official test split, whose labels stay as published")
    if unused := result.unused_corrections:
        lines.append(f"warning: no usable image has the sample_id {unused[0]}" + f" (and {len(unused) - 1} more)" * (len(unused) > 1))
    return lines
