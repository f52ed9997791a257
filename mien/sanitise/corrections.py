"""Applies people's decisions about single images, such as those from the review queue: the file at `labels.corrections`.

A decision applies to every file with that content (`sample_id`) and also to the near and mirrored copies in its duplicate group, unless
they have a decision of their own. Otherwise a corrected image would be removed because it conflicts with its own copies, and a copy would
replace a dropped image. If the decisions within one group differ, each applies to its own content only.

Images of an official test split are never relabelled or dropped, because metrics on them are compared with published values, which were
computed without corrections. Decisions about them are counted as `in_test` and change nothing. Other test images are corrected like
training images.
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
    """The number of decisions by their effect; each decision is counted once."""

    relabelled: int = 0
    kept: int = 0
    """the label was confirmed, either by `keep` or by naming the class that all files of this content already have"""
    dropped: int = 0
    in_test: int = 0
    """the decision changes nothing, because the image is in an official test split"""
    unused: int = 0
    """no usable image has this sample_id"""


@dataclass(frozen=True)
class Corrected:
    """Rows with corrected `label`, removed rows (with fate, reason, detail), and the counts of the decisions."""

    rows: pd.DataFrame
    removed: pd.DataFrame
    counts: dict[str, int]
    unused: list[str]
    """the sample_ids, as written, that no usable image has"""


def read_corrections(path: Path, params: LabelParams, *, key: str = "labels.corrections") -> dict[str, str]:
    """The decisions (a class, keep or drop) by sample_id or by its first 12 or more digits; lines without a decision are left out.

    Only the columns sample_id and decision are read, so a review queue can be used unchanged. Classes may be spelt in every way that folder
    names may. Errors refer to the file as `key`. Raises SourceError as described in user_csv.read_rows, and LabelError if a line has an
    invalid sample_id or decision, or contradicts another line.
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
                f"{where}: {short(sample_id)} is not a sample_id, which has 64 hex digits; give all of them, or at least the first 12"
            )
        if decisions.setdefault(sample_id, decision) != decision:
            raise LabelError(
                f"{where} decides {decision} for {sample_id}, line {first_line[sample_id]} decides {decisions[sample_id]}; keep one of them"
            )
        first_line.setdefault(sample_id, number)
    return decisions


def decision_of(params: LabelParams) -> Callable[[str | None], str | None]:
    """A function that returns the decision about a sample_id in labels.corrections, or None if there is no decision or no such file."""
    path = Path(params.corrections)
    decisions = read_corrections(path, params) if path.is_file() else {}
    return lambda sample_id: next((its for key, its in decisions.items() if sample_id and sample_id.startswith(key)), None)


def _decision(spelt: str, params: LabelParams, *, where: str) -> str:
    choices = {KEEP: KEEP, DROP: DROP}
    decision = choices.get(fold(spelt)) or params.spellings.class_of(spelt)
    if decision is None:
        hint = f" (closest class: {closest})" if (closest := closest_class(spelt, params)) else ""
        raise LabelError(
            f"{where}: the decision {short(spelt)} is not one of {', '.join(params.classes)}, {KEEP}, {DROP}{hint}; correct it"
        )
    return decision


def matched(decisions: Mapping[str, str], sample_ids: pd.Series) -> dict[str, str]:
    """The sample_id that each key of `decisions` (a sample_id or its first digits) matches; keys without a match are left out.

    Raises LabelError if a key matches several sample_ids, or if two keys with different decisions match the same one.
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
                raise LabelError(
                    f"labels.corrections: {other} ({before}) and {key} ({decision}) name the same image; keep one of the lines"
                )
            found[key] = several[0]
    return found


def correct(rows: pd.DataFrame, decisions: Mapping[str, str]) -> Corrected:
    """Applies `decisions` to rows with path, sample_id, group_id, label (a class or None) and test (in an official test split).

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
    if "shares" in kept:  # a person's decision replaces the votes
        kept["shares"] = kept["shares"].where(decided[~leaving].isna(), None)
    return Corrected(kept, removed, asdict(counts), unused)
