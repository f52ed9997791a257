"""From a stored image to the encoded square that a network sees: around one face, or the whole image. `align` and `predict` share it."""

from PIL import Image

from mien.align.geometry import Box, Face, Square, cut, fit_whole, square_around, square_on
from mien.align.turning import Found
from mien.config.sections.faces import FaceParams
from mien.store.encoding import encode, stored_image, stored_size_px


def accepted(found: Found, how: FaceParams) -> list[Face]:
    """The faces that score at least `faces.min_score`, largest first."""
    return [face for face in found.faces if face.score >= how.min_score]


def face_square(found: Found, face: Face, how: FaceParams, *, jpeg_quality: int) -> tuple[bytes, Square, int]:
    """The encoded square around a face of the rotated image, its place there, and its side in pixels."""
    square = square_around(face, margin=how.margin)
    picture = cut(found.image, square, size_px=how.size_px)
    return encode(picture, jpeg_quality=jpeg_quality), square, picture.width


def box_square(image: Image.Image, box: Box, how: FaceParams, *, jpeg_quality: int) -> bytes:
    """The encoded upright square around a box of the image."""
    return encode(cut(image, square_on(box, margin=how.margin), size_px=how.size_px), jpeg_quality=jpeg_quality)


def whole_square(data: bytes, how: FaceParams, *, jpeg_quality: int) -> bytes:
    """The encoded square of the whole stored image."""
    width_px, height_px = stored_size_px(data)
    if width_px == height_px <= how.size_px:
        return data  # already in its final form; encoding it again would only lose quality
    return encode(fit_whole(stored_image(data), fit=how.fit, size_px=how.size_px), jpeg_quality=jpeg_quality)
