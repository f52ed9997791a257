"""Follows faces from one searched frame to the next, so that the frames in between have their faces, too."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mien.align.geometry import Box, Face
from mien.align.turning import box_before
from mien.predict.video.searching import Sampled, Search
from mien.predict.video.tracking import Tracker
from mien.store.encoding import stored_size_px


@dataclass(frozen=True)
class Followed:
    """A frame with its faces by number, in the rotation `turn_deg`; `search` is None for a frame between two searched ones."""

    frame: Sampled
    turn_deg: int
    faces: dict[int, Face]
    search: Search | None


def followed(searched: Iterable[tuple[Sampled, Search | None]]) -> Iterator[Followed]:
    """Every frame with the faces that were found in it or that lie between those of the searched frames around it.

    A face between two searched frames moves evenly from its place in the first to that in the second; measured against a search in every
    frame, no following by its pixels came closer (docs/benchmarks.md). A frame has no face that is not found on both sides of it.
    """
    tracker = Tracker()
    before: Followed | None = None
    between: list[Sampled] = []
    for frame, search in searched:
        if search is None:
            between.append(frame)
            continue
        if frame.begins_shot:
            tracker.forget()
        numbers = tracker.assign([_upright_box(face, search, frame) for face in search.faces], frame.time_s)
        now = Followed(frame, search.turn_deg, dict(zip(numbers, search.faces, strict=True)), search)
        for middle in between:
            assert before is not None  # the first frame of a video is searched
            yield _between(before, now, middle)
        between = []
        yield now
        before = now


def _between(before: Followed, after: Followed, frame: Sampled) -> Followed:
    if before.turn_deg != after.turn_deg:
        return Followed(frame, after.turn_deg, {}, None)
    share = (frame.time_s - before.frame.time_s) / max(after.frame.time_s - before.frame.time_s, 1e-9)
    shared = [number for number in after.faces if number in before.faces]
    return Followed(frame, after.turn_deg, {number: _mean(before.faces[number], after.faces[number], share) for number in shared}, None)


def _mean(first: Face, second: Face, share: float) -> Face:
    left, top, right, bottom = (a + share * (b - a) for a, b in zip(first.box, second.box, strict=True))
    landmarks = first.landmarks + share * (second.landmarks - first.landmarks)
    return Face((left, top, right, bottom), min(first.score, second.score), landmarks)


def _upright_box(face: Face, search: Search, frame: Sampled) -> Box:
    """The box in the frame as it is shown, which does not jump when another rotation is found."""
    width_px, height_px = stored_size_px(frame.stored)
    turned_px = (height_px, width_px) if search.turn_deg in (90, 270) else (width_px, height_px)
    return box_before(face.box, turn_deg=search.turn_deg, turned_px=turned_px)
