"""The indexed search against the exhaustive one on FER2013: the share of pairs found, by kind, and of files in the same groups."""

import io
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mien.config.sections.dedup import DedupParams
from mien.convert.hashing import hash_input, perceptual_hashes, thumbnail
from mien.dedup.arrays import Pairs, Pictures
from mien.dedup.groups import components
from mien.dedup.same_picture import near_pairs
from mien.store.tables import THUMBNAIL_PX


@dataclass(frozen=True)
class Searches:
    num: int
    exhaustive: Pairs
    indexed: Pairs

    @property
    def is_found(self) -> NDArray[np.bool_]:
        """Whether the indexed search finds each pair of the exhaustive one, (P,)."""
        theirs = self.exhaustive.i * self.num + self.exhaustive.j
        return np.isin(theirs, self.indexed.i * self.num + self.indexed.j)


@pytest.fixture(scope="module")
def fer2013(real_data: Path) -> Searches:
    """Both searches over the different images of FER2013, in the order of hashes."""
    with ZipFile(real_data / "fer2013.zip") as archive:
        contents = sorted(
            {archive.read(name) for name in archive.namelist() if name.endswith(".jpg")}, key=lambda one: sha256(one).digest()
        )
    greys = [Image.open(io.BytesIO(content)).convert("L") for content in contents]
    thumbnails = np.stack([thumbnail(grey, THUMBNAIL_PX) for grey in greys])
    plain, mirrored = perceptual_hashes(np.stack([hash_input(grey) for grey in greys]))
    num = len(greys)
    shown = Pictures(thumbnails, plain, mirrored, np.zeros(num, np.bool_), np.zeros(num, np.int64))
    params = DedupParams().model_dump()
    exhaustive, indexed = (near_pairs(shown, **params | {"search": how}) for how in ("exhaustive", "indexed"))
    return Searches(num, exhaustive, indexed)


@pytest.mark.slow
def test_nearly_all_pairs_are_found(fer2013: Searches) -> None:
    upright, mirrored = fer2013.exhaustive.same & ~fer2013.exhaustive.mirrored, fer2013.exhaustive.mirrored
    assert upright.sum() > 8000 and mirrored.sum() > 100
    assert fer2013.is_found.mean() >= 0.98
    assert fer2013.is_found[upright].mean() >= 0.98
    assert fer2013.is_found[mirrored].mean() >= 0.95


@pytest.mark.slow
def test_no_other_pair_is_found(fer2013: Searches) -> None:
    theirs = set(zip(fer2013.exhaustive.i.tolist(), fer2013.exhaustive.j.tolist(), strict=True))
    assert set(zip(fer2013.indexed.i.tolist(), fer2013.indexed.j.tolist(), strict=True)) <= theirs


@pytest.mark.slow
def test_nearly_all_files_are_in_the_same_group(fer2013: Searches) -> None:
    """An image counts as right if its group consists of exactly the same images."""
    groups = []
    for pairs in (fer2013.exhaustive, fer2013.indexed):
        same = pairs.take(pairs.same)
        groups.append(components(fer2013.num, same.i, same.j))
    # Every group of the indexed search lies within one of the exhaustive search, so equal sizes mean equal groups.
    sizes = [np.bincount(group)[group] for group in groups]
    assert (sizes[0] == sizes[1]).mean() >= 0.99
