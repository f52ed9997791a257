"""From a face and what the network says of it to its part of an answer. K classes, h×w cells of a map."""

import numpy as np
from numpy.typing import NDArray

from mien.predict.placing import Corners
from mien.predict.preparing import FaceImage
from mien.predict.rows import normalised
from mien.serve.schema import Box, Corner, FaceAnswer, FaceMap

_SHARE_DECIMALS = 6
_PX_DECIMALS = 1
_HEAT_DECIMALS = 4

Figures = NDArray[np.float32]


def face_answer(image: FaceImage, shares_K: Figures, maps_Khw: Figures | None, classes: list[str], threshold: float | None) -> FaceAnswer:
    """The answer for one face; with maps, it has that of its class."""
    shares = [round(share, _SHARE_DECIMALS) for share in shares_K.astype(float).tolist()]
    best = max(range(len(shares)), key=shares.__getitem__)
    box = None
    if image.box is not None:
        left, top, right, bottom = (round(edge, _PX_DECIMALS) for edge in image.box)
        box = Box(left=left, top=top, right=right, bottom=bottom)
    return FaceAnswer(
        box=box,
        score=None if image.score is None else round(image.score, _SHARE_DECIMALS),
        turn_deg=image.turn_deg,
        label=classes[best],
        confidence=shares[best],
        unsure=None if threshold is None else float(shares_K[best]) < threshold,
        probabilities=dict(zip(classes, shares, strict=True)),
        map=None if maps_Khw is None or image.corners is None else _face_map(maps_Khw[best], image.corners),
    )


def _face_map(map_hw: Figures, corners: Corners) -> FaceMap:
    return FaceMap(
        corners=[Corner(x=round(x, _PX_DECIMALS), y=round(y, _PX_DECIMALS)) for x, y in corners],
        values=[[round(value, _HEAT_DECIMALS) for value in row] for row in normalised(map_hw).astype(float).tolist()],
    )
