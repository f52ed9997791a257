"""Stage `align`: square training images, cropped around a face or fitted from the whole image."""

import typer

from mien.align.boxes import boxes_by_sample
from mien.align.faceless import always_kept, removed_rows
from mien.align.squares import Job, make_squares
from mien.align.turning import TURNS_DEG
from mien.config.params import load_params
from mien.core import paths
from mien.core.errors import SourceError
from mien.core.files import replacing_directory, write_json
from mien.core.leftovers import remove_temporary
from mien.core.parallel import parallel_map
from mien.core.stage import command
from mien.store.shards import divided, shards_of
from mien.store.tables import BOXES, FATES, LABELS, read_table, write_table


def main() -> None:
    """Crops square images of faces.

    Reads data/images, data/labels.parquet and, for faces.detector: given, data/raw/boxes.parquet; writes data/faces and
    metrics/data/align.json.
    """
    params = load_params()
    how = params.faces
    labels = read_table(paths.LABELS, LABELS, ["sample_id", "path", "subset"])
    kept = always_kept(labels, official=params.split.method == "official", on_missing=how.on_missing)
    samples, whole = set(labels["sample_id"]), set(labels["sample_id"][kept])
    boxes = boxes_by_sample(labels, read_table(paths.BOXES, BOXES)) if how.detector == "given" else {}
    if how.detector == "given" and not boxes:
        raise SourceError(
            "faces.detector: given needs a data set that gives boxes of faces, and this source gives none; set it to mtcnn, or to none for "
            "images that are faces already"
        )
    shards = shards_of(paths.IMAGES)
    samples_of, whole_of = divided(samples, shards), divided(whole, shards)
    with replacing_directory(paths.FACES) as folder:
        jobs = [
            Job(
                prefix=prefix,
                images=paths.IMAGES,
                squares=folder,
                samples=samples_of[prefix],
                whole=whole_of[prefix],
                how=how,
                jpeg_quality=params.convert.jpeg_quality,
                boxes={sample_id: boxes[sample_id] for sample_id in samples_of[prefix] if sample_id in boxes},
            )
            for prefix in shards
        ]
        seen = parallel_map(
            make_squares,
            jobs,
            workers=params.runtime.workers,
            executor=params.runtime.executor,
            label="align",
            unit="image",
            sizes=[len(job.samples) for job in jobs],
        )
        remove_temporary(folder)  # of workers that died, whose work others repeated
        sightings = {sample_id: sighting for shard in seen for sample_id, sighting in shard.items()}
        removed = removed_rows(labels[~kept], sightings, min_score=how.min_score, is_given=how.detector == "given")
        write_table(folder / paths.FACES_REMOVED.name, removed, FATES)
    faces = [sighting.num_faces for sighting in sightings.values()]
    turned = {str(turn_deg): sum(sighting.turn_deg == turn_deg for sighting in sightings.values()) for turn_deg in sorted(TURNS_DEG)}
    counts = {
        "images": len(samples),
        "one_face": sum(number == 1 for number in faces),
        "several_faces": sum(number > 1 for number in faces),
        "no_face": sum(number == 0 for number in faces),
        "turned": turned,
        "fitted_whole": sum(sample not in sightings or (sightings[sample].num_faces == 0 and sample in whole) for sample in samples),
        "quarantined_files": len(removed),
    }
    write_json(paths.counts("align"), counts)
    quarters = ", ".join(f"{number} by {turn_deg} degrees" for turn_deg, number in turned.items() if number)
    typer.echo(
        f"align: {len(samples)} images, {sum(number > 0 for number in faces)} cut around a face"
        f"{f' ({sum(turned.values())} of them turned upright: {quarters})' if quarters else ''}, "
        f"{counts['fitted_whole']} fitted whole, {len(removed)} files without a face to quarantine"
    )


if __name__ == "__main__":
    command(main)()
