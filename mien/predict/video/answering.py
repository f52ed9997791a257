"""Answers for the frames of a video: faces are sought on all cores, followed, cropped as for training, and given to the network."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

import numpy as np

from mien.align.geometry import choose_face
from mien.align.turning import Detector, Found
from mien.core.errors import WorkerError
from mien.core.streaming import Crashed, stream
from mien.predict.answer import Answer
from mien.predict.engine import Engine
from mien.predict.predicting import BATCH, answer_rows, detector_for
from mien.predict.preparing import face_image, stored_bytes, whole_image, why_none
from mien.predict.rows import Row
from mien.predict.video.following import Followed, followed
from mien.predict.video.searching import Sampled, Search, sampled, search
from mien.video.frames import Frame

WHOLE = 0
"""the number of a face that is a whole frame"""
_UNFOLLOWED = "between two searches, of which not both found the face"
_NO_PIXELS = np.zeros((0, 0, 3), np.uint8)

Searched = Iterator[tuple[Sampled, Search | None]]


def searched(frames: Iterable[Frame], answer: Answer, *, search_every_s: float, workers: int) -> Searched:
    """The frames of a recording, and the faces of those that are searched, by `workers` processes (0: one per core)."""
    held: deque[Sampled] = deque()

    def contents() -> Iterator[bytes | None]:
        for frame in sampled(frames, answer, search_every_s=search_every_s):
            held.append(frame)
            yield frame.stored if frame.is_searched else None

    for found in stream(_search, contents(), workers=workers if answer.faces.detector != "none" else 1, prepare=_start, given=(answer,)):
        if isinstance(found, Crashed):
            raise WorkerError("a process that looked for faces was killed, most likely because memory ran out; use fewer --workers")
        yield held.popleft(), found


def searched_live(frames: Iterable[Frame], answer: Answer) -> Searched:
    """The frames of a camera, each with its faces, without reading ahead."""
    detector = detector_for(answer)
    for frame in frames:
        stored = stored_bytes(frame.image, answer)
        yield Sampled(frame.time_s, frame.image.size, stored, is_searched=True, begins_shot=False), search(stored, answer, detector)


def answered(
    path: str, frames: Searched, engine: Engine, *, all_faces: bool, threshold: float | None, batch: int = BATCH
) -> Iterator[list[Row]]:
    """Yields the rows of each frame, in order: one for each face, or one with a reason. Their images hold no pixels any more.

    `batch` is the number of faces that are given to the network at once.
    """
    waiting: list[list[Row]] = []
    for frame in followed(frames):
        waiting.append(_rows(path, frame, engine.answer, all_faces=all_faces))
        if sum(map(len, waiting)) >= batch:
            yield from _with_answers(waiting, engine, threshold)
            waiting = []
    yield from _with_answers(waiting, engine, threshold)


def _rows(path: str, followed: Followed, answer: Answer, *, all_faces: bool) -> list[Row]:
    """The rows of a frame before the network has answered."""
    frame = followed.frame
    if not followed.faces:
        if answer.faces.detector == "none" or answer.faces.on_missing == "fit":
            return [Row(path, WHOLE, 1, whole_image(frame.stored, answer, photograph_px=frame.size_px), time_s=frame.time_s)]
        why = why_none(followed.search.best_score, answer.faces) if followed.search else _UNFOLLOWED
        return [Row(path, reason="no_face", detail=why, time_s=frame.time_s)]
    found = Found(followed.image, followed.turn_deg, list(followed.faces.values()))
    chosen = found.faces if all_faces else [choose_face(found.faces, *found.image.size, choose=answer.faces.choose)]
    return [
        Row(path, number, len(chosen), face_image(found, face, answer, photograph_px=frame.size_px), time_s=frame.time_s)
        for number, face in sorted(followed.faces.items())
        if any(face is each for each in chosen)
    ]


def _with_answers(frames: list[list[Row]], engine: Engine, threshold: float | None) -> Iterator[list[Row]]:
    rows = iter(answer_rows(list(chain.from_iterable(frames)), engine, threshold))
    for own in frames:
        yield [_without_pixels(next(rows)) for _ in own]


def _without_pixels(row: Row) -> Row:
    """A row that may be kept for a plot of the whole video, with the box of its face."""
    return replace(row, image=row.image and replace(row.image, pixels=_NO_PIXELS))


_answer: Answer
_detector: Detector | None


def _start(answer: Answer) -> None:
    """What each process keeps."""
    global _answer, _detector
    _answer, _detector = answer, detector_for(answer)


def _search(stored: bytes | None) -> Search | None:
    return None if stored is None else search(stored, _answer, _detector)
