"""Pictures of one test face under each corruption, and what the model says of each. Legend: N images, G = 5 strengths, K classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.explain.sheet import Cell, Strip, contact_sheet
from mien.robustness.corrupting import corrupted, corruption
from mien.robustness.corruption import Pixels
from mien.robustness.faces import StoredFaces
from mien.robustness.predicting import CorruptedLogits
from mien.statistics.calibration import probabilities
from mien.store.thumbnails import FACE_PX, webp

SHOWN = (1, 3, 5)
"""the strengths that are shown"""
QUALITY = 80
"""of WebP, so high that its own artefacts are not taken for those of the corruption"""


@dataclass(frozen=True)
class Examples:
    """The face, its predictions (JSON values), its images by name (WebP), and all of them on a sheet (JPEG)."""

    document: dict[str, Any]
    pictures: dict[str, bytes]
    sheet: bytes


def chosen(faces: StoredFaces, logits: CorruptedLogits, actual_N: NDArray[np.int64]) -> int:
    """The row of the face to show: one with landmarks if there is any, then one that is predicted right, then the most confident."""
    shares_NK = probabilities(logits.clean_NK)
    right_N = shares_NK.argmax(axis=1) == actual_N
    marked_N = [faces.has_landmarks(name) for name in faces.sample_ids]
    order = np.lexsort([np.arange(len(actual_N)), -shares_NK.max(axis=1), ~right_N, ~np.array(marked_N)])
    return int(order[0])


def examples(
    faces: StoredFaces,
    row: int,
    logits: CorruptedLogits,
    names: Sequence[str],
    *,
    classes: Sequence[str],
    temperature: float,
    threshold: float | None,
    seed: int,
    about: Mapping[str, str],
    title: str,
) -> Examples:
    """The face of a row under each corruption at the strengths SHOWN; `about` is what is known of it (path, actual)."""
    sample_id, pictures, strips = faces.sample_ids[row], {}, []
    face = faces.face(sample_id)

    def shown(name: str, image_SS3: Pixels, logits_K: NDArray[np.float32]) -> tuple[dict[str, Any], Cell]:
        shares_K = probabilities(logits_K[None] / temperature)[0]
        best = int(shares_K.argmax())
        sure = threshold is not None and bool(shares_K[best] >= threshold)
        pictures[name] = webp(image_SS3, max_px=FACE_PX, quality=QUALITY)
        said = {"picture": name, "predicted": classes[best], "probability": round(float(shares_K[best]), 6), "sure": sure}
        return said, Cell([image_SS3], f"{classes[best]} {shares_K[best]:.0%}")

    clean, cell = shown("clean", face.image_SS3, logits.clean_NK[row])
    strips.append(Strip(f"as it is ({about['actual']})", [cell]))
    rows = []
    for name, worse_GNK in zip(names, logits.worse_CGNK, strict=True):
        if not np.isfinite(worse_GNK[0, row]).all():
            continue
        cells = []
        for strength in SHOWN:
            image_SS3 = corrupted(face, name, strength, seed=seed, sample_id=sample_id)
            cells.append((strength, *shown(f"{name}/{strength}", image_SS3, worse_GNK[strength - 1, row])))
        rows.append({"name": name, "title": corruption(name).title, "cells": [{"strength": number, **said} for number, said, _ in cells]})
        strips.append(Strip(f"{corruption(name).title}, strengths {', '.join(map(str, SHOWN))}", [cell for _, _, cell in cells]))
    document = {"sample_id": sample_id, **about, "clean": clean, "rows": rows}
    return Examples(document, pictures, contact_sheet(title, strips))
