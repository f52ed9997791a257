"""Stage `explain@MODEL`: class activation maps of one model, and metrics of them."""

from typing import Annotated

import pandas as pd
import typer

from mien.config.configure import explanation
from mien.config.params import load_params
from mien.config.prediction import read_prediction_config
from mien.core import paths
from mien.core.device import resolve_device
from mien.core.files import write_json
from mien.core.naming import file_names
from mien.core.stage import command
from mien.evaluate.columns import read_slice_columns
from mien.explain.epochs import read_epochs
from mien.explain.explanation import explain
from mien.explain.landmarks import read_landmarks
from mien.explain.output import write_explanation
from mien.explain.stored_predictions import check_images, check_predictions, check_weights
from mien.explain.subject import Subject
from mien.explain.tested_images import join_tested_images, labelled_copies
from mien.models.store import load_model
from mien.store.decoding import decoding
from mien.store.faces import FaceSet, load_faces
from mien.store.tables import DUPLICATES, FILES, SPLITS, read_predictions, read_table
from mien.tracking import run as tracking


def main(model: Annotated[str, typer.Argument(help="a name under `models` in params.yaml")]) -> None:
    """Explains one model on the test images: class activation maps with metrics, galleries and failures.

    Reads models/MODEL, data/configs/prediction/MODEL.json, data/predictions/MODEL.parquet, data/faces and data/splits.parquet;
    data/raw/files.parquet, data/duplicates.parquet and data/images for copies and properties of the images. Writes
    metrics/explain/MODEL.json and the folder metrics/explain/MODEL.
    """
    params = load_params()
    params.model(model)
    device, source = resolve_device(params.runtime.device), paths.predictions(model)
    with tracking.model_run(model, stage="explain"):
        network, config = load_model(paths.model(model))
        decoded = decoding(params.runtime)

        def load(rows: pd.DataFrame) -> FaceSet:
            return load_faces(paths.FACES, rows, classes=config.classes, max_px=config.input_px, decoding=decoded)

        subject = Subject(network, config, device)
        splits, predictions = read_table(paths.SPLITS, SPLITS), read_predictions(source)
        check_predictions(predictions, subject.classes, model=model, source=source)
        check_images(predictions, splits, model=model, source=source)
        files = read_table(paths.FILES, FILES, ["path", "label_raw", "metadata"])
        duplicates = read_table(paths.DUPLICATES, DUPLICATES)
        tested = join_tested_images(
            predictions,
            splits,
            classes=subject.classes,
            files=labelled_copies(files, duplicates, params.labels),
            columns=read_slice_columns(predictions, files=paths.FILES, images=paths.IMAGES, faces=paths.FACES),
            landmarks=read_landmarks(paths.FACES, predictions["sample_id"]),
        )
        how, tta = explanation(params, model), read_prediction_config(paths.prediction_config(model)).tta
        check_weights(subject, tested, load, tta=tta, source=source)
        training, epochs = splits[splits["split"] == "train"], read_epochs(paths.model(model), how)
        found = explain(subject, tested, training, load=load, how=how, seed=params.seed, epochs=epochs, tta=tta)
        document = {"model": model, **found.document}
        write_explanation(paths.explanation_folder(model), found, called=file_names(splits, params.report.names))
        write_json(paths.explanation(model), document)
    failures = document["failures"]
    typer.echo(
        f"explain: {model}: {document['num_maps']} maps measured, {len(found.pictures)} pictures; "
        f"{failures['num']} of {failures['num_tested']} test images misclassified"
    )


if __name__ == "__main__":
    command(main)()
