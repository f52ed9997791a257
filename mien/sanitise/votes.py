"""Labels from the votes of several people, by the rule of FERPlus (Barsoum et al. 2016, arXiv:1608.01041, and its authors' published code).

Labels with a single vote are left out as outliers. The label of an image is the one with more than half of the remaining votes. An image
without such a label leaves, and so does one whose label is `unknown` or `NF` (not a face).

With labels.from_votes: distribution, an image without a majority can still be trained on, as in the authors' code, if more people see an
expression in it than see none. It never validates or tests: its label would be a guess.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mien.config.sections.labels import LabelParams
from mien.config.spelling import fold

OUTLIER = 1  # votes: as many or fewer are left out
NO_MAJORITY = "no_majority"
_NO_EXPRESSION = {"unknown": "votes_unknown", "nf": "not_a_face"}


@dataclass(frozen=True)
class Decision:
    """The label of an image as spelt in the table of votes, or the reason why it has none."""

    label: str | None
    reason: str | None = None
    detail: str | None = None
    likeliest: str | None = None
    """the label with the most votes, where there is no majority; None if that is no expression"""


def decide(votes: Mapping[str, int]) -> Decision:
    """Decides by the number of votes for each label. A label with half of the votes has no majority."""
    counted = {label: num for label, num in votes.items() if num > OUTLIER}
    told = ", ".join(f"{label} {num}" for label, num in sorted(votes.items(), key=lambda item: (-item[1], item[0])))
    if not votes:
        return Decision(None, "no_votes", "nobody has voted on it")
    label = max(counted, key=counted.__getitem__, default=None)
    if label is None or 2 * counted[label] <= sum(counted.values()):
        is_expression = label is not None and fold(label) not in _NO_EXPRESSION
        return Decision(None, NO_MAJORITY, f"votes: {told}", label if is_expression else None)
    if reason := _NO_EXPRESSION.get(fold(label)):
        return Decision(None, reason, f"votes: {told}")
    return Decision(label)


def shares(votes: Mapping[str, int], params: LabelParams) -> list[float] | None:
    """The share of the votes for each class that is kept, in order, without outliers and without votes for anything else; sums to 1.

    None if no votes remain.
    """
    known, counted = params.spellings, Counter[str | None]()
    for label, num in votes.items():
        if num > OUTLIER:
            counted[known.class_of(label)] += num
    kept = np.array([counted[name] for name in params.kept], dtype=np.float64)
    return (kept / kept.sum()).tolist() if kept.any() else None


def with_votes(rows: pd.DataFrame, params: LabelParams) -> pd.DataFrame:
    """The rows with `label_raw` replaced where there are votes, `undecided` and `votes_detail` (why there is no label), and `shares`.

    Rows without votes keep their label, as all rows do if labels.from_votes is none. `shares` are for labels.from_votes: distribution only.
    There, `label_raw` of an image without a majority is its likeliest label; see only_to_train.
    """
    votes = [json.loads(text) if isinstance(text, str) and params.from_votes != "none" else None for text in rows["votes"]]
    decisions = [decide(its) if its is not None else Decision(label) for its, label in zip(votes, rows["label_raw"], strict=True)]
    soft = params.from_votes == "distribution"
    columns = {
        "label_raw": [decision.label or (decision.likeliest if soft else None) for decision in decisions],
        "undecided": [decision.reason for decision in decisions],
        "votes_detail": [decision.detail for decision in decisions],
        "shares": [shares(its, params) if its and soft else None for its in votes],
    }
    return rows.assign(**{name: pd.Series(values, rows.index, dtype=object) for name, values in columns.items()})


def only_to_train(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows (label, shares, undecided, test, group_id, flag), where `flag` marks those without a majority that can be trained on.

    Of the others without a majority, the label becomes None: images of the test split, and duplicates of an image that has a label.
    """
    guessed = (rows["undecided"] == NO_MAJORITY) & rows["label"].notna() & rows["shares"].notna()  # no person has corrected it
    labelled = rows.loc[rows["label"].notna() & ~guessed, "group_id"]
    lost = guessed & (rows["test"].astype(bool) | rows["group_id"].isin(labelled))
    label, flag = (rows[name].astype(object) for name in ("label", "flag"))
    return rows.assign(label=label.where(~lost, None), flag=flag.where(~guessed | lost, NO_MAJORITY))
