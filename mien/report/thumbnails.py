"""Thumbnails of stored pictures, for pages."""

import io
from collections.abc import Collection

from PIL import Image

from mien.core import paths
from mien.store.encoding import stored_image
from mien.store.shards import DIGITS, read_shard
from mien.store.tables import IMAGES

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
            found |= {name: thumbnail(image.as_py(), side_px=side_px) for name, image in rows if name in here}
    return found


def thumbnail(content: bytes, *, side_px: int = SIDE_PX, quality: int = 75) -> bytes:
    """A stored picture as WebP, its longer side at most `side_px`; same picture, same bytes."""
    image: Image.Image = stored_image(content)
    image.thumbnail((side_px, side_px), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "WEBP", quality=quality, method=6)
    return file.getvalue()
