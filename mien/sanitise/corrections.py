"""What people decided about single pictures, such as those of the review queue: the file at `labels.corrections`.

A decision is about the picture: it holds for every file of that content (`sample_id`) and, where nothing else was decided about them, for
the near and mirrored copies in its duplicate group; else a corrected picture would leave as one in conflict with its own copies, and of a
dropped one a copy would take its place. Where the decisions within one group differ, each holds for its own content alone.

Images of an official test split are never relabelled nor dropped: figures on them are compared with published ones, which know no
corrections. Decisions about them are counted as `in_test` and change nothing. Any other test image is corrected as a training image is.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from mien.config.faults import short
from mien.config.sections.labels import LabelParams
from mien.config.spelling import fold
from mien.config.user_csv import read_rows
from mien.core.errors import LabelError
from mien.core.spreadsheet import original
from mien.sanitise.labels import closest_class

KEEP, DROP = "keep", "drop"
_SAMPLE_ID = re.compile(r"[0-9a-f]{12,64}")


@dataclass(frozen=True)
class Counts:
    """What became of the decisions: each is counted once."""

    relabelled: int = 0
    kept: int = 0
    """the label was confirmed: by keep, or by naming the class that all files of this content had"""
    dropped: int = 0
    in_test: int = 0
    """changes nothing, because the picture lies in an official test split"""
    unused: int = 0
    """no fit image has that sample_id"""


@dataclass(frozen=True)
class Corrected:
    """Rows with corrected `label`, rows that leave (with fate, reason, detail), and what became of the decisions."""

    rows: pd.DataFrame
    removed: pd.DataFrame
    counts: dict[str, int]
    unused: list[str]
    """the decisions that no fit image has, as written"""


def read_corrections(path: Path, params: LabelParams, *, key: str = "labels.corrections") -> dict[str, str]:
    """By sample_id, or its first 12 digits or more: a class, keep or drop; lines without a decision are left out.

    The columns sample_id and decision are read, others ignored, so that a review queue can be given as it is. Classes may be spelt as
    folders may. Errors call the file `key`. Raises SourceError as user_csv.read_rows says; LabelError if a line holds no sample_id or no
    decision that there is, or contradicts another.
    """
    decisions: dict[str, str] = {}
    first_line: dict[str, int] = {}
    empty = "without corrections, make it a file with the one line sample_id,decision"
    for number, values in read_rows(path, key=key, required=("sample_id", "decision"), empty=empty):
        where = f"{key}: {path}, line {number}"
        if not values["decision"].strip():
            continue
        decision = _decision(original(values["decision"].strip()), params, where=where)
        sample_id = values["sample_id"].strip().lower()
        if not _SAMPLE_ID.fullmatch(sample_id):
            raise LabelError(
                f"{where}: {short(sample_id)} is no sample_id, which has 64 hex digits; give it whole, or its first 12 at least"
            )
        if decisions.setdefault(sample_id, decision) != decision:
            raise LabelError(
                f"{where} decides {decision} for {sample_id}, line {first_line[sample_id]} decides {decisions[sample_id]}; keep one of them"
            )
        first_line.setdefault(sample_id, number)
    return decisions


def decision_of(params: LabelParams) -> Callable[[str | None], str | None]:
    """Looks up what the file at labels.corrections decides about a sample_id, None if nothing (or if there is no such file)."""
    path = Path(params.corrections)
    decisions = read_corrections(path, params) if path.is_file() else {}
    return lambda sample_id: next((its for key, its in decisions.items() if sample_id and sample_id.startswith(key)), None)


def _decision(spelt: str, params: LabelParams, *, where: str) -> str:
    choices = {KEEP: KEEP, DROP: DROP}
    decision = choices.get(fold(spelt)) or params.spellings.class_of(spelt)
    if decision is None:
        hint = f" (closest class: {closest})" if (closest := closest_class(spelt, params)) else ""
        raise LabelError(f"{where}: the decision {short(spelt)} is none of {', '.join(params.classes)}, {KEEP}, {DROP}{hint}; correct it")
    return decision


def matched(decisions: Mapping[str, str], sample_ids: pd.Series) -> dict[str, str]:
    """For each key of `decisions` (a sample_id or its beginning) the one of `sample_ids` that it names; keys that name none are left out.

    Raises LabelError if a beginning names several, or if two keys name one sample_id and differ in what they decide.
    """
    known = sorted(set(sample_ids))
    found: dict[str, str] = {}
    decided: dict[str, tuple[str, str]] = {}
    for key, decision in decisions.items():
        place = bisect_left(known, key)
        several = [name for name in known[place : place + 2] if name.startswith(key)]
        if len(several) > 1:
            raise LabelError(
                f"labels.corrections: {key} is the beginning of several sample_ids, such as {' and '.join(several)}; give more digits"
            )
        if several:
            other, before = decided.setdefault(several[0], (key, decision))
            if before != decision:
                raise LabelError(f"labels.corrections: {other} ({before}) and {key} ({decision}) are one picture; keep one of the lines")
            found[key] = several[0]
    return found


def correct(rows: pd.DataFrame, decisions: Mapping[str, str]) -> Corrected:
    """Applies `decisions` to rows with path, sample_id, group_id, label (a class or None) and test (of an official test split).

    Raises LabelError as `matched` does.
    """
    named = matched(decisions, rows["sample_id"])
    by_id = {named[key]: decision for key, decision in decisions.items() if key in named}
    in_test = set(rows.loc[rows["test"], "sample_id"]) & set(by_id)
    own = pd.Series([None if name in in_test else by_id.get(name) for name in rows["sample_id"]], rows.index, dtype=object)
    own = own.where(own != KEEP, rows["label"])  # the label that was confirmed
    by_group = own.dropna().groupby(rows["group_id"])
    agreed = by_group.first()[by_group.nunique() == 1]
    decided = own.where(own.notna() | rows["test"], rows["group_id"].map(agreed).astype(object))

    changed = rows.loc[decided.notna() & (decided != rows["label"]), "sample_id"]
    relabelled = {name for name in set(changed) & set(by_id) - in_test if by_id[name] != DROP}
    dropped = {name for name, decision in by_id.items() if decision == DROP} - in_test
    unused = [key for key in decisions if key not in named]
    counts = Counts(len(relabelled), len(by_id) - len(relabelled) - len(dropped) - len(in_test), len(dropped), len(in_test), len(unused))

    leaving = decided == DROP
    first = rows[leaving & own.notna()].sort_values("path").drop_duplicates("group_id").set_index("group_id")["path"]
    details = [
        "dropped by labels.corrections" if itself else f"copy of {first[group]}, which labels.corrections drops"
        for group, itself in zip(rows.loc[leaving, "group_id"], own[leaving].notna(), strict=True)
    ]
    removed = rows[leaving].assign(fate="quarantined", reason="correction", detail=pd.Series(details, rows.index[leaving], dtype=object))
    kept = rows[~leaving].assign(label=decided.where(decided.notna(), rows["label"])[~leaving])
    return Corrected(kept, removed, asdict(counts), unused)
