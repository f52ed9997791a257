"""The search across the main source and a test set, on scenes of which copies are planted."""

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image

from mien.config.sections.convert import ConvertParams
from mien.config.sections.dedup import DedupParams
from mien.convert.conversion import convert_store
from mien.dedup.same_picture import near_pairs
from mien.ingest.blobs import BlobSpool
from mien.testsets.against import nearest, related
from tests.dedup.scenes import crop, exposure, pictures, scene

Pixels = NDArray[np.uint8]


def encoded(pixels: Pixels, kind: str = "PNG", **how: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **how)
    return file.getvalue()


def store(folder: Path, contents: Mapping[str, bytes]) -> dict[str, str]:
    """A store of converted images; returns the sample_id of each name."""
    (folder / "images").mkdir(parents=True)
    with BlobSpool(folder / "spool") as spool:
        ids = {name: spool.add(content) for name, content in contents.items()}
        spool.write_store(folder)
    convert_store(folder, folder / "images", rejected=folder / "images" / "rejected.parquet", params=ConvertParams(), workers=1)
    return ids


def found_between(tmp_path: Path, own: Mapping[str, bytes], main: Mapping[str, bytes]) -> dict[str, tuple[str, str]]:
    """The relation of each image of the test set that has one, and the name of the related image of the main source."""
    ids, others = store(tmp_path / "own", own), store(tmp_path / "main", main)
    given = {"main": set(others.values()), "main_images": tmp_path / "main" / "images", "params": DedupParams(), "workers": 1}
    found = related(set(ids.values()), tmp_path / "own" / "images", **given)  # type: ignore[arg-type]
    best, names = nearest(found), {sample_id: name for name, sample_id in others.items()}
    return {
        name: (best.loc[sample_id, "relation"], names[best.loc[sample_id, "other_id"]])
        for name, sample_id in ids.items()
        if sample_id in best.index
    }


def test_every_planted_copy_is_found_with_its_relation_and_nothing_else(tmp_path: Path) -> None:
    wholes = {name: scene(number, 160) for number, name in enumerate("abcdefgh")}
    main = {name: encoded(whole) for name, whole in wholes.items()}
    own = {
        "same bytes": main["a"],
        "same pixels": encoded(wholes["b"], "TIFF"),
        "saved again": encoded(wholes["c"], "JPEG", quality=70),
        "smaller": encoded(np.asarray(Image.fromarray(wholes["d"]).resize((96, 96)))),
        "mirrored": encoded(wholes["e"][:, ::-1]),
        **{f"another {number}": encoded(scene(100 + number, 160)) for number in range(4)},
    }
    assert found_between(tmp_path, own, main) == {
        "same bytes": ("exact", "a"),
        "same pixels": ("pixel", "b"),
        "saved again": ("near", "c"),
        "smaller": ("near", "d"),
        "mirrored": ("mirrored", "e"),
    }


def test_images_of_one_scene_are_found_and_copies_within_one_source_are_not(tmp_path: Path) -> None:
    whole = scene(1)
    main = {"first": encoded(crop(whole)), "twin in main": encoded(crop(whole, 1)), "other": encoded(crop(scene(2)))}
    own = {"exposure": encoded(exposure(whole)), "own": encoded(crop(scene(3))), "twin of own": encoded(crop(scene(3), 1))}
    found = found_between(tmp_path, own, main)
    assert set(found) == {"exposure"} and found["exposure"][0] == "scene" and found["exposure"][1] in ("first", "twin in main")


def test_of_several_relations_the_strongest_counts_then_the_agreement() -> None:
    rows = [
        ("x", "far", "scene", 0.99),
        ("x", "b", "near", 0.9),
        ("x", "c", "near", 0.95),
        ("y", "d", "mirrored", 0.99),
        ("y", "e", "pixel", 1.0),
        ("z", "f", "scene", 0.3),
    ]
    found = nearest(pd.DataFrame(rows, columns=["sample_id", "other_id", "relation", "agreement"]))
    assert found["other_id"].to_dict() == {"x": "c", "y": "e", "z": "f"}


@pytest.mark.parametrize("search", ["exhaustive", "indexed"])
def test_a_search_between_two_sets_finds_exactly_the_pairs_between_them(search: str) -> None:
    """The law behind `apart_N`: the pairs of the whole search of which one image is in each set."""
    thumbnails = [view for number in range(12) for view in (crop(scene(number)), crop(scene(number), 1), exposure(scene(number)))]
    shown = pictures(thumbnails)
    apart_N = np.random.default_rng(0).random(len(thumbnails)) < 0.5
    params = {**DedupParams().model_dump(), "search": search}
    whole, between = near_pairs(shown, workers=1, **params), near_pairs(shown, workers=1, apart_N=apart_N, **params)
    expected = whole.take(apart_N[whole.i] != apart_N[whole.j])
    assert 0 < len(expected.i) < len(whole.i)
    for name in ("i", "j", "distance", "correlation", "agreement", "same", "mirrored"):
        assert np.array_equal(getattr(between, name), getattr(expected, name)), name
