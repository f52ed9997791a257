"""What a network is given, and that neither order nor batch size matter."""

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from PIL import Image
from torch import Tensor

from mien.core.errors import TableError
from mien.robustness import predicting
from mien.robustness.corrupting import corrupted
from mien.robustness.faces import StoredFaces, read_faces, sized
from mien.robustness.predicting import CorruptedLogits, predict_corrupted
from mien.store.encoding import square_pixels
from mien.store.shards import DIGITS, write_shard
from mien.store.tables import FACES
from tests.random_tables import sample_id
from tests.robustness.pictures import LANDMARKS, drawn

NAMES = ("gaussian_noise", "covered_mouth", "rotation")
SIZE_PX = 24
IDS = sorted(sample_id(number) for number in range(10))
WITHOUT = {IDS[3], IDS[4]}


def encoded(number: int, side_px: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(drawn(side_px, number=number)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Faces of several sides, two of them without landmarks."""
    sides = {name: 32 + 8 * (number % 3) for number, name in enumerate(IDS)}
    for digit in DIGITS:
        rows = [
            {
                "sample_id": name,
                "image": encoded(number, sides[name]),
                "landmarks": None if name in WITHOUT else [sides[name] * mark for mark in LANDMARKS],
            }
            for number, name in enumerate(IDS)
            if name[0] == digit
        ]
        write_shard(tmp_path, digit, pa.Table.from_pylist(rows, FACES), FACES)
    return tmp_path


def means(images_B3SS: Tensor) -> Tensor:
    """A network whose logits are the mean colours of three parts of an image; whole numbers, so that sums have no order."""
    assert images_B3SS.dtype == torch.uint8 and images_B3SS.shape[1:] == (3, SIZE_PX, SIZE_PX)
    third = SIZE_PX // 3
    return torch.stack([images_B3SS[:, :, part * third : (part + 1) * third].long().sum(dim=(1, 2, 3)) for part in range(3)], dim=1).float()


def predicted(faces: StoredFaces) -> CorruptedLogits:
    return predict_corrupted(means, faces, NAMES, size_px=SIZE_PX, num_classes=3, seed=7)


def test_each_logit_is_of_its_image_under_its_corruption(folder: Path) -> None:
    faces = read_faces(folder, IDS)
    found = predicted(faces)
    for row, name in enumerate(IDS):
        face = faces.face(name)
        clean = torch.from_numpy(square_pixels(encoded(row, face.side_px), side_px=SIZE_PX).copy()).permute(2, 0, 1)[None]
        assert np.array_equal(found.clean_NK[row], means(clean)[0].numpy()), "the image as it is must be what `evaluate` gives the network"
        assert face.has_landmarks == (name not in WITHOUT)
        for number, corruption in enumerate(NAMES):
            for strength in range(1, 6):
                own = found.worse_CGNK[number, strength - 1, row]
                if corruption == "covered_mouth" and name in WITHOUT:
                    assert np.isnan(own).all()
                    continue
                worse = sized(corrupted(face, corruption, strength, seed=7, sample_id=name), SIZE_PX)
                assert np.array_equal(own, means(torch.from_numpy(worse.copy()).permute(2, 0, 1)[None])[0].numpy())


@pytest.mark.parametrize("batch_size", [1, 3, 10])
def test_neither_order_nor_batch_size_matter(folder: Path, batch_size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    first = predicted(read_faces(folder, IDS))
    monkeypatch.setattr(predicting, "BATCH_SIZE", batch_size)
    other = predicted(read_faces(folder, IDS[::-1]))
    assert np.array_equal(other.clean_NK[::-1], first.clean_NK)
    assert np.array_equal(other.worse_CGNK[:, :, ::-1], first.worse_CGNK, equal_nan=True)


def test_landmarks_are_shares_of_the_stored_side(folder: Path) -> None:
    assert all(np.allclose(read_faces(folder, [name]).face(name).landmarks_10, LANDMARKS) for name in IDS if name not in WITHOUT)


def test_a_missing_face_is_named(folder: Path) -> None:
    with pytest.raises(TableError, match=r"lacks 1 of 2 faces, such as ffff; run `dvc repro`"):
        read_faces(folder, [IDS[0], "ffff"])


def test_logits_that_are_not_finite_are_refused_and_not_taken_for_missing_landmarks(folder: Path) -> None:
    with pytest.raises(TableError, match="not finite"):
        predict_corrupted(lambda images: means(images) * torch.inf, read_faces(folder, IDS), NAMES, size_px=SIZE_PX, num_classes=3, seed=7)
