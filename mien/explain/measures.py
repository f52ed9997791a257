"""The measurements of the maps of the selected test images: metrics/explain/MODEL.json without its failures.

Shapes: N images, S×S stored side, h×w grid.
"""

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import Tensor

from mien.explain.claims import measure
from mien.explain.faithfulness import summary
from mien.explain.mirror import mirror_similarity
from mien.explain.regions import region_heat
from mien.explain.sampling import stratified
from mien.explain.spread import spread
from mien.explain.subject import Subject
from mien.store.face_images import Images

LAYER = "last feature map after attention"


def measure_maps(subject: Subject, rows: pd.DataFrame, images: Images, maps_Nhw: Tensor, *, num_faithful: int, seed: int) -> dict[str, Any]:
    """Return the parts of the document from `layer` to `sanity`, for the maps of the predicted classes.

    `rows` has sample_id, label, predicted, right, unit (images of one unit count as one observation) and landmarks (x and y of MTCNN's five
    points as shares of the side, 10 numbers, NaN if there are none). The shares of heat in regions are omitted if no image has landmarks.
    Faithfulness and sanity are measured on `num_faithful` of the rows, stratified by class; 0 means all rows.
    """
    predicted_N = subject.numbers(rows["predicted"])
    mirrored_Nhw = subject.maps(images, predicted_N[:, None], mirrored=True, doing="maps of mirror images")[:, 0]
    right_N = rows["right"].to_numpy(bool)
    values, chances = _by_region(maps_Nhw, np.stack(rows["landmarks"].tolist()))
    values |= {"spread": spread(maps_Nhw), "mirror": mirror_similarity(maps_Nhw, mirrored_Nhw)}

    tested = rows["sample_id"].isin(stratified(rows, num=num_faithful, seed=seed)["sample_id"]).to_numpy(copy=True)
    own = images[np.flatnonzero(tested).tolist()].all(), maps_Nhw[tested], predicted_N[tested]
    return {
        "layer": LAYER,
        "grid": list(maps_Nhw.shape[-2:]),
        "num_maps": len(rows),
        "num_correct": int(right_N.sum()),
        "num_wrong": int((~right_N).sum()),
        "num_empty": int((maps_Nhw.amax(dim=(1, 2)) <= 0).sum()),
        "claims": measure(values, right_N, chances=chances, groups_N=rows["unit"], seed=seed),
        "faithfulness": summary(subject.faithfulness(*own, seed=seed), groups_N=rows["unit"][tested], seed=seed),
        "sanity": asdict(subject.sanity(*own, seed=seed)),
    }


def _by_region(
    maps_Nhw: Tensor, landmarks_N10: NDArray[np.float64]
) -> tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[np.float64]]]:
    """The share of the heat in each region and that of a uniform map, by the name of the claim."""
    if not np.isfinite(landmarks_N10).any():
        return {}, {}
    found = region_heat(maps_Nhw, landmarks_N10, side_px_stored=1)
    return tuple({f"heat_{name}": both[part] for name, both in found.items()} for part in (0, 1))  # type: ignore[return-value]
