"""Larger thumbnails of the few images that are compared at higher resolution.

They are decoded when needed, because storing them would double the size of small image stores.
"""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mien.convert.hashing import thumbnail
from mien.core.parallel import num_processes
from mien.store.encoding import stored_image
from mien.store.shards import read_shard, shards_of
from mien.store.tables import IMAGES

DETAIL_PX: Final = 96  # images whose shorter side is smaller are not compared at higher resolution


def stored_details(store: Path, sample_ids: Collection[str], *, workers: int) -> dict[str, NDArray[np.uint8]]:
    """Grey thumbnails, (DETAIL_PX, DETAIL_PX), of images in an image store, by sample_id."""
    wanted = pa.array(sorted(set(sample_ids)), pa.string())
    found: dict[str, NDArray[np.uint8]] = {}
    with ThreadPoolExecutor(num_processes(workers)) as pool:
        for digit in shards_of(store) if len(wanted) else ():
            shard = read_shard(store, digit, IMAGES, ["sample_id", "image"])
            here = shard.filter(pc.is_in(shard["sample_id"], value_set=wanted))
            found |= zip(here["sample_id"].to_pylist(), pool.map(_detail, here["image"]), strict=True)
    return found


def _detail(image: pa.Scalar) -> NDArray[np.uint8]:
    return thumbnail(stored_image(image.as_py()).convert("L"), DETAIL_PX)
