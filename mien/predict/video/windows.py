"""Windows in time around the rows of a video, for each face by itself."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from mien.predict.rows import Row

Combine = Callable[[Row, list[Row]], Row]
"""the new row, from a row with an answer and the rows of its face in the window, in order of time"""

_SLACK_S = 1e-6


def windowed(frames: Iterable[list[Row]], combine: Combine, *, window_s: float) -> Iterator[list[Row]]:
    """The frames, with each answered row combined with those of the same face within `window_s` / 2 on both sides of it.

    Frames are given in order of time. No more of them are held than the window needs.
    """
    held: deque[list[Row]] = deque()
    num_done = 0  # of those held

    def done(until_s: float) -> Iterator[list[Row]]:
        nonlocal num_done
        while num_done < len(held) and time_of(held[num_done]) <= until_s:
            rows = held[num_done]
            yield [_combined(row, held, combine, window_s=window_s) for row in rows]
            num_done += 1
            while time_of(held[0]) < time_of(rows) - window_s / 2 - _SLACK_S:
                held.popleft()
                num_done -= 1

    for rows in frames:
        yield from done(time_of(rows) - window_s / 2 - _SLACK_S)
        held.append(rows)
    yield from done(np.inf)


def time_of(rows: list[Row]) -> float:
    """The time of a frame, in seconds after the first one."""
    assert rows[0].time_s is not None
    return rows[0].time_s


def _combined(row: Row, frames: Iterable[list[Row]], combine: Combine, *, window_s: float) -> Row:
    if row.probabilities is None or row.time_s is None:
        return row
    around = [
        other
        for rows in frames
        for other in rows
        if other.face == row.face and other.probabilities is not None and abs(time_of(rows) - row.time_s) <= window_s / 2 + _SLACK_S
    ]
    return combine(row, around)
