"""Decides in which frames of a video faces are sought: at intervals, at both sides of a cut, and in the last frame."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from mien.align.cropping import accepted
from mien.align.geometry import Face
from mien.align.turning import Detector, best_score, find_faces
from mien.predict.answer import Answer
from mien.predict.preparing import stored_bytes
from mien.predict.video.cuts import Small, is_cut, small
from mien.store.encoding import stored_image
from mien.video.frames import Frame


@dataclass(frozen=True)
class Sampled:
    """A frame that is to be answered.

    Args:
        time_s: after the first frame of the video.
        size_px: width and height of the upright frame.
        stored: the encoded image in which faces are sought.
        is_searched: whether faces are sought in it; between two such frames they are followed.
        begins_shot: whether there is a cut before it.
    """

    time_s: float
    size_px: tuple[int, int]
    stored: bytes
    is_searched: bool = False
    begins_shot: bool = True


@dataclass(frozen=True)
class Search:
    """The accepted faces of a searched frame, largest first, in the rotation `turn_deg`; `best_score` is that of all detections."""

    turn_deg: int
    faces: list[Face]
    best_score: float | None


def sampled(frames: Iterable[Frame], answer: Answer, *, search_every_s: float) -> Iterator[Sampled]:
    """The frames with the decision where faces are sought; 0 for `search_every_s` seeks them in all."""
    held: Sampled | None = None
    last: Small | None = None
    searched_s = -math.inf
    for frame in frames:
        before, last = last, small(frame.image)
        cut = before is None or is_cut(before, last)
        if held is not None:
            held = replace(held, is_searched=held.is_searched or cut)
            searched_s = held.time_s if held.is_searched else searched_s
            yield held
        due = cut or frame.time_s >= searched_s + search_every_s - 1e-6
        held = Sampled(frame.time_s, frame.image.size, stored_bytes(frame.image, answer), due, cut)
    if held is not None:
        yield replace(held, is_searched=True)


def search(stored: bytes, answer: Answer, detector: Detector | None) -> Search:
    """The faces of a stored image; none if faces are not to be sought (faces.detector: none)."""
    if detector is None:
        return Search(0, [], None)
    how = answer.faces
    found = find_faces(stored_image(stored), detector, turns=how.turns, min_score=how.min_score)
    return Search(found.turn_deg, accepted(found, how), best_score(found.faces))
