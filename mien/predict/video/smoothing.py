"""Smooths the answers of a video over time, for each face by itself."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from mien.predict.answer import Answer
from mien.predict.predicting import judged
from mien.predict.rows import Row
from mien.predict.video.windows import windowed

_LEAST = 1e-7  # as a probability; the logarithm of less would let one frame decide a window


def smoothed(frames: Iterable[list[Row]], answer: Answer, *, window_s: float, threshold: float | None) -> Iterator[list[Row]]:
    """The frames with the answers over a window of `window_s` seconds around each: the mean of the logarithms of the probabilities.

    The mean is taken over the answers of the same face in the window, weighted equally, and scaled so that the classes sum to 1 (the
    normalised geometric mean). Each row keeps the probabilities of its own frame as `raw`. Frames are given in order of time.
    """

    def mean(row: Row, around: list[Row]) -> Row:
        logs_K = np.log(np.maximum(np.array([other.probabilities for other in around]), _LEAST)).mean(axis=0)
        shares_K = np.exp(logs_K - logs_K.max())
        return replace(judged(row, (shares_K / shares_K.sum()).tolist(), answer, threshold), raw=row.probabilities)

    return windowed(frames, mean, window_s=window_s)
