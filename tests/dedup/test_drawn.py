"""The same thresholds on drawn faces, which resemble one another as photographs of people do not: copies meet, different faces stay
apart.
"""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from mien.config.sections.dedup import DedupParams
from mien.convert.decoding import Undecodable, decode
from mien.dedup.arrays import Pairs
from mien.dedup.groups import components
from mien.dedup.same_picture import near_pairs
from tests.dedup.scenes import SIDE_PX, pictures
from tests.drawn import Drawn


@pytest.fixture(scope="module")
def grouped(drawn: Drawn) -> pd.DataFrame:
    """A row per picture that decodes and shows a face: its origin, the trouble it stands for, its group and its scene."""
    rows, thumbnails = [], []
    for file, content in drawn:
        if not file.origin:
            continue
        try:
            grey = decode(content, max_megapixels=1).image.convert("L")
        except Undecodable:
            continue
        rows.append((file.origin, file.kind))
        thumbnails.append(np.asarray(grey.resize((SIDE_PX, SIDE_PX), Image.Resampling.BOX)))
    pairs: Pairs = near_pairs(pictures(thumbnails), **DedupParams().model_dump())
    table = pd.DataFrame(rows, columns=["origin", "kind"])
    same = pairs.take(pairs.same)
    table["scene"] = components(len(table), pairs.i, pairs.j)
    return table.assign(group=components(len(table), same.i, same.j))


def test_different_faces_never_merge(grouped: pd.DataFrame) -> None:
    assert (grouped.groupby("group").origin.nunique() == 1).all()
    assert grouped.origin.nunique() > 400


def test_every_copy_meets_its_original(grouped: pd.DataFrame) -> None:
    assert (grouped.groupby("origin").group.nunique() == 1).all()
    assert grouped.kind.str.endswith("duplicate").sum() > 60


def test_few_different_faces_are_taken_for_one_scene(grouped: pd.DataFrame) -> None:
    """Scenes only keep images in one split, so a likeness now and then costs nothing; a chain of many would."""
    origins = grouped.groupby("scene").origin.nunique()
    assert (origins > 1).sum() <= 4 and origins.max() <= 3
    assert (grouped.groupby("group").scene.nunique() == 1).all()
