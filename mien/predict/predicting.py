"""Answers for a stream of photographs: files are decoded and faces found on all cores while the network runs, in batches across files."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, repeat

import numpy as np

from mien.align.turning import Detector
from mien.convert.decoding import Undecodable
from mien.core.streaming import Crashed, stream
from mien.predict.answer import Answer
from mien.predict.clips.pooling import Frames
from mien.predict.engine import Engine, Figures
from mien.predict.preparing import NoFace, Photograph, prepare
from mien.predict.rows import Row

BATCH = 64
"""faces that are given to the network at once"""


@dataclass(frozen=True)
class File:
    """A file to answer: its content, or the reason why there is none."""

    path: str
    content: bytes = b""
    reason: str | None = None
    detail: str = ""


@dataclass(frozen=True)
class Prepared:
    """What became of a file before the network: its faces, or a reason."""

    path: str
    photograph: Photograph | None
    reason: str | None = None
    detail: str = ""


def predict(
    files: Iterable[File], engine: Engine, *, all_faces: bool, threshold: float | None, workers: int = 0
) -> Iterator[tuple[str, list[Row]]]:
    """Yields each file with its rows, in order: one row for each face, or a single one with the reason why there is no answer.

    An answer is unsure if its confidence is below `threshold`; None leaves that open. No content of a file raises an error.
    """
    waiting: list[tuple[str, list[Row]]] = []
    num_faces = 0
    paths: list[str] = []

    def listed() -> Iterator[File]:
        for file in files:
            paths.append(file.path)
            yield file

    for number, found in enumerate(stream(_prepare, listed(), workers=workers, prepare=_start, given=(engine.answer, all_faces))):
        prepared = Prepared(paths[number], None, "decoder_crash", "its decoder ended the process") if isinstance(found, Crashed) else found
        waiting.append((prepared.path, rows_of(prepared)))
        num_faces += sum(row.image is not None for row in waiting[-1][1])
        if max(num_faces, len(waiting)) >= BATCH or number == 0:  # the first file at once, so that its answer is not kept waiting
            yield from _answered(waiting, engine, threshold)
            waiting, num_faces = [], 0
    yield from _answered(waiting, engine, threshold)


def rows_of(prepared: Prepared) -> list[Row]:
    """The rows of a file before the network has answered."""
    if prepared.photograph is None:
        return [Row(prepared.path, reason=prepared.reason, detail=prepared.detail)]
    faces = prepared.photograph.faces
    return [Row(prepared.path, number, len(faces), face) for number, face in enumerate(faces, start=1)]


def answer_rows(rows: list[Row], engine: Engine, threshold: float | None) -> list[Row]:
    """The rows with the answers of the network; rows without a face are left as they are."""
    pixels = [row.image.pixels for row in rows if row.image is not None]
    if not pixels:
        return rows
    batches = (engine.answers(np.stack(pixels[start : start + BATCH])) for start in range(0, len(pixels), BATCH))
    faces = chain.from_iterable(zip(batch.faces(), batch.frames or repeat(None), strict=False) for batch in batches)
    return [_answered_row(row, *next(faces), engine.answer, threshold) if row.image is not None else row for row in rows]


def _answered_row(row: Row, face: tuple[Figures, Figures | None], frame: Frames | None, answer: Answer, threshold: float | None) -> Row:
    shares_K, maps_Khw = face
    return replace(judged(row, shares_K.astype(float).tolist(), answer, threshold), maps=maps_Khw, frame=frame)


def judged(row: Row, shares_K: list[float], answer: Answer, threshold: float | None) -> Row:
    """The row with these probabilities, their likeliest class, and whether that is unsure."""
    best = max(range(len(shares_K)), key=shares_K.__getitem__)
    unsure = None if threshold is None else shares_K[best] < threshold
    return replace(row, probabilities=shares_K, label=answer.classes[best], unsure=unsure)


def _answered(files: list[tuple[str, list[Row]]], engine: Engine, threshold: float | None) -> Iterator[tuple[str, list[Row]]]:
    rows = iter(answer_rows(list(chain.from_iterable(rows for _, rows in files)), engine, threshold))
    for path, own in files:
        yield path, [next(rows) for _ in own]


_answer: Answer
_detector: Detector | None
_all_faces: bool


def _start(answer: Answer, all_faces: bool) -> None:
    """What each process keeps: loading the detector takes longer than a small photograph."""
    global _answer, _detector, _all_faces
    _answer, _all_faces, _detector = answer, all_faces, detector_for(answer)


def detector_for(answer: Answer) -> Detector | None:
    """The detector that an answer needs; None if it needs none."""
    if answer.faces.detector == "none":
        return None
    from mien.align.mtcnn import FaceDetector

    return FaceDetector()


def _prepare(file: File) -> Prepared:
    if file.reason is not None:
        return Prepared(file.path, None, file.reason, file.detail)
    try:
        return Prepared(file.path, prepare(file.content, _answer, _detector, all_faces=_all_faces))
    except Undecodable as error:
        return Prepared(file.path, None, error.reason, error.detail)
    except NoFace as error:
        return Prepared(file.path, None, "no_face", str(error))
    except (MemoryError, ValueError, OSError) as error:  # as in convert: after decoding, a damaged image can still fail
        return Prepared(file.path, None, "corrupt", f"{type(error).__name__} after decoding")
