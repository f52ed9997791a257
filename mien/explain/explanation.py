"""The computation of stage `explain`, without input and output: it selects test images, measures their maps and collects images to show.

Shapes: N images, S×S stored side, h×w grid of the map, T = 2 classes per image: the predicted and the actual one.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch

from mien.config.sections.explain import ExplainParams
from mien.explain import mirrored_class_maps
from mien.explain.album import Album
from mien.explain.associations import NOT_MEASURED, associations
from mien.explain.entries import failure_entries, gallery_entries, gallery_sheet, mirrored_entries, mirrored_sheet
from mien.explain.epochs import Epochs, epoch_entries, epoch_sheet, fixed_images
from mien.explain.failures import confused_pairs, failure_table, pictured
from mien.explain.gallery import galleries
from mien.explain.gradcam import normalised, upsampled
from mien.explain.measures import measure_maps
from mien.explain.neighbourhood import neighbourhood
from mien.explain.sampling import stratified
from mien.explain.subject import Subject
from mien.store.faces import FaceSet

Load = Callable[[pd.DataFrame], FaceSet]
"""Loads the faces of rows with the columns sample_id and label."""


@dataclass(frozen=True)
class Explanation:
    """Everything that the stage writes."""

    document: dict[str, Any]
    gallery: list[dict[str, Any]]
    mirrored: list[dict[str, Any]]
    failures: list[dict[str, Any]]
    failure_table: pd.DataFrame
    pictures: dict[str, bytes]
    gallery_sheet: bytes
    mirrored_sheet: bytes | None
    epochs: dict[str, Any] | None = None
    """maps by epoch, if any are asked for"""
    epoch_sheet: bytes | None = None


def explain(
    subject: Subject,
    tested: pd.DataFrame,
    training: pd.DataFrame,
    *,
    load: Load,
    how: ExplainParams,
    seed: int,
    epochs: Epochs | None = None,
    tta: str = "none",
) -> Explanation:
    """Explain the predictions for the test images. The result is deterministic for the same input and seed.

    `tested` has rows as returned by `described`, with `unit` (images of one unit count as one observation) and `landmarks` (see
    measure_maps). `training` (sample_id, label) has the images among which neighbours are searched. Each must have at least one row.
    `epochs` are those whose maps are shown, and `tta` names the views with which their weights predict.
    """
    album = Album()
    measured = stratified(tested.drop_duplicates("sample_id"), num=how.maps, seed=seed)
    gallery, examples = galleries(tested, subject.classes, num=how.gallery), mirrored_class_maps.examples(tested, subject.classes)
    # Neighbours are needed for every failure, and for enough right predictions to compare the failures with.
    near = tested[~tested["right"] | tested["sample_id"].isin(measured["sample_id"])]
    fixed = fixed_images(tested, subject.classes, num=how.epoch_images, seed=seed) if epochs else tested.head(0)
    faces = load(_unique([near, examples, fixed, *(rows for _, _, rows in gallery)]))
    album.add_faces(faces)
    near = _with_neighbours(subject, near, faces, training, album, load=load, how=how, seed=seed)
    failed = near[~near["right"]]
    pairs = confused_pairs(tested, subject.classes)
    shown = pictured(failed, pairs, num=how.pictured_failures)

    # Each map is computed once, even if several parts need it.
    wanted = _unique([measured, *(rows for _, _, rows in gallery), *(rows for _, rows in shown)])
    images = _taken(faces, wanted).images
    targets_N2 = torch.stack([subject.numbers(wanted[name]) for name in ("predicted", "label")], dim=1)
    maps_N2hw = subject.maps(images, targets_N2, doing="maps")
    for column, name in enumerate(("predicted", "label")):
        album.add_maps(wanted["sample_id"].tolist(), wanted[name].tolist(), normalised(upsampled(maps_N2hw[:, column], images.side_px)))
    place = {key: number for number, key in enumerate(_keys(wanted))}
    first = [place[key] for key in _keys(measured)]

    document = measure_maps(subject, measured, images[first], maps_N2hw[first, 0], num_faithful=how.faithfulness, seed=seed)
    document["failures"] = {
        "num": int((~tested["right"]).sum()),
        "num_tested": len(tested),
        "pairs": pairs,
        "associations": associations(_beside(tested, near), ~tested["right"], units_N=tested["unit"]),
        "not_measured": NOT_MEASURED,
    }
    gallery_shown, mirrored = gallery_entries(gallery, album), []
    if mirrored_class_maps.has_class_maps(subject.model):
        views = mirrored_class_maps.mirrored_class_maps(
            subject.model, _taken(faces, examples).images_N3SS, input_px=subject.config.input_px, device=subject.device
        )
        mirrored = mirrored_entries(examples, *views, subject.classes, album)
    by_epoch = epoch_entries(subject, epochs, fixed, _taken(faces, fixed).images, album, tta=tta) if epochs else None
    failures = failure_entries(shown, album, num_neighbours=how.neighbours)
    return Explanation(
        document=document,
        gallery=gallery_shown,
        mirrored=mirrored,
        failures=failures,
        failure_table=failure_table(failed, subject.classes),
        pictures=album.encoded(),
        gallery_sheet=gallery_sheet(gallery_shown, album, title=f"{subject.config.name}: most confident predictions on the test images"),
        mirrored_sheet=mirrored_sheet(mirrored, album, title=f"{subject.config.name}: class maps of faces and of their mirror images")
        if mirrored
        else None,
        epochs=by_epoch,
        epoch_sheet=epoch_sheet(by_epoch, album, title=f"{subject.config.name}: maps of the actual class by epoch")
        if by_epoch and by_epoch["columns"]
        else None,
    )


def _with_neighbours(
    subject: Subject, near: pd.DataFrame, faces: FaceSet, training: pd.DataFrame, album: Album, *, load: Load, how: ExplainParams, seed: int
) -> pd.DataFrame:
    """`near` with the columns that `neighbourhood` adds; the faces of the pool are added to the album."""
    pool = stratified(training.drop_duplicates("sample_id"), num=how.neighbour_pool, seed=seed)
    pool_faces = load(pool)
    album.add_faces(pool_faces)
    own_faces = _taken(faces, near.drop_duplicates("sample_id"))
    return neighbourhood(near, own_faces, pool, pool_faces, features=subject.features, num=how.neighbours)


def _unique(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all parts, one for each image and actual class."""
    every = pd.concat([part[["sample_id", "label", "predicted"]] for part in parts])
    return every.drop_duplicates(["sample_id", "label"]).sort_values(["sample_id", "label"], ignore_index=True)


def _keys(rows: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(rows["sample_id"], rows["label"], strict=True))


def _taken(faces: FaceSet, rows: pd.DataFrame) -> FaceSet:
    """The faces of the rows, in the order of the rows."""
    place = {name: number for number, name in enumerate(faces.sample_ids)}
    places = [place[name] for name in rows["sample_id"]]
    return FaceSet(faces.images[places], faces.targets_N[places], tuple(rows["sample_id"]))


def _beside(tested: pd.DataFrame, near: pd.DataFrame) -> pd.DataFrame:
    """The test images with the columns that neighbours determine; NaN for images whose neighbours were not searched."""
    return tested.assign(**{name: near[name].reindex(tested.index) for name in ("neighbour_distance", "neighbour_doubt")})
