"""The review queue: a table of the doubted labels that a person fills in, and that is then used as labels.corrections."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mien.doubts.confident_learning import Doubts

COLUMNS = ("rank", "sample_id", "path", "split", "label", "suggested", "quality", "p_label", "p_suggested", "issue", "decision")
NUM_DIGITS = 6  # decimals of the probabilities; further decimals differ between machines


def review_table(rows: pd.DataFrame, doubts: Doubts, *, classes: Sequence[str], decided: Collection[str]) -> pd.DataFrame:
    """Return COLUMNS for the doubted rows, most doubtful first, with an empty `decision`.

    `rows` has sample_id, path, split and label, in the order of `doubts`. Images in `decided`, for which a person's decision is known, are
    excluded.
    """
    assert len(rows) == len(doubts.quality_N)
    own_N = rows["label"].map({name: number for number, name in enumerate(classes)}).to_numpy()
    each_N = np.arange(len(rows))
    table = rows[["sample_id", "path", "split", "label"]].assign(
        suggested=[classes[number] for number in doubts.suggested_N],
        quality=doubts.quality_N.round(NUM_DIGITS),
        p_label=doubts.probabilities_NK[each_N, own_N].round(NUM_DIGITS),
        p_suggested=doubts.probabilities_NK[each_N, doubts.suggested_N].round(NUM_DIGITS),
        issue=np.where(doubts.issue_N, "yes", "no"),
        decision="",
    )
    table = table[doubts.doubted_N & ~table["sample_id"].isin(list(decided))].sort_values(["quality", "path"], ignore_index=True)
    return table.assign(rank=table.index + 1)[list(COLUMNS)]


def counts(table: pd.DataFrame, doubts: Doubts, *, classes: Sequence[str], num_queued: int, num_decided: int) -> dict[str, Any]:
    """Return the counts of metrics/doubts.json that follow the model's name; `table` is the whole `review_table`."""
    pairs = table.groupby(["label", "suggested"]).size()
    by_class = {
        given: {suggested: int(pairs[given, suggested]) for suggested in classes if (given, suggested) in pairs.index} for given in classes
    }
    return {
        "num_images": len(doubts.quality_N),
        "num_judged": int(np.isfinite(doubts.quality_N).sum()),
        "num_folds": doubts.num_folds,
        "num_doubted": len(table),
        "num_issues": int((table["issue"] == "yes").sum()),
        "num_queued": num_queued,
        "num_decided": num_decided,
        "by_class": {given: its for given, its in by_class.items() if its},
    }
