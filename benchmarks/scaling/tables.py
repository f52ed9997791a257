"""The tables of a data set without its pictures: what ingest, convert, dedup and align would have written, for the stages that read tables.

They are made in seconds, so that the memory of `sanitise`, `split` and `validate` can be measured where converting would take hours.
"""

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from mien.core import paths
from mien.store.shards import divided, num_digits, prefixes, write_shard
from mien.store.tables import DUPLICATES, FACES, FATES, FILES, IMAGES, REJECTED, write_table

_BYTES_PER_FILE: Final = 2000


def write_tables(
    folder: Path, num: int, classes: tuple[str, ...], *, copies: float = 0.06, scenes: float = 0.03, test: float = 0.15
) -> None:
    """Writes tables of `num` files below `folder`. Of these, `copies` are near copies, and `scenes` further exposures, of others."""
    rng = np.random.default_rng(num)
    ids = np.array([value.tobytes().hex() for value in rng.integers(0, 2**64, (num, 4), np.uint64)])
    is_test = rng.random(num) < test
    subset = np.where(is_test, "test", "train")
    label = np.array(classes)[rng.integers(0, len(classes), num)]
    names = [f"{part}/{name}/{number:08d}.jpg" for number, (part, name) in enumerate(zip(subset, label, strict=True))]
    files = pd.DataFrame({"path": names, "sample_id": ids, "label_raw": label, "subset_raw": subset, "size_bytes": _BYTES_PER_FILE})
    write_table(folder / paths.FILES, files.reindex(columns=FILES.names).sort_values("path"), FILES)

    group, scene = np.arange(num), np.arange(num)
    copied = rng.choice(num, round(copies * num), replace=False)
    group[copied[1::2]] = copied[: 2 * (len(copied) // 2) : 2]
    exposed = rng.choice(num, round(scenes * num), replace=False)
    scene[exposed[1::2]] = exposed[: 2 * (len(exposed) // 2) : 2]
    scene = scene[group]
    rows = pd.DataFrame({"path": names, "sample_id": ids, "group_id": ids[group], "scene_id": ids[scene]})
    several = pd.Series(group).duplicated(keep=False)
    rows = rows.assign(kind=pd.Series("near", rows.index, dtype=object).where(several, None)).sort_values("path")
    write_table(folder / paths.DUPLICATES, rows.reindex(columns=DUPLICATES.names), DUPLICATES)
    write_table(folder / paths.REJECTED, pd.DataFrame(columns=REJECTED.names), REJECTED)
    write_table(folder / paths.FACES_REMOVED, pd.DataFrame(columns=FATES.names), FATES)
    shards = prefixes(num_digits(num, _BYTES_PER_FILE * num))
    for prefix, own in divided(ids.tolist(), shards).items():
        write_shard(folder / paths.IMAGES, prefix, _images(sorted(own)), IMAGES)
        write_shard(folder / paths.FACES, prefix, _faces(sorted(own)), FACES)


def _images(ids: list[str]) -> pa.Table:
    num = len(ids)
    columns = {"sample_id": ids, "pixel_sha256": [name[::-1] for name in ids], "source_format": ["JPEG"] * num}
    columns |= dict.fromkeys(("image", "thumbnail"), [b""] * num) | dict.fromkeys(("width_px", "height_px"), [48] * num)
    columns |= dict.fromkeys(("phash", "phash_mirrored"), [0] * num)
    columns |= dict.fromkeys(("sharpness", "brightness", "contrast"), [50.0] * num)
    return pa.table([pa.array(columns[field.name], field.type) for field in IMAGES], schema=IMAGES)


def _faces(ids: list[str]) -> pa.Table:
    columns = {"sample_id": ids, "image": [b""] * len(ids)}
    return pa.table([pa.array(columns.get(field.name, [None] * len(ids)), field.type) for field in FACES], schema=FACES)
