"""Stage `doubts`: the review queue of labels that may be wrong."""

from pathlib import Path

import typer

from mien.config.params import load_params
from mien.core import paths
from mien.core.device import resolve_device
from mien.core.files import replacing_directory, write_json
from mien.core.naming import file_names
from mien.core.spreadsheet import write_csv
from mien.core.stage import command
from mien.doubts.choice import best_on_validation
from mien.doubts.judgement import judge
from mien.doubts.queue import counts, review_table
from mien.models.store import load_model
from mien.sanitise.corrections import matched, read_corrections
from mien.store.decoding import decoding
from mien.store.faces import load_faces
from mien.store.tables import SPLITS, read_table
from mien.store.thumbnails import webp, write_thumbnails


def main() -> None:
    """Finds labels that may be wrong, because the features of one model contradict them, so that a person can decide about them.

    Reads models/MODEL, metrics/train, data/faces, data/splits.parquet and the file at labels.corrections.
    Writes metrics/doubts (queue.csv to fill in, pictures.parquet) and metrics/doubts.json (counts).
    """
    params = load_params()
    model = params.doubts.model or best_on_validation(params.models)
    params.model(model)
    network, config = load_model(paths.model(model))
    rows = read_table(paths.SPLITS, SPLITS).sort_values("path").drop_duplicates("sample_id", ignore_index=True)
    faces = load_faces(
        paths.FACES,
        rows,
        classes=config.classes,
        max_px=config.input_px,
        decoding=decoding(params.runtime),
    )
    judged = judge(
        network,
        config,
        rows,
        faces,
        folds=params.doubts.folds,
        seed=params.seed,
        device=resolve_device(params.runtime.device),
        workers=params.runtime.workers,
        executor=params.runtime.executor,
    )
    decisions = read_corrections(Path(params.labels.corrections), params.labels)
    decided = set(matched(decisions, rows["sample_id"]).values())
    table = review_table(rows, judged, classes=config.classes, decided=decided)
    queue = table.head(params.doubts.queue)
    numbers = counts(table, judged, classes=config.classes, num_queued=len(queue), num_decided=len(decided))
    place = dict(zip(faces.sample_ids, range(len(faces)), strict=True))
    queued = faces.images[[place[name] for name in queue["sample_id"]]].all()
    pictures = {
        f"face/{name}": webp(image_3SS.permute(1, 2, 0).numpy()) for name, image_3SS in zip(queue["sample_id"], queued, strict=True)
    }
    with replacing_directory(paths.DOUBTS) as folder:
        write_csv(folder / "queue.csv", queue.assign(path=queue["path"].map(file_names(rows, params.report.names))))
        write_thumbnails(folder / "pictures.parquet", pictures)
    write_json(paths.DOUBTS_COUNTS, {"model": model} | numbers)
    shown = (
        f"; the {len(queue)} most doubtful are in {paths.DOUBTS / 'queue.csv'}; fill in its column `decision` and run `mien decide`"
        if len(queue)
        else ""
    )
    typer.echo(
        f"doubts: {len(table)} of {len(rows)} labels contradict the features of {model}, {numbers['num_issues']} of them by confident "
        f"learning; {len(decided)} are already decided{shown}"
    )


if __name__ == "__main__":
    command(main)()
