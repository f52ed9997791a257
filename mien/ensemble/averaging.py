"""The predictions of an ensemble: the mean of the calibrated probabilities of its members, image by image. Legend: V members, N images."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mien.core import paths
from mien.core.errors import TableError
from mien.ensemble.members import Member
from mien.statistics.pooling import log_mean_probabilities

SAME = ["path", "sample_id", "label", "split"]


def averaged(rows: pd.DataFrame, members: Sequence[Member], *, classes: Sequence[str], seed: int) -> pd.DataFrame:
    """The rows (test and validation images of SPLITS) with the new columns seed, logits (logarithms of the mean) and predicted.

    Raises TableError if a member predicted other images, or the same images under other labels. No member was trained with `seed` alone,
    so it only keeps the schema of PREDICTIONS.
    """
    logs_VNK = np.stack([_logs(rows, member, num_classes=len(classes)) for member in members])
    logits_NK = log_mean_probabilities(logs_VNK).astype(np.float32)
    return rows.assign(seed=seed, logits=list(logits_NK), predicted=[classes[place] for place in logits_NK.argmax(axis=1)])


def _logs(rows: pd.DataFrame, member: Member, *, num_classes: int) -> NDArray[np.float32]:
    """The member's log-probabilities in the order of the rows, N×K."""
    own = member.calibrated.set_index("path", drop=False).reindex(rows["path"]).reset_index(drop=True)
    is_same = len(own) == len(member.calibrated) and bool((own[SAME].to_numpy() == rows[SAME].to_numpy()).all())
    if not is_same or {len(logs) for logs in own["log_probabilities"]} != {num_classes}:
        raise TableError(
            f"{paths.calibrated(member.name)} is not for the test and validation images in {paths.SPLITS} under their labels; "
            f"run `dvc repro evaluate@{member.name}`"
        )
    return np.stack(own["log_probabilities"].to_list())
