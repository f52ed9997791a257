"""Stored faces as tensors."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from PIL import Image

from mien.core.errors import TableError
from mien.store.faces import load_faces
from mien.store.shards import DIGITS, write_shard
from mien.store.tables import FACES

CLASSES = ("angry", "happy")


def store(folder: Path, sides: list[int], mode: str = "RGB") -> dict[str, np.ndarray]:
    """Writes random faces of these sides and returns their pixels by sample_id."""
    rng, pixels, rows = np.random.default_rng(0), {}, []
    for number, side in enumerate(sides):
        image = Image.fromarray(rng.integers(0, 256, (side, side, 3), dtype=np.uint8)).convert(mode)
        file = io.BytesIO()
        image.save(file, "PNG")
        name = hashlib.sha256(str(number).encode()).hexdigest()
        pixels[name] = np.asarray(image.convert("RGB"))
        rows.append({"sample_id": name, "image": file.getvalue(), "box": None, "landmarks": None, "score": None, "num_faces": None})
    for digit in DIGITS:
        write_shard(folder, digit, pa.Table.from_pylist([row for row in rows if row["sample_id"][0] == digit], FACES), FACES)
    return pixels


def rows(names: list[str], labels: list[str] | None = None) -> pd.DataFrame:
    return pd.DataFrame({"sample_id": names, "label": labels or ["happy"] * len(names)}, dtype=object)


def test_faces_come_in_the_order_of_the_rows_with_their_targets(tmp_path: Path) -> None:
    pixels = store(tmp_path, [48] * 20)
    names = [*reversed(pixels), next(iter(pixels))]  # one face twice: an official test split may hold copies
    labels = ["happy" if number % 3 else "angry" for number in range(21)]
    faces = load_faces(tmp_path, rows(names, labels), classes=CLASSES, max_px=80)
    assert faces.images_N3SS.shape == (21, 3, 48, 48) and faces.images_N3SS.dtype == torch.uint8, "kept at 48 px: resized on the device"
    for image_3SS, name in zip(faces.images_N3SS, names, strict=True):
        assert np.array_equal(image_3SS.permute(1, 2, 0).numpy(), pixels[name])
    assert faces.targets_N.tolist() == [CLASSES.index(label) for label in labels]
    assert faces.class_counts(2) == [7, 14] and len(faces) == 21 and faces.sample_ids == tuple(names)


@pytest.mark.parametrize("sides", [[96] * 4, [40, 48, 96, 60], [48, 40], [80, 80]])
def test_faces_of_other_sides_come_at_the_asked_one(tmp_path: Path, sides: list[int]) -> None:
    pixels = store(tmp_path, sides)
    faces = load_faces(tmp_path, rows(list(pixels)), classes=CLASSES, max_px=80)
    assert faces.images_N3SS.shape[1:] == (3, 80, 80)
    for image_3SS, source in zip(faces.images_N3SS, pixels.values(), strict=True):
        found = torch.nn.functional.interpolate(
            torch.from_numpy(source.copy()).permute(2, 0, 1)[None].float(), (80, 80), mode="bilinear", antialias=True
        )
        assert (found - image_3SS.float()).abs().max() <= 1.5, "as the resizing on the device"


def test_a_face_is_the_same_whatever_others_are_loaded_with_it(tmp_path: Path) -> None:
    names = list(store(tmp_path, [40, 48, 96]))
    together = load_faces(tmp_path, rows(names), classes=CLASSES, max_px=80).images_N3SS
    alone = load_faces(tmp_path, rows(names[2:]), classes=CLASSES, max_px=80).images_N3SS
    assert torch.equal(together[2:], alone)


def test_grey_faces_become_three_equal_colours(tmp_path: Path) -> None:
    (image_3SS,) = load_faces(tmp_path, rows(list(store(tmp_path, [48], mode="L"))), classes=CLASSES, max_px=80).images_N3SS
    assert torch.equal(image_3SS[0], image_3SS[1]) and torch.equal(image_3SS[0], image_3SS[2])


def test_no_rows_give_no_faces(tmp_path: Path) -> None:
    store(tmp_path, [48])
    faces = load_faces(tmp_path, rows([]), classes=CLASSES, max_px=80)
    assert len(faces) == 0 and faces.class_counts(2) == [0, 0]


def test_a_missing_face_or_a_strange_label_is_an_error(tmp_path: Path) -> None:
    names = list(store(tmp_path, [48, 48]))
    with pytest.raises(TableError, match="lacks 1 of 3 faces, such as ffff"):
        load_faces(tmp_path, rows([*names, "f" * 64]), classes=CLASSES, max_px=80)
    with pytest.raises(TableError, match="'bored', none of the classes angry, happy"):
        load_faces(tmp_path, rows(names, ["happy", "bored"]), classes=CLASSES, max_px=80)
