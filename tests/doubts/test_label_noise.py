"""The benchmark of planted label noise, on the sample as a user has it: wrong labels are found although a network learned from them."""

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from stages import align, convert, dedup, ingest, sample, sanitise, split

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def label_noise() -> ModuleType:
    """benchmarks/label_noise.py, which is in no package."""
    spec = importlib.util.spec_from_file_location("label_noise", ROOT / "benchmarks" / "label_noise.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("noise", [0.05, 0.10])
def test_just_the_share_of_training_and_validation_labels_is_turned(label_noise: ModuleType, noise: float) -> None:
    classes = ["happy", "sad", "fear"]
    rows = pd.DataFrame({"label": [classes[number % 3] for number in range(400)], "split": ["train", "val", "test", "train"] * 100})
    turned = label_noise.planted(rows, classes, noise=noise, seed=1)
    assert ((turned["label"] != rows["label"]) == turned["wrong"]).all() and turned["wrong"].sum() == round(noise * 300)
    assert not turned.loc[turned["split"] == "test", "wrong"].any() and set(turned["label"]) == set(classes)
    assert turned.equals(label_noise.planted(rows, classes, noise=noise, seed=1))
    assert not turned.equals(label_noise.planted(rows, classes, noise=noise, seed=2))


@pytest.fixture(scope="module")
def sample_set(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A working directory with the sample's faces and splits."""
    folder = tmp_path_factory.mktemp("sample")
    for name in ("params.yaml", "metadata.csv", "votes.csv", "corrections.csv"):
        shutil.copy(ROOT / name, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("MIEN_TRACKING", "off")
        for stage in (sample, ingest, convert, dedup, sanitise, align, split):
            stage.main()
        yield folder


@pytest.mark.slow
@pytest.mark.parametrize("noise", [0.05, 0.10])
def test_planted_noise_on_the_sample_is_found(label_noise: ModuleType, sample_set: Path, noise: float) -> None:
    """One training of densenet121 from random weights, minutes. The seed is none of those by which the method was chosen."""
    found = label_noise.measure("densenet121", noise=noise, seed=2, work=sample_set / "work")
    assert found["average_precision"] >= 0.6
    assert found["num_doubted_wrong"] >= 0.6 * found["num_wrong"]
