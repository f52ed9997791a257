"""Smooths the answers of a video over time, for each face by itself."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from mien.predict.answer import Answer
from mien.predict.predicting import judged
from mien.predict.rows import Row

_LEAST = 1e-7  # as a probability; the logarithm of less would let one frame decide a window


def smoothed(frames: Iterable[list[Row]], answer: Answer, *, window_s: float, threshold: float | None) -> Iterator[list[Row]]:
    """The frames with the answers over a window of `window_s` seconds around each: the mean of the logarithms of the probabilities.

    The mean is taken over the answers of the same face in the window, weighted equally, and scaled so that the classes sum to 1 (the
    normalised geometric mean). Each row keeps the probabilities of its own frame as `raw`. Frames are given in order of time.
    """
    held: deque[list[Row]] = deque()
    num_done = 0  # of those held

    def done(until_s: float) -> Iterator[list[Row]]:
        nonlocal num_done
        while num_done < len(held) and _time(held[num_done]) <= until_s:
            rows = held[num_done]
            yield [_smooth(row, held, answer, window_s=window_s, threshold=threshold) for row in rows]
            num_done += 1
            while _time(held[0]) < _time(rows) - window_s / 2 - _SLACK_S:
                held.popleft()
                num_done -= 1

    for rows in frames:
        yield from done(_time(rows) - window_s / 2 - _SLACK_S)
        held.append(rows)
    yield from done(np.inf)


_SLACK_S = 1e-6


def _time(rows: list[Row]) -> float:
    assert rows[0].time_s is not None
    return rows[0].time_s


def _smooth(row: Row, frames: Iterable[list[Row]], answer: Answer, *, window_s: float, threshold: float | None) -> Row:
    if row.probabilities is None or row.time_s is None:
        return row
    around = [
        other.probabilities
        for rows in frames
        for other in rows
        if other.face == row.face and other.probabilities is not None and abs(_time(rows) - row.time_s) <= window_s / 2 + _SLACK_S
    ]
    logs_K = np.log(np.maximum(np.array(around), _LEAST)).mean(axis=0)
    shares_K = np.exp(logs_K - logs_K.max())
    return replace(judged(row, (shares_K / shares_K.sum()).tolist(), answer, threshold), raw=row.probabilities)
