"""Grey scenes with detail of every size, as photographs have it, to crop thumbnails from."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.convert.hashing import hash_input, perceptual_hashes
from mien.dedup.arrays import Pictures

SIDE_PX = 48


def scene(seed: int, side_px: int = 96) -> NDArray[np.uint8]:
    """One scene: noise of sizes that double, louder as they grow."""
    generator = np.random.default_rng(seed)
    layers = [
        np.asarray(
            Image.fromarray(generator.normal(0, size, (side_px // size + 1,) * 2)).resize((side_px, side_px), Image.Resampling.BICUBIC)
        )
        for size in (2, 4, 8, 16, 32)
    ]
    total = np.sum(layers, axis=0)
    return (128 + 45 * (total - total.mean()) / total.std()).clip(0, 255).astype(np.uint8)


def crop(whole: NDArray[np.uint8], down: float = 0, right: float = 0, size: float = SIDE_PX) -> NDArray[np.uint8]:
    """A square of `size` pixels, `down` and `right` of the scene's middle, as a thumbnail."""
    top, left = ((length - size) / 2 + shift for length, shift in zip(whole.shape, (down, right), strict=True))
    box = (left, top, left + size, top + size)
    return np.asarray(Image.fromarray(whole).resize((SIDE_PX, SIDE_PX), Image.Resampling.BICUBIC, box=box))


def exposure(whole: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Another exposure of a scene: a sixth of the middle shows an open mouth with teeth."""
    found = crop(whole).copy()
    level = found[30:41, 13:35].mean()
    found[30:41, 13:35], found[33:37, 16:32] = level - 26, level + 26
    return found


def pictures(thumbnails: list[NDArray[np.uint8]], labels: list[int] | None = None) -> Pictures:
    """With the hashes that convert would give them."""
    plain, mirrored = perceptual_hashes(np.stack([hash_input(Image.fromarray(one)) for one in thumbnails]))
    unknown = np.full(len(thumbnails), -1)
    return Pictures(
        np.stack(thumbnails), plain, mirrored, np.zeros(len(thumbnails), np.bool_), unknown if labels is None else np.array(labels)
    )
