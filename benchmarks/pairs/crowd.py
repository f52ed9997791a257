"""As many different pictures as one likes, made from a few real ones, with planted copies.

Each picture is a blend of two real ones that were turned, zoomed, shifted and possibly mirrored before, so that pictures that share a real
one are strangers to the search. They are drawn on a larger canvas, so that copies can be shifted and zoomed without an empty border.

Shapes: M real pictures, N pictures, B pictures of a block, S side of a thumbnail, C side of the canvas.
"""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.core.parallel import num_processes
from mien.dedup.registering import moved
from mien.store.tables import THUMBNAIL_PX

_CANVAS_PX: Final = 64
_BLOCK: Final = 256
_MARGIN: Final = (_CANVAS_PX - THUMBNAIL_PX) // 2


@dataclass(frozen=True)
class Crowd:
    """N thumbnails, of which the last P are copies: of which picture, and of which kind."""

    thumbnail_NSS: NDArray[np.uint8]
    original_P: NDArray[np.int64]
    kind_P: NDArray[np.str_]

    @property
    def copy_P(self) -> NDArray[np.int64]:
        """The numbers of the copies."""
        return np.arange(len(self.thumbnail_NSS) - len(self.original_P), len(self.thumbnail_NSS))


def crowd(real_MSS: NDArray[np.uint8], num: int, *, share: float, seed: int) -> Crowd:
    """`num` pictures, of which `share` are copies of others, of every kind equally many."""
    kinds = list(KINDS)
    num_copies = round(share * num)
    num_originals = num - num_copies
    thumbnail_NSS = np.empty((num, THUMBNAIL_PX, THUMBNAIL_PX), np.uint8)
    original_P = np.sort(np.random.default_rng(seed).choice(num_originals, num_copies, replace=False))
    kind_P = np.array([kinds[number % len(kinds)] for number in range(num_copies)])

    def block(start: int) -> None:
        stop = min(start + _BLOCK, num_originals)
        rng = np.random.default_rng([seed, start])
        canvas_BCC = _blends(real_MSS, stop - start, rng)
        thumbnail_NSS[start:stop] = canvas_BCC[:, _MARGIN:-_MARGIN, _MARGIN:-_MARGIN].round()
        first, last = np.searchsorted(original_P, (start, stop))
        for copy in range(first, last):
            thumbnail_NSS[num_originals + copy] = KINDS[kind_P[copy]](canvas_BCC[original_P[copy] - start], rng)

    with ThreadPoolExecutor(num_processes(0)) as pool:
        list(pool.map(block, range(0, num_originals, _BLOCK)))
    return Crowd(thumbnail_NSS, original_P, kind_P)


def _blends(real_MSS: NDArray[np.uint8], num: int, rng: np.random.Generator) -> NDArray[np.float32]:
    share_B = rng.uniform(0.4, 0.6, num).astype(np.float32)[:, None, None]
    return share_B * _warped(real_MSS, num, rng) + (1 - share_B) * _warped(real_MSS, num, rng)


def _warped(real_MSS: NDArray[np.uint8], num: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Real pictures on the canvas, turned by up to 25 degrees, zoomed, shifted, half of them mirrored, (B, C, C)."""
    side = real_MSS.shape[1]
    border = (_CANVAS_PX - side) // 2
    chosen_BCC = np.pad(real_MSS[rng.integers(0, len(real_MSS), num)], ((0, 0), (border, border), (border, border)), mode="reflect")
    angle_B = np.deg2rad(rng.uniform(-25, 25, num))
    # The canvas shows what a thumbnail would, at more detail than it has.
    zoom_B = rng.uniform(0.55, 0.8, num)
    flip_B = rng.choice([-1, 1], num)
    maps_B23 = np.empty((num, 2, 3), np.float32)
    maps_B23[:, 0, 0], maps_B23[:, 0, 1] = zoom_B * np.cos(angle_B), -zoom_B * np.sin(angle_B) * flip_B
    maps_B23[:, 1, 0], maps_B23[:, 1, 1] = zoom_B * np.sin(angle_B), zoom_B * np.cos(angle_B) * flip_B
    maps_B23[:, :, 2] = rng.uniform(-5, 5, (num, 2))
    return moved(chosen_BCC.astype(np.float32), maps_B23)[0]


def _window(canvas_CC: NDArray[np.float32], down: float, right: float, size: float) -> NDArray[np.uint8]:
    top, left = (_CANVAS_PX - size) / 2 + down, (_CANVAS_PX - size) / 2 + right
    image = Image.fromarray(canvas_CC.clip(0, 255).round().astype(np.uint8))
    box = (left, top, left + size, top + size)
    return np.asarray(image.resize((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BICUBIC, box=box))


def _shifted(canvas_CC: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.uint8]:
    down, right = rng.uniform(-0.1, 0.1, 2) * THUMBNAIL_PX
    return _window(canvas_CC, down, right, THUMBNAIL_PX)


def _zoomed(canvas_CC: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.uint8]:
    down, right = rng.uniform(-1.5, 1.5, 2)
    return _window(canvas_CC, down, right, THUMBNAIL_PX * rng.uniform(0.9, 0.96))


def _recompressed(canvas_CC: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.uint8]:
    stream = io.BytesIO()
    Image.fromarray(_window(canvas_CC, 0, 0, THUMBNAIL_PX)).save(stream, "JPEG", quality=int(rng.integers(30, 70)))
    return np.asarray(Image.open(stream))


def _mirrored(canvas_CC: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.uint8]:
    down, right = rng.uniform(-2, 2, 2)
    return _window(canvas_CC, down, right, THUMBNAIL_PX * rng.uniform(0.95, 1))[:, ::-1]


KINDS: Final[dict[str, Callable[[NDArray[np.float32], np.random.Generator], NDArray[np.uint8]]]] = {
    "shifted": _shifted,
    "zoomed": _zoomed,
    "recompressed": _recompressed,
    "mirrored": _mirrored,
}
