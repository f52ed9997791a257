"""Which images of a further test set models are tested on, and what became of every file of its source."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mien.config.params import Params
from mien.core.errors import LabelError, SourceError
from mien.core.plural import listed, plural
from mien.sanitise import official
from mien.sanitise.votes import with_votes
from mien.split.fates import fates
from mien.split.units import units
from mien.store.tables import FATE_NAMES, FATES, SPLITS
from mien.testsets.against import nearest

SPLITS_SEEN = {"train": "training", "val": "validation"}
"""the splits of the main source that a test set must not share pictures with: training learns from one, and epochs and temperatures are
chosen on the other"""

NO_LABEL = "(none)"


@dataclass(frozen=True)
class Outcome:
    """Rows of SPLITS sorted by path, all in the split `test`, one row of FATES per file, and the counts as JSON values."""

    splits: pd.DataFrame
    fates: pd.DataFrame
    counts: dict[str, Any]


def seen_rows(splits: pd.DataFrame) -> pd.DataFrame:
    """The training and validation rows of the main source's SPLITS."""
    return splits[splits["split"].isin(list(SPLITS_SEEN))]


def split_testset(
    labels: pd.DataFrame,
    faces: pd.DataFrame,
    related: pd.DataFrame,
    *,
    files: pd.DataFrame,
    rejected: pd.DataFrame,
    labels_removed: pd.DataFrame,
    faceless: pd.DataFrame,
    main: pd.DataFrame,
    params: Params,
) -> Outcome:
    """Keeps the labelled images with a face that show no picture of training or validation. The result is deterministic.

    Copies of an image that leaves leave with it. If split.keep_together is scene, so do all images of its scene, because no split of the
    main source separates these.

    Args:
        labels: rows of LABELS of the test set.
        faces: sample_id, score and num_faces of its stored faces.
        related: the rows of `against.related` between the test set and `main`, the rows of SPLITS of training and validation.
        files, rejected, labels_removed, faceless: rows of FILES, REJECTED and FATES of the test set.
        params: those of the test set (for_testset).

    Raises SourceError if no image remains, and LabelError if the models and the rest have fewer than two classes in common; both in the
    words of the main source.
    """
    rows = labels[~labels["path"].isin(faceless["path"])].reset_index(drop=True)
    leaks = _leaks(rows, labels, related, main, scenes=params.split.keep_together == "scene")
    kept = rows.drop(leaks.index)
    _require(kept, leaks, faceless, params)
    splits = _as_splits(kept, faces, params)
    table = fates(files, rejected, splits, [labels_removed, faceless, leaks])
    return Outcome(splits, table, _counts(splits, table, files, params))


def _as_splits(rows: pd.DataFrame, faces: pd.DataFrame, params: Params) -> pd.DataFrame:
    """The rows of LABELS as rows of SPLITS. Only the images of an official test split have flags."""
    if params.split.method == "official":
        rows = rows.assign(flag=official.flag_faceless(rows, faces))
    return rows.assign(split="test").sort_values("path", ignore_index=True).reindex(columns=SPLITS.names)


def _leaks(rows: pd.DataFrame, labels: pd.DataFrame, related: pd.DataFrame, main: pd.DataFrame, *, scenes: bool) -> pd.DataFrame:
    """The rows that show what training or validation shows, as rows of FATES with the index of `rows`, which are some of `labels`.

    An image of `labels` without a face takes its copies with it, too.
    """
    of_main = main.drop_duplicates("sample_id").set_index("sample_id")
    one = nearest(related).reset_index()
    found = labels[["path", "sample_id", "group_id", "scene_id"]].merge(one, on="sample_id").sort_values("path")
    same = found[found["relation"] != "scene"]
    leaks = [_told(rows, same.drop_duplicates("group_id").set_index("group_id"), of_main, key="group_id", word="picture")]
    if scenes:
        rest = rows.drop(leaks[0].index)
        leaks.append(_told(rest, found.drop_duplicates("scene_id").set_index("scene_id"), of_main, key="scene_id", word="scene"))
    return pd.concat(leaks)


