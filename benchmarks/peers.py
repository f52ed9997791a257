"""Expression models of other packages on the official test images, fed as they are, beside one's own models.

    mien preset fer2013 --set ingest.source=/path/to/fer2013.zip
    dvc repro split
    python3.11 -m venv ~/fer && ~/fer/bin/pip install --no-deps fer==25.10.3
    ~/fer/bin/pip install tensorflow-cpu "opencv-contrib-python-headless<5" "setuptools<81" requests pillow
    npm install --prefix ~/human @vladmandic/human@3.3.6 @tensorflow/tfjs@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0
    python -m benchmarks.peers --python ~/fer/bin/python --node ~/human --model models/mobilenetv2

It reads data/ after the stage `split` and prints three tables: accuracy, mean recall and macro-F1 on several parts of the test split with
95 % BCa intervals, the paired differences of each model to each peer, and which label is predicted for photographs that are once in the
test split and once, with another label, in training (docs/fer2013-audit.md explains it).

Peers run in their own environment (benchmarks/peer_models), which is never one of mien's: `--no-deps` leaves out what the package needs
for face detection and video only. A network with further outputs than the classes of params.yaml, such as contempt, chooses among these
classes.

"Seen in training" means that the photograph is also in the source's training split, by the stage `dedup`: a model that was trained on the
whole training split has seen it. The flags are those of the stage `split` (conflict, duplicate, blank).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from numpy.typing import NDArray

from benchmarks.peer_models.asking import PEERS, PeerError, Scores, ask, in_order
from benchmarks.peer_models.table import Compared, differences_table, memory_table, metrics_table
from mien.config.params import Params, load_params
from mien.config.sections.labels import LabelParams
from mien.core import paths
from mien.core.device import resolve_device
from mien.core.errors import MienError
from mien.dedup.across import shared
from mien.split.units import units
from mien.store.faces import load_faces
from mien.store.tables import DUPLICATES, FILES, SPLITS, read_table


def tested_rows(labels: LabelParams) -> pd.DataFrame:
    """The test rows of SPLITS, with two columns about the source's own training split.

    `seen`: the photograph is also there. `copy_label`: the class of its file there, if it is exactly once there and once in the test split;
    else None.
    """
    rows = read_table(paths.SPLITS, SPLITS)
    files = read_table(paths.FILES, FILES, ["path", "label_raw", "subset_raw"])
    groups = read_table(paths.DUPLICATES, DUPLICATES, ["path", "group_id"]).merge(files, on="path")
    test, train = groups["subset_raw"] == "test", groups["subset_raw"] == "train"
    seen = groups.loc[shared(groups["group_id"], test, train), "path"]
    once = [set(own[~own.duplicated(keep=False)]) for own in (groups.loc[test, "group_id"], groups.loc[train, "group_id"])]
    copies = groups[train & groups["group_id"].isin(set.intersection(*once))]
    class_of = labels.spellings.class_of
    class_in_training = {group: class_of(spelt) for group, spelt in zip(copies["group_id"], copies["label_raw"], strict=True)}
    tested = rows[rows["split"] == "test"].reset_index(drop=True)
    copy_label = pd.Series([class_in_training.get(group) for group in tested["group_id"]], dtype=object)
    return tested.assign(seen=tested["path"].isin(seen), copy_label=copy_label)


def subsets(rows: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
    """The masks of all test images, of each named part, of those seen in training or not, and of flagged ones; empty ones are left out."""
    seen_N, flagged_N = rows["seen"].to_numpy(bool), rows["flag"].notna().to_numpy(bool)
    parts = {str(name): (rows["part"] == name).to_numpy(bool) for name in sorted(rows["part"].dropna().unique())}
    found = {
        "all": np.ones(len(rows), bool),
        **parts,
        "not seen in training": ~seen_N,
        "not seen, no flag": ~seen_N & ~flagged_N,
        "seen in training": seen_N,
        "flagged": flagged_N,
    }
    return {title: part_N for title, part_N in found.items() if part_N.any()}


def own_scores(folder: Path, rows: pd.DataFrame, params: Params) -> Scores:
    """What the trained model in `folder` makes of the images, as the stage `evaluate` feeds them."""
    from mien.models.predict import predict_logits  # torch
    from mien.models.store import load_model

    network, config = load_model(folder)
    faces = load_faces(paths.FACES, rows, classes=params.labels.kept, max_px=config.input_px)
    device = resolve_device(params.runtime.device)
    logits_NK = predict_logits(network, faces.images_N3SS, input_px=config.input_px, precision=config.precision, device=device)
    return Scores(config.name, logits_NK, tuple(config.classes))


def predictions(found: list[Scores], labels: LabelParams) -> Mapping[str, NDArray[np.int64]]:
    """The predicted class of each image, as an index into labels.classes without labels.drop, by the title of the row."""
    return {each.title: in_order(each, labels.kept, labels.aliases).argmax(axis=1) for each in found}


def main(
    python: Annotated[Path | None, typer.Option(help="The Python of an environment with the package fer; left out without it.")] = None,
    node: Annotated[Path | None, typer.Option(help="A folder with @vladmandic/human in node_modules; left out without it.")] = None,
    model: Annotated[list[Path], typer.Option(help="Folder of a trained model, such as models/mobilenetv2; repeatable.")] = [],  # noqa: B006
    resamples: Annotated[int, typer.Option(min=100, help="Bootstrap resamples of each interval.")] = 10_000,
) -> None:
    if not (python or node or model):
        raise PeerError("there is nothing to test; name at least one of --python, --node and --model")
    params = load_params()
    rows = tested_rows(params.labels)
    faces = load_faces(paths.FACES, rows, classes=params.labels.kept, max_px=params.faces.size_px)
    images_NSS3 = faces.images_N3SS.permute(0, 2, 3, 1).numpy()
    tested = Compared(faces.targets_N.numpy(), units(rows).to_numpy(object), subsets(rows), len(params.labels.kept))
    found = [own_scores(folder, rows, params) for folder in model]
    ours = [each.title for each in found]
    places = {"python": python, "node": node}
    found += [ask(peer, images_NSS3, installed=installed) for peer in PEERS if (installed := places[peer.where])]
    predicted = predictions(found, params.labels)
    index = {name: number for number, name in enumerate(params.labels.kept)}
    copy_N = np.asarray(rows["copy_label"].map(index).fillna(-1), dtype=np.int64)
    typer.echo("\n".join(metrics_table(tested, predicted, seed=params.seed, num_resamples=resamples)))
    if ours and len(predicted) > len(ours):
        differences = differences_table(tested, predicted, models=ours, seed=params.seed, num_resamples=resamples)
        typer.echo("\n".join(["", *differences]))
    typer.echo("\n".join(["", *memory_table(tested, predicted, copy_N)]))


def run() -> None:
    """The command, where a known error is one line and exit code 2."""
    try:
        typer.run(main)
    except (PeerError, MienError) as error:
        typer.echo(f"error: {error}", err=True)
        raise SystemExit(2) from None


if __name__ == "__main__":
    run()
