"""Thumbnails of stored pictures, for pages."""

from collections.abc import Collection

from mien.core import paths
from mien.store.encoding import stored_image
from mien.store.shards import DIGITS, read_shard
from mien.store.tables import IMAGES
from mien.store.webp import webp

SIDE_PX = 112


def stored_thumbnails(sample_ids: Collection[str], *, side_px: int = SIDE_PX) -> dict[str, bytes]:
    """Pictures of data/images as WebP of at most `side_px` a side, by sample_id; those that could not be decoded are left out."""
    wanted = sorted({name for name in sample_ids if name})
    found: dict[str, bytes] = {}
    for digit in DIGITS:
        here = {name for name in wanted if name.startswith(digit)}
        if here:
            shard = read_shard(paths.IMAGES, digit, IMAGES, ["sample_id", "image"])
            rows = zip(shard.column("sample_id").to_pylist(), shard.column("image"), strict=True)
            found |= {name: webp(stored_image(image.as_py()), max_px=side_px) for name, image in rows if name in here}
    return found
