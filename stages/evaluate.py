"""Stage `evaluate@MODEL`."""

from typing import Annotated

import typer

from mien import paths, tracking
from mien.data.dataset import load_faces
from mien.data.tables import PREDICTIONS, SPLITS, read_table, write_table
from mien.errors import TableError
from mien.evaluation.figures import report_on_test
from mien.files import replacing_file, write_json
from mien.models.predict import predict_logits
from mien.models.store import describe_model, load_model
from mien.params import load_params
from mien.report.confusion import draw_confusion
from mien.stage import command
from mien.training.precision import resolve_device


def main(model: Annotated[str, typer.Argument(help="a name under `models` in params.yaml")]) -> None:
    """Tests one model on the test split, once.

    Reads models/MODEL, data/faces and data/splits.parquet. Writes data/predictions/MODEL.parquet, metrics/evaluate/MODEL.json (figures on
    all test images and, where an official test split has flagged ones, on the clean), and the confusion matrix as CSV and PNG.
    """
    params = load_params()
    params.model(model)
    with tracking.model_run(model, stage="evaluate") as run:
        network, config = load_model(paths.model(model))
        rows = read_table(paths.SPLITS, SPLITS)
        rows = rows[rows["split"] == "test"].sort_values("path", ignore_index=True)
        if rows.empty:
            raise TableError(f"{paths.SPLITS} has no test images; run `dvc repro split`")
        pictures = rows.drop_duplicates("sample_id")  # copies of one picture are tested once and get one prediction
        faces = load_faces(paths.FACES, pictures, classes=config.classes, max_px=config.input_px, workers=params.runtime.workers)
        logits_NK = predict_logits(
            network,
            faces.images_N3SS,
            input_px=config.input_px,
            precision=config.precision,
            device=resolve_device(params.runtime.device),
            progress=f"evaluate {model}",
        )
        rows["logits"] = rows["sample_id"].map(dict(zip(faces.sample_ids, logits_NK, strict=True)))
        rows["predicted"] = [config.classes[logits_K.argmax()] for logits_K in rows["logits"]]

        trained = describe_model(paths.model(model))["training"]
        facts = {"model": model, "weights": trained["weights"], "recipe": trained["recipe"], "classes": config.classes}
        report = report_on_test(rows, config.classes)
        tested = report["all"]
        write_table(paths.predictions(model), rows[PREDICTIONS.names], PREDICTIONS)
        write_json(paths.evaluation(model), facts | report)
        with replacing_file(paths.confusion_table(model)) as temporary:
            rows[["label", "predicted"]].to_csv(temporary, header=["actual", "predicted"], index=False, lineterminator="\n")
        title = f"{model}: {len(rows)} test images, macro-F1 {tested['macro_f1']:.3f}"
        draw_confusion(paths.confusion_picture(model), tested["confusion"], config.classes, title=title)
        run.log_test(report)
        run.log_artifact(paths.confusion_picture(model))
    baseline = tested["majority_baseline"]
    typer.echo(
        f"evaluate: {model}: macro-F1 {tested['macro_f1']:.4f}, accuracy {tested['accuracy']:.4f} on {len(rows)} test images "
        f"(always the largest class: {baseline['macro_f1']:.4f} and {baseline['accuracy']:.4f})"
    )


if __name__ == "__main__":
    command(main)()
