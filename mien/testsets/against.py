"""Which images of a further test set show a picture, or a scene, of the main source: a model that was trained on it has seen them.

The search is that of `dedup`, limited to pairs of one image of the test set and one of the main source. Labels play no part in it: FERPlus
has the pictures of FER2013 under other labels.
"""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from mien.config.sections.dedup import DedupParams
from mien.dedup.details import DETAIL_PX, stored_details
from mien.dedup.find import COLUMNS, pictures_of
from mien.dedup.same_picture import near_pairs
from mien.store.shards import read_store
from mien.store.tables import IMAGES

RELATIONS = ("exact", "pixel", "near", "mirrored", "scene")
"""how an image of the test set is related to one of the main source, strongest first"""
FOUND = ["sample_id", "other_id", "relation", "agreement"]


def related(
    own: Collection[str], images: Path, *, main: Collection[str], main_images: Path, params: DedupParams, workers: int
) -> pd.DataFrame:
    """Every pair of an image of the test set (sample_id) and one of the main source (other_id) that show one picture or one scene.

    Columns FOUND, sorted: the relation is one of RELATIONS, and the agreement is 1 for copies with the same bytes or pixels.

    Args:
        own: the sample_ids of the test set, which are in the store `images`.
        main: the sample_ids of the main source, which are in the store `main_images`.
    """
    stores = {False: (set(own) - set(main), images), True: (set(main), main_images)}
    tables = {side: read_store(store, IMAGES, COLUMNS, keep=ids) for side, (ids, store) in stores.items()}
    nothing = pd.DataFrame({"sample_id": [], "label_raw": []}, dtype=object)
    samples, pictures = pictures_of(pa.concat_tables(tables.values()), nothing)
    is_main = samples["sample_id"].isin(stores[True][0])
    of_main_N = np.zeros(len(pictures.phash_N), dtype=np.bool_)
    of_main_N[samples.loc[is_main, "picture"]] = True
    first = samples.sort_values("sample_id").drop_duplicates("picture").set_index("picture")["sample_id"]

    def larger(numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
        names = first.loc[numbers.tolist()].tolist()
        found: dict[str, NDArray[np.uint8]] = {}
        for ids, store in stores.values():
            found |= stored_details(store, [name for name in names if name in ids], workers=workers)
        return np.stack([found[name] for name in names]) if names else np.empty((0, DETAIL_PX, DETAIL_PX), np.uint8)

    pairs = near_pairs(pictures, details=larger, apart_N=of_main_N, workers=workers, **params.model_dump())
    ours, theirs = samples[~is_main], samples[is_main]
    swapped_P = of_main_N[pairs.i]
    alike = pd.DataFrame(
        {
            "picture": np.where(swapped_P, pairs.j, pairs.i),
            "other": np.where(swapped_P, pairs.i, pairs.j),
            "relation": np.where(pairs.same, np.where(pairs.mirrored, "mirrored", "near"), "scene"),
            "agreement": pairs.agreement.astype(np.float64),
        }
    )
    theirs = theirs.rename(columns={"sample_id": "other_id", "picture": "other"})
    exact = sorted(set(own) & set(main))
    parts = [
        pd.DataFrame({"sample_id": exact, "other_id": exact, "relation": "exact", "agreement": 1.0}),
        ours.merge(theirs, left_on="picture", right_on="other").assign(relation="pixel", agreement=1.0),
        ours.merge(alike, on="picture").merge(theirs, on="other"),
    ]
    return pd.concat([part[FOUND] for part in parts]).sort_values(FOUND, ignore_index=True)


def nearest(found: pd.DataFrame) -> pd.DataFrame:
    """The strongest relation of each image of the test set, by sample_id: by RELATIONS, then agreement, then `other_id`."""
    rank = found["relation"].map({name: number for number, name in enumerate(RELATIONS)})
    ordered = found.assign(rank=rank).sort_values(["rank", "agreement", "other_id"], ascending=[True, False, True])
    return ordered.drop_duplicates("sample_id").set_index("sample_id")[FOUND[1:]]
