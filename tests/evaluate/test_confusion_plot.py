from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.evaluate.confusion_plot import draw_confusion

FIVE = ("angry", "fear", "happy", "sad", "surprise")


@pytest.fixture
def counts() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 40, (5, 5)) + 60 * np.eye(5, dtype=int)


def test_same_input_same_bytes_without_dates_or_versions(tmp_path: Path, counts: np.ndarray) -> None:
    for name in ("first", "second"):
        draw_confusion(tmp_path / name, counts, FIVE, title="plain: 100 test images")
    first = (tmp_path / "first").read_bytes()
    assert first == (tmp_path / "second").read_bytes()
    assert not {"Software", "Creation Time"} & set(Image.open(tmp_path / "first").info)


def test_darkness_is_the_share_of_the_row(tmp_path: Path) -> None:
    """Ten times as many images of one class change no colour: the same picture but for its digits."""
    draw_confusion(tmp_path / "right.png", [[90, 10], [10, 90]], ("happy", "sad"), title="")
    draw_confusion(tmp_path / "wrong.png", [[10, 90], [90, 10]], ("happy", "sad"), title="")
    right, wrong = (np.asarray(Image.open(tmp_path / name).convert("L"), dtype=float) for name in ("right.png", "wrong.png"))
    middle = right.shape[0] // 3
    assert right.shape == wrong.shape and right[:middle].mean() != wrong[:middle].mean()
    draw_confusion(tmp_path / "scaled.png", [[900, 100], [10, 90]], ("happy", "sad"), title="")
    scaled = np.asarray(Image.open(tmp_path / "scaled.png").convert("L"), dtype=float)
    assert (np.abs(scaled - right) > 8).mean() < 0.02


@pytest.mark.parametrize("num_classes", [2, 5, 7, 12])
def test_any_number_of_classes_and_a_class_without_images(tmp_path: Path, num_classes: int) -> None:
    counts = np.diag(range(num_classes))  # the first class has no images
    draw_confusion(tmp_path / "c.png", counts, [f"class {number}" for number in range(num_classes)], title="a title")
    assert Image.open(tmp_path / "c.png").size[0] > 100 * num_classes
