"""Cuts the faces of a whole image store on all cores: of the main source, and of further test sets."""

from pathlib import Path
from typing import Any

import pandas as pd

from mien.align.boxes import boxes_by_sample
from mien.align.faceless import always_kept, removed_rows
from mien.align.squares import Job, make_squares
from mien.align.turning import TURNS_DEG
from mien.config.params import Params
from mien.core import paths
from mien.core.errors import SourceError
from mien.core.leftovers import remove_temporary
from mien.core.parallel import parallel_map
from mien.store.shards import divided, shards_of
from mien.store.tables import BOXES, FATES, read_table, write_table


def align_images(labels: pd.DataFrame, images: Path, folder: Path, params: Params, *, boxes: Path) -> dict[str, Any]:
    """Writes the square face of each image that `labels` (sample_id, path, subset) names to the store `folder`, and returns the counts.

    The files without a face are written to removed.parquet in `folder`, as rows of FATES. `images` is the store of converted images, and
    the sections `faces`, `split.method` and `convert.jpeg_quality` decide how they become squares. `boxes` is the table of the faces that
    the data set marks, for faces.detector: given; raises SourceError if it has none.
    """
    how = params.faces
    kept = always_kept(labels, official=params.split.method == "official", on_missing=how.on_missing)
    samples, whole = set(labels["sample_id"]), set(labels["sample_id"][kept])
    given = boxes_by_sample(labels, read_table(boxes, BOXES)) if how.detector == "given" else {}
    if how.detector == "given" and not given:
        raise SourceError(
            "faces.detector: given needs a data set that gives boxes of faces, and this source gives none; set it to mtcnn, or to none for "
            "images that are faces already"
        )
    shards = shards_of(images)
    samples_of, whole_of = divided(samples, shards), divided(whole, shards)
    jobs = [
        Job(
            prefix=prefix,
            images=images,
            squares=folder,
            samples=samples_of[prefix],
            whole=whole_of[prefix],
            how=how,
            jpeg_quality=params.convert.jpeg_quality,
            boxes={sample_id: given[sample_id] for sample_id in samples_of[prefix] if sample_id in given},
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
    return {
        "images": len(samples),
        "one_face": sum(number == 1 for number in faces),
        "several_faces": sum(number > 1 for number in faces),
        "no_face": sum(number == 0 for number in faces),
        "turned": {str(turn_deg): sum(one.turn_deg == turn_deg for one in sightings.values()) for turn_deg in sorted(TURNS_DEG)},
        "fitted_whole": sum(sample not in sightings or (sightings[sample].num_faces == 0 and sample in whole) for sample in samples),
        "quarantined_files": len(removed),
    }


def sentence(counts: dict[str, Any]) -> str:
    """The counts in one line."""
    turned = counts["turned"]
    quarters = ", ".join(f"{number} by {turn_deg} degrees" for turn_deg, number in turned.items() if number)
    return (
        f"{counts['images']} images, {counts['one_face'] + counts['several_faces']} cut around a face"
        f"{f' ({sum(turned.values())} of them turned upright: {quarters})' if quarters else ''}, "
        f"{counts['fitted_whole']} fitted whole, {counts['quarantined_files']} files without a face to quarantine"
    )
