"""What the search for duplicates makes of pictures at hand: they are prepared as `convert` prepares them and judged by the search
itself.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.config.sections.convert import ConvertParams
from mien.config.sections.dedup import DedupParams
from mien.convert.hashing import hash_input, perceptual_hashes, thumbnail
from mien.dedup.arrays import Pairs, Pictures
from mien.dedup.details import DETAIL_PX
from mien.dedup.proposing import Proposer
from mien.dedup.same_picture import near_pairs
from mien.store.encoding import reduced
from mien.store.tables import THUMBNAIL_PX

Pair = tuple[Image.Image, Image.Image]


class Shown:
    """Images as the search sees them; `labels` are numbers, -1 for none."""

    def __init__(self, images: Sequence[Image.Image], labels: Sequence[int]) -> None:
        greys = [reduced(image, max_side_px=ConvertParams().max_side_px).convert("L") for image in images]
        thumbnails, self._details_NDD = (np.stack([thumbnail(grey, side) for grey in greys]) for side in (THUMBNAIL_PX, DETAIL_PX))
        large = np.array([min(grey.size) >= DETAIL_PX for grey in greys])
        hashes = perceptual_hashes(np.stack([hash_input(grey) for grey in greys]))
        self.pictures = Pictures(thumbnails, *hashes, large, np.array(labels, np.int64))

    @classmethod
    def of_pairs(cls, pairs: Sequence[Pair], *, disputed: bool) -> "Shown":
        """Pair n as pictures 2 n and 2 n + 1, under one label or, if disputed, under two."""
        return cls([image for pair in pairs for image in pair], [0, int(disputed)] * len(pairs))

    def found(self, params: DedupParams, *, workers: int = 1) -> Pairs:
        """All pairs that the search finds."""
        return near_pairs(self.pictures, details=self._details, **params.model_dump(), workers=workers)

    def relations(self, params: DedupParams) -> list[str]:
        """What each pair of `of_pairs` is taken for: picture, scene or nothing."""
        pairs = self.found(params)
        named = {(int(i), int(j)): "picture" if same else "scene" for i, j, same in zip(pairs.i, pairs.j, pairs.same, strict=True)}
        return [named.get((first, first + 1), "nothing") for first in range(0, len(self.pictures.phash_N), 2)]

    def proposed(self, params: DedupParams, *, mirrored: bool) -> list[bool]:
        """Whether hashes propose each pair of `of_pairs`, as mirrored or as upright; what they do not propose is not compared."""
        with ThreadPoolExecutor(1) as pool:
            proposer = Proposer(self.pictures, distance=params.distance, max_shift=params.max_shift)
            proposals = proposer.propose(mirrored=mirrored, pool=pool)
        named = set(zip(proposals.i.tolist(), proposals.j.tolist(), strict=True))
        return [(first, first + 1) in named for first in range(0, len(self.pictures.phash_N), 2)]

    def _details(self, numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
        return self._details_NDD[numbers]
