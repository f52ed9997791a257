"""Files without a usable image: broken, empty, blank, too small, and files that operating systems leave behind."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from mien.sample.encode import WRITERS, heic, jpeg
from mien.sample.mess import ROOT, File
from mien.sample.portrait import draw_portrait

_SMALL_PX = 24


def litter(rng: np.random.Generator, *, size_px: int) -> list[tuple[File, bytes]]:
    """Returns the files with their contents; none of them has an origin, because none may be used for training."""
    made = []
    for name, label, kind, make in _BROKEN:
        picture = draw_portrait(label, rng, size_px=size_px)
        made.append((File(f"{ROOT}/{name}", label, kind, ""), make(picture)))
    return made + [(File(f"{ROOT}/{name}", "", "junk", ""), content) for name, content in _JUNK.items()]


def _cut(content: bytes, *, tenths: int) -> bytes:
    return content[: len(content) * tenths // 10]


def _broken_png(picture: Image.Image) -> bytes:
    """A PNG whose pixel data were overwritten in the middle."""
    content = bytearray(WRITERS["png"](picture))
    middle = len(content) // 2
    content[middle : middle + 400] = bytes(400)
    return bytes(content)


def _blank(picture: Image.Image) -> bytes:
    return jpeg(Image.new("RGB", picture.size, (12, 12, 14)))


def _small(picture: Image.Image) -> bytes:
    return jpeg(picture.resize((_SMALL_PX, _SMALL_PX), Image.Resampling.LANCZOS))


_BROKEN: tuple[tuple[str, str, str, Callable[[Image.Image], bytes]], ...] = (
    ("Happy/IMG_0001.jpg", "happy", "empty_file", lambda _picture: b""),
    ("Sad/IMG_0002.jpg", "sad", "truncated_jpeg", lambda picture: _cut(jpeg(picture), tenths=6)),
    ("Happy/IMG_0005.JPG", "happy", "truncated_jpeg", lambda picture: _cut(jpeg(picture), tenths=6)),
    ("Fear/IMG_0003.HEIC", "fear", "truncated_heic", lambda picture: _cut(heic(picture), tenths=7)),
    ("Angry/IMG_0006.heic", "angry", "truncated_heic", lambda picture: _cut(heic(picture), tenths=7)),
    ("Angry/IMG_0004.png", "angry", "broken_png", _broken_png),
    ("Surprise/IMG_0007.jpg", "surprise", "blank", _blank),
    ("Happy/IMG_0008.jpg", "happy", "too_small", _small),
)
_JUNK = {
    "Sad/.DS_Store": b"\x00\x00\x00\x01Bud1\x00\x00\x10\x00\x00\x00\x08\x00" + bytes(2000),
    "Happy/Thumbs.db": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000),
    "Happy/._IMG_1001.jpg": b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        " + bytes(200),
    "Surprise/notes.txt": b"Ask Noor for the missing pictures. Sort out misc!\n",
}