def _told(rows: pd.DataFrame, first: pd.DataFrame, of_main: pd.DataFrame, *, key: str, word: str) -> pd.DataFrame:
    """The rows whose group or scene (`key`) is in the index of `first`, as rows of FATES that name the image of the main source."""
    lost = rows[rows[key].isin(first.index)]
    other = of_main.loc[first.loc[lost[key], "other_id"]]
    reasons = [f"{word} of the {SPLITS_SEEN[split]} split" for split in other["split"]]
    details = [f"same {word} as {path} of the main source" for path in other["path"]]
    return lost.assign(fate="leak", stage="testset_split", reason=reasons, detail=details).reindex(columns=FATES.names)


def _require(kept: pd.DataFrame, leaks: pd.DataFrame, faceless: pd.DataFrame, params: Params) -> None:
    if kept.empty:
        if leaks.empty:
            raise SourceError(
                f"ingest.source: the detector finds no face in any of {plural(len(faceless), 'image')}; lower faces.min_score, set "
                "faces.detector: none if the images are faces already, or faces.on_missing: fit"
            )
        raise SourceError(
            f"ingest.source: all of {plural(len(leaks), 'image')} show pictures or scenes of the training or validation split, such as "
            f"{leaks['path'].min()}; choose a source with other pictures, or with ingest.use: test its own test split"
        )
    present = set(kept["label"])
    if len(present) < 2:
        raise LabelError(
            f"ingest.source: its images must be of at least two classes of labels.classes, {', '.join(params.labels.kept)}, but all "
            f"{len(kept)} that remain are of {min(present)}; name its labels in labels.aliases, or choose another source"
        )


def _counts(splits: pd.DataFrame, table: pd.DataFrame, files: pd.DataFrame, params: Params) -> dict[str, Any]:
    """What a reader must know of the test set: what became of its files, and which classes it and the models do not share."""
    reasons = {fate: table.loc[table["fate"] == fate, "reason"].value_counts().sort_index() for fate in FATE_NAMES}
    num = splits["label"].value_counts()
    return {
        "files": len(table),
        "fates": {fate: int((table["fate"] == fate).sum()) for fate in FATE_NAMES},
        "reasons": {fate: {str(reason): int(count) for reason, count in its.items()} for fate, its in reasons.items() if len(its)},
        "images": len(splits),
        "groups": int(units(splits).nunique()),
        "subjects": int(splits["subject"].nunique()),
        "classes": {name: int(num.get(name, 0)) for name in params.labels.kept},
        "labels_left_out": _left_out(table, files, params),
        "flags": {str(flag): int(count) for flag, count in splits["flag"].dropna().value_counts().sort_index().items()},
    }


def _left_out(table: pd.DataFrame, files: pd.DataFrame, params: Params) -> dict[str, int]:
    """The number of files by label, for the labels that are no class of the models, most frequent first."""
    unknown = table.loc[table["reason"] == "unknown_label", "path"]
    spelt = with_votes(files[files["path"].isin(unknown)], params.labels)["label_raw"].fillna(NO_LABEL)
    counted = Counter([*spelt, *table.loc[table["fate"] == "dropped class", "reason"]])
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def sentence(counts: dict[str, Any]) -> str:
    """The counts in one line."""
    lost = ", ".join(f"{num} {fate}" for fate, num in counts["fates"].items() if num and fate != "kept")
    seen = ", ".join(f"{num} {reason}" for reason, num in counts["reasons"].get("leak", {}).items())
    absent = [name for name, num in counts["classes"].items() if not num]
    unknown = ", ".join(f"{label} ({num})" for label, num in counts["labels_left_out"].items())
    return (
        f"{counts['images']} images to test on, of {counts['files']} files{f'; {lost}' if lost else ''}"
        + (f" ({seen})" if seen else "")
        + (f"; no image of {listed(absent)}" if absent else "")
        + (f"; labels that are no class of the models: {unknown}" if unknown else "")
    )
