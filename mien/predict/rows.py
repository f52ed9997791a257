"""The rows of an answer: one for each face of each photograph or frame, and one with a reason for each that has none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.predict.answer import Answer
from mien.predict.clips.pooling import Frames
from mien.predict.preparing import FaceImage

COLUMNS = (
    "path", "time_s", "face", "num_faces", "left", "top", "right", "bottom", "turn_deg", "score", "label", "confidence", "unsure", "reason",
    "detail",
)  # fmt: skip
"""the columns before those with the probability of each class"""


@dataclass(frozen=True)
class Row:
    """One face, or one file without a face.

    Args:
        path: the file, as the source names it.
        face: the number of the face, from 1; 0 for a whole frame of a video; None if there is none.
        image: the face; None if there is none.
        probabilities: calibrated, in the order of the classes; None if there is no face.
        unsure: whether the confidence is below the threshold; None without a threshold, or without a face.
        reason: why there is no face or no answer, one word, and `detail`; None if there is an answer.
        time_s: of a video's frame, from its first; None for photographs.
        raw: the probabilities of the frame itself, where `probabilities` are smoothed over time.
        maps: for each class, which cells of the square speak for it, K×h×w; None unless maps are asked for.
        frame: what a temporal model pools with other frames; None for other models.
    """

    path: str
    face: int | None = None
    num_faces: int = 0
    image: FaceImage | None = None
    probabilities: Sequence[float] | None = None
    label: str | None = None
    unsure: bool | None = None
    reason: str | None = None
    detail: str = ""
    time_s: float | None = None
    raw: Sequence[float] | None = None
    maps: NDArray[np.float32] | None = None
    frame: Frames | None = None

    @property
    def confidence(self) -> float | None:
        """The largest probability."""
        return max(self.probabilities) if self.probabilities is not None else None

    def map(self, answer: Answer) -> NDArray[np.float32] | None:
        """What decided the answer: the map of its class divided by its largest value, h×w, 0 to 1; None if there is none."""
        if self.maps is None or self.label is None:
            return None
        return normalised(self.maps[answer.classes.index(self.label)])

    def record(self, answer: Answer) -> dict[str, Any]:
        """The row by column: COLUMNS, then `p_CLASS` for each class, and `raw_p_CLASS` where the row has `raw`."""
        box = self.image.box if self.image else None
        shares = self.probabilities if self.probabilities is not None else [None] * len(answer.classes)
        return {
            "path": self.path,
            "time_s": self.time_s,
            "face": self.face,
            "num_faces": self.num_faces,
            **dict(zip(("left", "top", "right", "bottom"), box or (None,) * 4, strict=True)),
            "turn_deg": self.image.turn_deg if self.image else None,
            "score": self.image.score if self.image else None,
            "label": self.label,
            "confidence": self.confidence,
            "unsure": self.unsure,
            "reason": self.reason,
            "detail": self.detail or None,
            **{f"p_{name}": share for name, share in zip(answer.classes, shares, strict=True)},
            **({f"raw_p_{name}": share for name, share in zip(answer.classes, self.raw, strict=True)} if self.raw is not None else {}),
        }


def normalised(map_hw: NDArray[np.float32]) -> NDArray[np.float32]:
    """The map divided by its largest value, so that it lies between 0 and 1; a map that is 0 stays so."""
    largest = float(map_hw.max())
    return map_hw / largest if largest > 0 else map_hw
