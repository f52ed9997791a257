"""Stage `explain@MODEL`."""

from typing import Annotated

import numpy as np
import pandas as pd
import typer

from mien.config.params import LabelParams, load_params
from mien.core import paths
from mien.core.device import resolve_device
from mien.core.errors import TableError
from mien.core.files import write_json
from mien.core.naming import file_names
from mien.core.stage import command
from mien.evaluate.columns import slice_columns
from mien.explain.explanation import explain
from mien.explain.output import landmark_shares, write_explanation
from mien.explain.subject import Subject
from mien.explain.test_images import check_predictions, check_same_model, described
from mien.models.predict import predict_logits
from mien.models.store import load_model
from mien.sanitise.labels import classify
from mien.split.stratified import units
from mien.store.faces import FaceSet, load_faces
from mien.store.shards import read_store
from mien.store.tables import DUPLICATES, FACES, FILES, IMAGES, SPLITS, read_predictions, read_table
from mien.tracking import run as tracking

NUM_CHECKED = 16
"""test images predicted anew, to see that the predictions are this model's"""


def main(model: Annotated[str, typer.Argument(help="a name under `models` in params.yaml")]) -> None:
    """Explains one model on the test images: class activation maps and what they claim, galleries, failures.

    Reads models/MODEL, data/predictions/MODEL.parquet, data/faces and data/splits.parquet; for copies and figures of the pictures
    data/raw/files.parquet, data/duplicates.parquet and data/images. Writes metrics/explain/MODEL.json and the folder metrics/explain/MODEL.
    """
    params = load_params()
    params.model(model)
    device = resolve_device(params.runtime.device)
    with tracking.model_run(model, stage="explain"):
        network, config = load_model(paths.model(model))

        def load(rows: pd.DataFrame) -> FaceSet:
            return load_faces(paths.FACES, rows, classes=config.classes, max_px=config.input_px, workers=params.runtime.workers)

        subject = Subject(network, config, device)
        splits = read_table(paths.SPLITS, SPLITS)
        tested = _tested(subject, splits, params.labels)
        _check_weights(subject, tested, load(tested.head(NUM_CHECKED)))
        training = splits[splits["split"] == "train"]
        if training.empty:
            raise TableError(f"{paths.SPLITS} has no training images, among which to look for neighbours; run `dvc repro split`")
        found = explain(subject, tested, training, load=load, how=params.explain, seed=params.seed)
        document = {"model": model, **found.document}
        write_explanation(paths.explanation_folder(model), found, called=file_names(splits, params.report.names))
        write_json(paths.explanation(model), document)
    failures = document["failures"]
    typer.echo(
        f"explain: {model}: {document['num_maps']} maps measured, {len(found.pictures)} pictures; "
        f"{failures['num']} of {failures['num_tested']} test images misclassified"
    )


def _tested(subject: Subject, splits: pd.DataFrame, labels: LabelParams) -> pd.DataFrame:
    """The test images with all that explanations ask of them."""
    model, source = subject.config.name, paths.predictions(subject.config.name)
    predictions = read_predictions(source)
    check_predictions(predictions, subject.classes, model=model, source=source)
    rows = splits[splits["split"] == "test"].set_index("path")
    if set(predictions["path"]) != set(rows.index):
        raise TableError(f"{source} is not of the test images of {paths.SPLITS}; run `dvc repro evaluate@{model}` to make it anew")
    unit = units(rows.reset_index()).set_axis(rows.index)
    files = read_table(paths.FILES, FILES, ["path", "label_raw", "metadata"])
    groups = read_table(paths.DUPLICATES, DUPLICATES, ["path", "group_id"]).merge(files, on="path")
    images = read_store(paths.IMAGES, IMAGES, ["sample_id", "source_format", "sharpness", "brightness", "contrast"]).to_pandas()
    faces = read_store(paths.FACES, FACES, ["sample_id", "box", "score", "num_faces"]).to_pandas()
    figures = slice_columns(predictions, files=files, images=images, faces=faces)
    tested = described(predictions, subject.classes, figures=figures, files=groups.assign(label=classify(groups["label_raw"], labels)))
    return tested.assign(
        unit=tested["path"].map(unit), landmarks=pd.Series(landmark_shares(paths.FACES, tested["sample_id"]), tested.index, dtype=object)
    )


def _check_weights(subject: Subject, tested: pd.DataFrame, faces: FaceSet) -> None:
    """Raises TableError if the predictions are of other weights than the model's."""
    config = subject.config
    logits_NK = predict_logits(
        subject.model, faces.images_N3SS, input_px=config.input_px, precision=config.precision, device=subject.device
    )
    stored_NK = np.stack(tested["logits"].tolist())[: len(logits_NK)]
    check_same_model(stored_NK, logits_NK, model=config.name, source=paths.predictions(config.name))


if __name__ == "__main__":
    command(main)()
