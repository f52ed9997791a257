"""Stage `temporal@NAME`: trains a temporal model on top of a model of frames, and tests it on clips."""

from typing import Annotated

import pandas as pd
import typer

from mien.config.params import load_params
from mien.config.prediction import read_temporal_config
from mien.core import paths
from mien.core.device import resolve_device
from mien.core.stage import command
from mien.evaluate.answering import answer_of
from mien.evaluate.evaluation import evaluate
from mien.evaluate.inputs import training_counts
from mien.evaluate.output import write_evaluation
from mien.models.store import describe_model, load_model
from mien.models.weights import WEIGHTS
from mien.predict.answer import Decoding
from mien.store.decoding import decoding
from mien.store.faces import load_faces
from mien.store.tables import FILES, SPLITS, read_table
from mien.temporal.clips import Clips
from mien.temporal.features import frame_outputs
from mien.temporal.predicting import labelled, predicted, temporal_facts
from mien.temporal.store import prove_pooling, save_temporal
from mien.temporal.training import train_pooling
from mien.tracking import run as tracking


def main(name: Annotated[str, typer.Argument(help="a name under `temporal` in params.yaml")]) -> None:
    """Trains what pools the frames of a clip, and tests it once on the clips of the test split. The model of frames is not changed.

    Reads data/configs/temporal/NAME.json, models/MODEL of the model in it, data/raw/files.parquet for the clips, data/faces and
    data/splits.parquet. Writes data/temporal/NAME (the weights, and what an answer needs besides), data/predictions/NAME.parquet (a row per
    clip, whose path is the name of the clip), and in metrics/evaluate the same files as stage `evaluate`, in which clips are counted.
    """
    params = load_params()
    params.temporal_model(name)
    with tracking.model_run(name, stage="temporal"):
        own = read_temporal_config(paths.temporal_config(name))
        folder = paths.model(own.model)
        network, config = load_model(folder)
        described = describe_model(folder)
        clips = Clips.of(read_table(paths.SPLITS, SPLITS), read_table(paths.FILES, FILES, ["path", "metadata"]))
        faces = load_faces(paths.FACES, clips.frames, classes=config.classes, max_px=config.input_px, decoding=decoding(params.runtime))
        outputs = frame_outputs(
            network, faces.images, config, device=resolve_device(params.runtime.device), progress=f"temporal {name}, frames"
        )
        train, val = (labelled(clips, outputs, split, classes=config.classes) for split in ("train", "val"))
        trained = train_pooling(train, val, own, num_classes=len(config.classes), seed=params.seed)
        tables = [predicted(clips, outputs, trained.pooling, split, classes=config.classes, seed=params.seed) for split in ("test", "val")]
        prove_pooling(trained.pooling, own.pooling, outputs, clips, tables[0])
        found = evaluate(
            [pd.concat(tables, ignore_index=True)],
            tables[0][["num_frames"]].astype(float),
            name=name,
            classes=config.classes,
            class_counts=training_counts(clips.rows, config.classes),
            seed=params.seed,
            min_accuracy=params.predict.min_accuracy,
            hide_persons=params.report.names == "hashed",
            unit="clip",
        )
        answer = answer_of(
            found,
            decode=Decoding.of(params.convert),
            faces=params.faces,
            min_accuracy=params.predict.min_accuracy,
            images=faces.images,
            weights_sha256=described.weights_sha256,
        )
        save_temporal(paths.temporal(name), trained, model=own.model, pooling=own.pooling, answer=answer)
        file_bytes = (folder / WEIGHTS).stat().st_size
        facts = temporal_facts(config, own, trained, clips, weights=described.training["weights"], file_bytes=file_bytes)
        write_evaluation(name, pd.concat(tables), found.with_facts(facts))
    typer.echo(f"temporal: {found.sentence}; {own.pooling} of the frames by {own.model}")


if __name__ == "__main__":
    command(main)()
