"""From the bytes of a photograph to the squares that a network sees, by the functions with which the pipeline made its training images.

Each step that the stages `convert` and `align` write to disk is taken here, too: the image is encoded and decoded again where they do it.
So a photograph of the pipeline's test split becomes the same square, to the last bit.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.align.cropping import accepted, face_square, whole_square
from mien.align.geometry import Box, Face, choose_face
from mien.align.turning import Detector, Found, best_score, box_before, find_faces
from mien.config.sections.faces import FaceParams
from mien.convert.decoding import decode
from mien.predict.answer import Answer
from mien.predict.placing import Corners, face_corners, whole_corners
from mien.store.encoding import encode, reduced, square_pixels, stored_image

Pixels = NDArray[np.uint8]


class NoFace(Exception):
    """No face was found. The text says what the best detection scored."""


@dataclass(frozen=True)
class FaceImage:
    """One face of a photograph.

    Args:
        pixels: S×S×3, RGB; for an ensemble the squares of several sizes side by side
        box: left, top, right, bottom in the upright photograph, in its own pixels; None if the whole image is used
        score: the detector's score from 0 to 1; None if the whole image is used
        turn_deg: the clockwise rotation after which the face is upright
        corners: of the square in the upright photograph; None if it is not known
    """

    pixels: Pixels
    box: Box | None
    score: float | None
    turn_deg: int = 0
    corners: Corners | None = None


@dataclass(frozen=True)
class Photograph:
    """What a photograph shows: its size in pixels once it is upright, and its faces, largest first."""

    width_px: int
    height_px: int
    faces: list[FaceImage]


def prepare(content: bytes, answer: Answer, detector: Detector | None, *, all_faces: bool) -> Photograph:
    """Decodes a file and prepares its faces, or only the one that training would have chosen.

    Args:
        content: the bytes of the file.
        answer: how the network's training images were made.
        detector: finds faces; None if the answer needs none (faces.detector: none).
        all_faces: all faces that score at least faces.min_score, instead of one (faces.choose).

    Raises Undecodable if the file cannot be decoded, and NoFace if no face is found and faces.on_missing is `quarantine`.
    """
    return prepare_image(decode(content, max_megapixels=answer.decode.max_megapixels).image, answer, detector, all_faces=all_faces)


def prepare_image(image: Image.Image, answer: Answer, detector: Detector | None, *, all_faces: bool) -> Photograph:
    """As `prepare`, of a decoded image: upright, RGB, in sRGB."""
    how = answer.faces
    stored = stored_bytes(image, answer)
    if how.detector == "none":
        return Photograph(*image.size, [whole_image(stored, answer, photograph_px=image.size)])
    assert detector is not None
    found = find_faces(stored_image(stored), detector, turns=how.turns, min_score=how.min_score)
    faces = accepted(found, how)
    if not faces:
        if how.on_missing == "fit":
            return Photograph(*image.size, [whole_image(stored, answer, photograph_px=image.size)])
        raise NoFace(why_none(best_score(found.faces), how))
    chosen = faces if all_faces else [choose_face(faces, *found.image.size, choose=how.choose)]
    return Photograph(*image.size, [face_image(found, face, answer, photograph_px=image.size) for face in chosen])


def stored_bytes(image: Image.Image, answer: Answer) -> bytes:
    """The encoded image in which faces are sought, as the stage `convert` stores it."""
    small = reduced(image, max_side_px=answer.decode.max_side_px)
    if answer.grey:
        small = small.convert("L").convert("RGB")
    return encode(small, jpeg_quality=answer.decode.jpeg_quality)


def face_image(found: Found, face: Face, answer: Answer, *, photograph_px: tuple[int, int]) -> FaceImage:
    """One face of a searched image; `photograph_px` is the size of the photograph, to whose pixels its box is scaled."""
    square, place, _ = face_square(found, face, answer.faces, jpeg_quality=answer.decode.jpeg_quality)
    scale = max(photograph_px) / max(found.image.size)
    left, top, right, bottom = (edge * scale for edge in box_before(face.box, turn_deg=found.turn_deg, turned_px=found.image.size))
    corners = face_corners(place, found, scale=scale)
    return FaceImage(_pixels(square, answer), (left, top, right, bottom), face.score, found.turn_deg, corners)


def whole_image(stored: bytes, answer: Answer, *, photograph_px: tuple[int, int]) -> FaceImage:
    """The whole stored image of a photograph of a size as a face."""
    square = whole_square(stored, answer.faces, jpeg_quality=answer.decode.jpeg_quality)
    corners = whole_corners(photograph_px, fit=answer.faces.fit)
    return FaceImage(_pixels(square, answer), None, None, corners=corners)


def _pixels(square: bytes, answer: Answer) -> Pixels:
    squares = [square_pixels(square, side_px=side_px) for side_px in answer.squares_px]
    if len(squares) == 1:
        return squares[0]
    height_px = max(answer.squares_px)
    return np.concatenate([np.pad(each, ((0, height_px - len(each)), (0, 0), (0, 0))) for each in squares], axis=1)


def why_none(best: float | None, how: FaceParams) -> str:
    """Why no face is accepted, given the best score of all detections."""
    return "no face" if best is None else f"no face above the score of {how.min_score:g}; the best scores {best:.2f}"
