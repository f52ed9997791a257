"""Proposes pairs of images that may be copies of one picture, by their perceptual hashes."""

from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from mien.dedup.arrays import Pictures
from mien.dedup.hamming import close_pairs
from mien.dedup.views import HYPOTHESES, view_hashes


@dataclass(frozen=True)
class Proposals:
    """P pairs i < j, each at most once per zoom; zoom is 1 if the second image is the closer crop, -1 if the first is, 0 if neither."""

    i: NDArray[np.int64]
    j: NDArray[np.int64]
    zoom: NDArray[np.int8]
    distance: NDArray[np.uint8]  # the smallest, in bits


def propose(pictures: Pictures, *, distance: int, max_shift: float, mirrored: bool, pool: Executor) -> Proposals:
    """All pairs whose hashes are at most `distance` bits apart, for whole images or under one of HYPOTHESES, in order of (zoom, i, j).

    With `mirrored`, the second image of each pair is mirrored.
    """
    plain_VN, mirrored_VN = view_hashes(pictures.thumbnail_NSS, max_shift=max_shift)
    right_VN = mirrored_VN if mirrored else plain_VN
    searches = [(0, pictures.phash_N, pictures.phash_mirrored_N if mirrored else pictures.phash_N)]
    if mirrored:
        # pHash compares with the median, which mirroring changes, so a pair can be close in only one of the two directions.
        searches.append((0, pictures.phash_mirrored_N, pictures.phash_N))
    searches += [(one.zoom, plain_VN[one.left], right_VN[one.right]) for one in HYPOTHESES]

    num = len(pictures.thumbnail_NSS)
    keys, distances = [], []
    close = pool.map(partial(close_pairs, distance=distance), *zip(*(search[1:] for search in searches), strict=True))
    for (zoom, *_), (i, j, bits) in zip(searches, close, strict=True):
        usable = pictures.textured_N[i] & pictures.textured_N[j]
        keys.append((((zoom + 1) * num + i) * num + j)[usable])
        distances.append(bits[usable])
    return _unique(np.concatenate(keys), np.concatenate(distances), num)


def _unique(key_P: NDArray[np.int64], bits_P: NDArray[np.uint8], num: int) -> Proposals:
    order = np.lexsort((bits_P, key_P))
    key_P, bits_P = key_P[order], bits_P[order]
    first = np.r_[True, key_P[1:] != key_P[:-1]][: len(key_P)]
    key_P, bits_P = key_P[first], bits_P[first]
    return Proposals(key_P // num % num, key_P % num, (key_P // num // num - 1).astype(np.int8), bits_P)
