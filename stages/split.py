"""Training, validation and test images, and the fate of every file."""

from typing import Any

import pandas as pd
import typer

from mien.config.params import Params, load_params
from mien.core import paths
from mien.core.errors import TooFewImages
from mien.core.files import write_json
from mien.core.stage import command
from mien.sanitise import official
from mien.sanitise.emptied import emptied
from mien.split.fates import fates
from mien.split.scenes import kept_together, remarks, split_scenes
from mien.split.stratified import split
from mien.split.thinning import imbalance, thin, training_counts
from mien.store.shards import read_store
from mien.store.tables import FACES, FATE_NAMES, FATES, FILES, LABELS, REJECTED, SPLIT_NAMES, SPLITS, read_table, write_table


def main() -> None:
    """Training, validation and test images; what became of every file.

    Reads data/raw/files.parquet, data/images/rejected.parquet, data/labels.parquet, data/labels_removed.parquet and data/faces;
    writes data/splits.parquet, data/fates.parquet, data/quarantine.parquet and metrics/data/split.json.
    """
    params = load_params()
    files, labels = read_table(paths.FILES, FILES), read_table(paths.LABELS, LABELS)
    faceless = read_table(paths.FACES_REMOVED, FATES)
    rows = labels[~labels["path"].isin(faceless["path"])].reset_index(drop=True)
    faces = read_store(paths.FACES, FACES, columns=["sample_id", "score", "num_faces"]).to_pandas()
    assert rows["sample_id"].isin(faces["sample_id"]).all(), "labelled images that align neither stored nor removed"
    leaks = pd.DataFrame(columns=FATES.names)
    if params.split.method == "official":
        leaks = official.leaks(rows)
        rows = rows.assign(flag=official.flag_faceless(rows, faces)).drop(leaks.index)
    labels_removed, rejected = read_table(paths.LABELS_REMOVED, FATES), read_table(paths.REJECTED, REJECTED)
    try:
        bound = split_scenes(rows, kept=params.split.keep_together == "scene", split=lambda kept: split(kept, params))
    except TooFewImages as error:
        raise emptied(files, rejected, [labels_removed, faceless, leaks], rows["path"], params.labels).told(error) from None
    whole = bound.rows
    thinned = thin(whole, params)
    splits = whole.drop(thinned.index)
    table = fates(files, rejected, splits, [labels_removed, faceless, leaks, thinned])
    counts = summary(splits, table, params)
    counts["kept_together"] = kept_together(whole)
    counts["scenes_let_go"] = {"scenes": len(bound.let_go), "images": sum(bound.let_go)}
    if len(thinned):
        counts["thinning"] = thinning_figures(training_counts(whole, params), training_counts(splits, params))
    write_table(paths.SPLITS, splits.sort_values("path"), SPLITS)
    write_table(paths.FATES, table, FATES)
    write_table(paths.QUARANTINE, table[table["fate"] == "quarantined"], FATES)
    write_json(paths.counts("split"), counts)
    sizes = ", ".join(f"{counts['splits'][name]['all']} {name}" for name in SPLIT_NAMES)
    others = ", ".join(f"{num} {fate}" for fate, num in counts["fates"].items() if num and fate != "kept")
    effect = ""
    if thinning := counts.get("thinning"):
        effect = (
            f"; training thinned from {thinning['images_before']} to {thinning['images_after']} images, its imbalance factor "
            f"from {thinning['imbalance_factor_before']:.4g} to {thinning['imbalance_factor_after']:.4g}"
        )
    typer.echo(
        f"split: {sizes} ({counts['test_clean']} of them clean); of {counts['files']} files {counts['fates']['kept']} kept{others and ', ' + others}{effect}"
    )
    for line in remarks(bound, counts["kept_together"], keep_together=params.split.keep_together):
        typer.echo(f"split: {line}")


def summary(splits: pd.DataFrame, table: pd.DataFrame, params: Params) -> dict[str, Any]:
    """The counts: fates and their reasons, images by split and class, flags of the test split, subjects that it shares."""
    by_split = splits.groupby(["split", "label"]).size()
    test = splits["split"] == "test"
    shared = ~test & splits["subject"].notna() & splits["subject"].isin(splits.loc[test, "subject"])
    return {
        "files": len(table),
        "fates": {fate: int((table["fate"] == fate).sum()) for fate in FATE_NAMES},
        "reasons": {
            fate: {str(reason): int(num) for reason, num in table.loc[table["fate"] == fate, "reason"].value_counts().sort_index().items()}
            for fate in FATE_NAMES
            if (table["fate"] == fate).any()
        },
        "splits": {
            name: {"all": int((splits["split"] == name).sum())}
            | {label: int(by_split.get((name, label), 0)) for label in params.labels.kept}
            for name in SPLIT_NAMES
        },
        "test_clean": int((test & splits["flag"].isna()).sum()),
        "test_flags": {str(flag): int(num) for flag, num in splits["flag"].dropna().value_counts().sort_index().items()},
        "subjects": int(splits["subject"].nunique()),
        "subjects_in_training_and_test": int(splits.loc[shared, "subject"].nunique()),
        "training_images_of_test_subjects": int(shared.sum()),
        "training_images_of_test_scenes": int((~test & splits["scene_id"].isin(splits.loc[test, "scene_id"])).sum()),
    }


def thinning_figures(before: dict[str, int], after: dict[str, int]) -> dict[str, Any]:
    """What thinning did to the training split: its images, by class before (after: as in `splits`), and its imbalance factor."""
    return {
        "images_before": sum(before.values()),
        "images_after": sum(after.values()),
        "imbalance_factor_before": round(imbalance(before), 4),
        "imbalance_factor_after": round(imbalance(after), 4),
        "classes_before": before,
    }


if __name__ == "__main__":
    command(main)()
