"""Which clips are copies of one recording, from pairs of their frames.

Two clips of one person mostly begin and end with the same face at rest, whatever expression is between, so even half of the frames say
little. Two clips are one recording if most frames of the shorter one (SHARE) have a copy in the other. Otherwise, and for a copy of a frame
that is no frame itself, the pair is one scene: what it connects stays in one split, but is neither a duplicate nor a conflict of labels.
"""

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mien.dedup.arrays import Pairs

SHARE: Final = 0.8
"""least share of the frames of the shorter clip that have a copy in the longer one"""


def between_clips(pairs: Pairs, clip_N: NDArray[np.int64]) -> Pairs:
    """The pairs of images, of which those between clips of different recordings, or between a clip and another image, are one scene.

    `clip_N` gives the clip of each image, -1 for those in none or in several. Mirrored pairs are no scene, so such ones are left out.
    """
    one_P, other_P = clip_N[pairs.i], clip_N[pairs.j]
    is_frame_P = (one_P >= 0) | (other_P >= 0)
    same_P = pairs.same & (~is_frame_P | _one_recording(pairs, one_P, other_P, clip_N))
    found = replace(pairs, same=same_P)
    return found.take(same_P | ~pairs.mirrored)


def _one_recording(pairs: Pairs, one_P: NDArray[np.int64], other_P: NDArray[np.int64], clip_N: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each pair is of two clips that share enough frames."""
    length = np.bincount(clip_N[clip_N >= 0], minlength=int(clip_N.max(initial=-1)) + 1)
    both_P = pairs.same & (one_P >= 0) & (other_P >= 0)
    swapped_P = one_P > other_P
    rows = pd.DataFrame(
        {
            "first": np.where(swapped_P, other_P, one_P),
            "second": np.where(swapped_P, one_P, other_P),
            "frame_of_first": np.where(swapped_P, pairs.j, pairs.i),
            "frame_of_second": np.where(swapped_P, pairs.i, pairs.j),
        }
    )[both_P]
    num = rows.groupby(["first", "second"]).transform("nunique")
    is_first_shorter = length[rows["first"]] <= length[rows["second"]]
    shared = np.where(is_first_shorter, num["frame_of_first"], num["frame_of_second"])
    found_P = np.zeros(len(pairs.i), np.bool_)
    found_P[both_P] = shared >= SHARE * np.minimum(length[rows["first"]], length[rows["second"]])
    return found_P
