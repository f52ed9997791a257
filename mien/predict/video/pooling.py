"""Answers of a temporal model for a video: each is for all frames of a face, or for those in a window around the frame."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mien.predict.answer import Answer
from mien.predict.clips.answer import Pooling
from mien.predict.clips.pooling import Figures, Frames
from mien.predict.predicting import judged
from mien.predict.rows import Row
from mien.predict.video.windows import windowed


def pooled(
    frames: Iterable[list[Row]], pooling: Pooling, answer: Answer, *, window_s: float, threshold: float | None
) -> Iterator[list[Row]]:
    """The frames with the answers of a temporal model, in the same order.

    Each row has the answer for the clip of its face: all frames of the video in which the face was answered or, with `window_s`, those
    within half of it on both sides. It keeps the probabilities of its own frame, taken for a clip of one frame, as `raw`.
    """

    def of(rows: list[Row]) -> Figures:
        return pooling.probabilities(Frames.joined([row.frame for row in rows if row.frame is not None]))

    def told(row: Row, shares_K: Figures) -> Row:
        return replace(judged(row, shares_K.astype(float).tolist(), answer, threshold), raw=row.probabilities, frame=None)

    if window_s:
        yield from windowed(frames, lambda row, around: told(row, of(around)), window_s=window_s)
        return
    whole = list(frames)
    clips: dict[int | None, list[Row]] = {}
    for row in (row for rows in whole for row in rows if row.frame is not None):
        clips.setdefault(row.face, []).append(row)
    answers = {face: of(rows) for face, rows in clips.items()}
    for rows in whole:
        yield [row if row.frame is None else told(row, answers[row.face]) for row in rows]
