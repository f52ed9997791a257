"""Small images for pages and sheets: their encoding, and the Parquet file that contains the images of a page by name.

Shapes: H×W pixels, 3 channels.
"""

import io
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from mien.store.encoding import stored_image
from mien.store.shards import read_shard, shards_of
from mien.store.tables import IMAGES, PICTURES, read_arrow, write_table

FACE_PX = 96
IMAGE_PX = 112


def webp(image: Image.Image | NDArray[np.uint8], *, max_px: int = FACE_PX, quality: int = 75) -> bytes:
    """Encodes an RGB image (or its H×W×3 array) as WebP, with a longer side of at most `max_px`; it is never enlarged.

    The same image always gives the same bytes.
    """
    small = Image.fromarray(image) if isinstance(image, np.ndarray) else image.copy()
    small.thumbnail((max_px, max_px), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    small.save(file, "WEBP", quality=quality, method=6)
    return file.getvalue()


def decoded(data: bytes) -> NDArray[np.uint8]:
    """Decodes the bytes of an image file to an RGB array, H×W×3."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def stored_thumbnails(images: Path, sample_ids: Collection[str], *, max_px: int = IMAGE_PX) -> dict[str, bytes]:
    """Images of the store `images` as WebP, by sample_id. Images that could not be decoded are not in the store and are left out."""
    wanted = sorted({name for name in sample_ids if name})
    found: dict[str, bytes] = {}
    for digit in shards_of(images):
        here = {name for name in wanted if name.startswith(digit)}
        if here:
            shard = read_shard(images, digit, IMAGES, ["sample_id", "image"])
            rows = zip(shard.column("sample_id").to_pylist(), shard.column("image"), strict=True)
            found |= {name: webp(stored_image(image.as_py()), max_px=max_px) for name, image in rows if name in here}
    return found


def write_thumbnails(path: Path, thumbnails: Mapping[str, bytes]) -> None:
    """Writes a table of PICTURES, sorted by name, atomically. The same thumbnails give the same bytes in whatever order they are given."""
    names = sorted(thumbnails)
    write_table(path, pa.table({"name": pa.array(names, pa.string()), "image": [thumbnails[name] for name in names]}, PICTURES), PICTURES)


def read_thumbnails(path: Path) -> dict[str, bytes]:
    """Reads the thumbnails by name. Raises TableError if the file is missing or does not match PICTURES."""
    table = read_arrow(path, PICTURES)
    return dict(zip(table.column("name").to_pylist(), table.column("image").to_pylist(), strict=True))
