"""Follows faces from one searched frame to the next, so that the frames in between have their faces, too."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from PIL import Image

from mien.align.geometry import Box, Face
from mien.align.turning import box_before, turned
from mien.predict.video.matching import Seen, between
from mien.predict.video.searching import Sampled, Search
from mien.predict.video.tracking import Tracker
from mien.store.encoding import stored_image


@dataclass(frozen=True)
class Followed:
    """A frame with its faces by number, in the stored `image` after the rotation by `turn_deg`.

    `search` is None for a frame between two searched ones.
    """

    frame: Sampled
    image: Image.Image
    turn_deg: int
    faces: dict[int, Face]
    search: Search | None


def followed(searched: Iterable[tuple[Sampled, Search | None]]) -> Iterator[Followed]:
    """Every frame with the faces that were found in it, or in the searched frames on both sides of it."""
    tracker = Tracker()
    before: Followed | None = None
    waiting: list[Sampled] = []
    for frame, search in searched:
        if search is None:
            waiting.append(frame)
            continue
        if frame.begins_shot:
            tracker.forget()
        image = _turned_image(frame, search.turn_deg)
        numbers = tracker.assign([_upright_box(face, search, image) for face in search.faces], frame.time_s)
        now = Followed(frame, image, search.turn_deg, dict(zip(numbers, search.faces, strict=True)), search)
        for middle in waiting:
            assert before is not None  # the first frame of a video is searched
            yield _between(before, now, middle)
        waiting = []
        yield now
        before = now


def _between(before: Followed, after: Followed, frame: Sampled) -> Followed:
    share = (frame.time_s - before.frame.time_s) / max(after.frame.time_s - before.frame.time_s, 1e-9)
    shared = [number for number in after.faces if number in before.faces and before.turn_deg == after.turn_deg]
    image = _turned_image(frame, after.turn_deg)
    faces = {
        number: between(Seen(before.image, before.faces[number]), Seen(after.image, after.faces[number]), image, share=share)
        for number in shared
    }
    return Followed(frame, image, after.turn_deg, faces, None)


def _turned_image(frame: Sampled, turn_deg: int) -> Image.Image:
    return turned(stored_image(frame.stored), turn_deg)


def _upright_box(face: Face, search: Search, image: Image.Image) -> Box:
    """The box in the frame as it is shown, which does not jump when another rotation is found."""
    return box_before(face.box, turn_deg=search.turn_deg, turned_px=image.size)
