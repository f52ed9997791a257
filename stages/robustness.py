"""Stage `robustness@MODEL`: test metrics of one model under corruptions."""

from typing import Annotated

import typer

from mien.config.params import load_params
from mien.config.prediction import read_prediction_config
from mien.core import paths
from mien.core.device import resolve_device
from mien.core.naming import file_name
from mien.core.stage import command
from mien.models.predict import forward_pass
from mien.models.store import load_model
from mien.predict.answer import read_answer
from mien.robustness.document import robustness_document
from mien.robustness.examples import chosen, examples
from mien.robustness.faces import read_faces
from mien.robustness.output import write_robustness
from mien.robustness.predicting import predict_corrupted
from mien.robustness.tested import check_answer, check_clean, tested_rows, tested_subject
from mien.store.tables import SPLITS, read_predictions, read_table
from mien.tracking import run as tracking


def main(model: Annotated[str, typer.Argument(help="a name under `robustness.models` in params.yaml")]) -> None:
    """Tests one model on test images that are made worse: blurred, noisy, dark, covered and so on, at five strengths each.

    Reads models/MODEL (the network of the first seed), data/configs/prediction/MODEL.json, data/answers/MODEL.json (temperature and
    threshold), data/predictions/MODEL.parquet, data/faces and data/splits.parquet. Writes metrics/robustness/MODEL.json, MODEL.csv and the
    folder metrics/robustness/MODEL with an example.
    """
    params = load_params()
    params.model(model)
    device, source, names = resolve_device(params.runtime.device), paths.predictions(model), params.robustness.corruptions
    with tracking.model_run(model, stage="robustness"):
        network, config = load_model(paths.model(model))
        tta = read_prediction_config(paths.prediction_config(model)).tta
        answer = read_answer(paths.answer(model), remedy=f"run `dvc repro evaluate@{model}`")
        check_answer(answer, config.classes, model=model)
        rows = tested_rows(read_table(paths.SPLITS, SPLITS), num=params.robustness.images, seed=params.seed)
        faces = read_faces(paths.FACES, rows["sample_id"].to_list())
        logits = predict_corrupted(
            forward_pass(network, input_px=config.input_px, precision=config.precision, device=device, tta=tta),
            faces,
            names,
            size_px=answer.size_px,
            num_classes=len(config.classes),
            seed=params.seed,
            progress=f"robustness {model}",
        )
        check_clean(logits.clean_NK, rows, read_predictions(source), model=model, source=source)
        subject, point = tested_subject(rows, config.classes), answer.threshold(answer.min_accuracy)
        threshold = None if point is None else point.threshold
        found = robustness_document(subject, logits, names, temperature=answer.temperature, threshold=threshold, seed=params.seed)
        row = chosen(faces, logits, subject.actual_N)
        shown = examples(
            faces,
            row,
            logits,
            names,
            classes=config.classes,
            temperature=answer.temperature,
            threshold=threshold,
            seed=params.seed,
            about={
                "path": file_name(rows["path"].iloc[row], rows["sample_id"].iloc[row], params.report.names),
                "actual": rows["label"].iloc[row],
            },
            title=f"{model}: a test image under corruptions",
        )
        write_robustness(model, {"model": model, "seed": config.seed, "min_accuracy": answer.min_accuracy, **found}, shown)
    loss = found["accuracy_loss"]
    lost = "no corruption" if loss is None else f"{loss['value']:.1%} of the accuracy lost on average, most with {found['worst']}"
    typer.echo(f"robustness: {model}: accuracy {found['clean']['accuracy']['value']:.4f} on {found['num_images']} images; {lost}")


if __name__ == "__main__":
    command(main)()
