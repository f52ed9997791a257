"""The table of temporal models below the leaderboard. They are tested on clips, so none of their metrics is beside one of images."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mien.compare.leaderboard import Evaluations, against_best, number, place_text, with_interval
from mien.core.errors import TableError
from mien.core.markdown import markdown_table

TITLE = "## Clips"
_OTHERS = {"mean_accuracy": "mean accuracy", "kappa": "kappa"}


def groups_of_clips(predictions: pd.DataFrame, groups: Mapping[str, str]) -> dict[str, str]:
    """What each clip (path) is drawn together with in a bootstrap, from the groups of its first frame (sample_id).

    Raises TableError if the frame is not in the test split.
    """
    found = predictions["sample_id"].map(groups)
    if found.isna().any():
        raise TableError(f"the clip {predictions.loc[found.isna(), 'path'].iloc[0]} is not in the test split; run `dvc repro`")
    return dict(zip(predictions["path"], found, strict=True))


def clips_table(evaluations: Evaluations, comparisons: pd.DataFrame) -> str:
    """The section in Markdown, best macro-F1 first; empty without temporal models."""
    if not evaluations:
        return ""
    tested = next(iter(evaluations.values()))["all"]
    headings = ["temporal model", "pooling", "frames by", "against best", "macro-F1", "accuracy", *_OTHERS.values(), "NLL", "ECE"]
    rows = [_row(name, evaluations[name], place_text(*place)) for name, place in against_best(evaluations, comparisons).items()]
    lines = [
        TITLE,
        "",
        f"Test split: {tested['num_images']:,} clips in {tested['num_groups']:,} groups of the same recording or person. Each clip counts "
        "once, so these metrics cannot be compared with those of images above.",
        "",
        *markdown_table(headings, rows, num_left=4),
    ]
    return "\n".join(lines) + "\n"


def _row(name: str, evaluation: Mapping[str, Any], place: str) -> list[str]:
    tested, after, temporal = evaluation["all"], evaluation["calibration"]["after"], evaluation["temporal"]
    sure = [with_interval(tested, figure) for figure in ("macro_f1", "accuracy")]
    others = [number(tested[figure]) for figure in _OTHERS]
    return [name, temporal["pooling"], temporal["model"], place, *sure, *others, number(after["nll"]), number(after["ece"])]
