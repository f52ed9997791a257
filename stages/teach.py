"""Stage `teach@PAIR`: the probabilities that a student learns from its teacher."""

from typing import Annotated

import typer

from mien.config.params import load_params
from mien.core import paths
from mien.core.device import resolve_device
from mien.core.plural import plural
from mien.core.stage import command
from mien.models.predict import predict_logits
from mien.models.store import load_model
from mien.store.decoding import decoding
from mien.store.faces import load_faces
from mien.store.tables import SPLITS, TEACHINGS, read_table, write_table
from mien.training.distillation import require_classes, taught_rows


def main(pair: Annotated[str, typer.Argument(help="a name under `distillation` in params.yaml")]) -> None:
    """Predicts the training images, without augmentation, with the teacher of a pair, at the teacher's own input size and precision.

    Reads models/TEACHER, data/faces and the train rows of data/splits.parquet. Writes data/pretrained/STUDENT/PAIR.parquet, on which the
    training of the student depends.
    """
    params = load_params()
    entry = params.teaching(pair)
    network, config = load_model(paths.model(entry.teacher))
    require_classes(entry.teacher, config.classes, params.labels.kept)
    rows = read_table(paths.SPLITS, SPLITS, ["sample_id", "label", "split"])
    faces = load_faces(
        paths.FACES,
        rows[rows["split"] == "train"],
        classes=config.classes,
        max_px=config.input_px,
        decoding=decoding(params.runtime),
    )
    logits_NK = predict_logits(
        network,
        faces.images,
        input_px=config.input_px,
        precision=config.precision,
        device=resolve_device(params.runtime.device),
        progress=f"teach {pair}",
    )
    write_table(paths.teaching(pair, entry.student), taught_rows(faces.sample_ids, logits_NK), TEACHINGS)
    typer.echo(f"teach: {entry.teacher} predicted {plural(len(faces), 'training image')} for {entry.student}")


if __name__ == "__main__":
    command(main)()
