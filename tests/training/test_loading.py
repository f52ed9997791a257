"""Images that are decoded while they are used train what images in memory train, to the last bit."""

import functools
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from mien.core import paths
from mien.core.memory import MemoryBudget
from mien.store.decoding import Decoding
from mien.store.faces import FaceSet, load_faces
from mien.store.tables import SPLITS, read_table
from mien.training.loading import VALIDATION_BATCH, training_loader, validation_loader
from mien.training.processes import ALONE
from mien.training.samplers import EpochBatches
from tests.training import fitting
from tests.training.test_processes import trained
from tests.training.test_resume import CONFIGS, Killed, run
from tests.training.tiny import CLASSES, SIDE_PX, model_config, write_workspace
from tests.training.together import together


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The faces of the tiny task as the pipeline stores them."""
    root = tmp_path_factory.mktemp("stored")
    write_workspace(root, model_config())
    return root


def faces(root: Path, split: str, *, workers: int = 1, in_memory: bool = False) -> FaceSet:
    table = read_table(root / paths.SPLITS, SPLITS)
    own = table[table["split"] == split]
    budget = None if in_memory else MemoryBudget(0)
    return load_faces(root / paths.FACES, own, classes=CLASSES, max_px=SIDE_PX, decoding=Decoding(workers, budget))


def use(monkeypatch: pytest.MonkeyPatch, root: Path, **how: Any) -> None:
    """Lets the trainings of tests.training.fitting use these faces."""
    for name, split in (("TRAIN", "train"), ("VAL", "val")):
        monkeypatch.setattr(fitting, name, faces(root, split, **how))


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize(("recipe", "workers"), [(recipe, 1 + 2 * (place % 2)) for place, recipe in enumerate(CONFIGS)])
def test_a_training_is_the_same(stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recipe: str, workers: int) -> None:
    """Both recipes, all samplers, two views, SAM, averages, teachers; with one thread and with three."""
    use(monkeypatch, stored, in_memory=True)
    expected, weights, epochs = run(CONFIGS[recipe], tmp_path / "memory")
    use(monkeypatch, stored, workers=workers)
    found, others, others_epochs = run(CONFIGS[recipe], tmp_path / "shards")
    assert found == expected and others_epochs == epochs and same(others, weights)


def test_killed_in_one_way_it_goes_on_in_the_other(stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = CONFIGS["two_views"]
    use(monkeypatch, stored, in_memory=True)
    whole, weights, _ = run(config, tmp_path / "whole")
    for name, kill_at in (("cut", 2), ("memory", 3)):
        with pytest.raises(Killed):
            run(config, tmp_path / name, kill_at=kill_at)
    use(monkeypatch, stored, workers=3)
    for name in ("cut", "shards"):
        with pytest.raises(Killed):
            run(config, tmp_path / name, kill_at=3)
    saved = [next((tmp_path / name).glob("*.ckpt")).read_bytes() for name in ("memory", "shards")]
    assert saved[0] == saved[1]
    use(monkeypatch, stored, in_memory=True)
    resumed, others, epochs = run(config, tmp_path / "cut")
    assert epochs == [3, 4] and resumed == whole and same(others, weights)


@pytest.mark.slow
def test_two_processes_train_the_same(stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = CONFIGS["one_stage"]
    use(monkeypatch, stored, in_memory=True)
    expected = together(functools.partial(trained, config=config, folder=tmp_path / "a/state"), tmp_path / "a")
    use(monkeypatch, stored, workers=2)
    found = together(functools.partial(trained, config=config, folder=tmp_path / "b/state"), tmp_path / "b")
    for (fitted, weights, told), (own_fitted, own_weights, own_told) in zip(expected, found, strict=True):
        assert own_fitted == fitted and own_told == told and same(own_weights, weights)
    assert trained(ALONE, config, tmp_path / "c")[0].recipe == expected[0][0].recipe


@pytest.mark.parametrize("in_memory", [True, False])
def test_loaders_give_what_a_tensor_data_set_gives(stored: Path, in_memory: bool) -> None:
    """And draw as many random numbers: dropout depends on them."""
    train = faces(stored, "train", in_memory=in_memory)
    more = torch.rand(len(train), 3)

    def batches() -> EpochBatches:
        return EpochBatches(train.targets_N, sampler="weighted", batch_size=5, seed=1, stage=1)

    plain = DataLoader(TensorDataset(train.images.all(), train.targets_N, more), batch_size=None, sampler=batches())  # type: ignore[arg-type]
    own = training_loader(train, batches(), None, more)
    assert len(own) == len(plain) and len(validation_loader(train)) == -(-len(train) // VALIDATION_BATCH)
    for epoch in range(2):
        ends = []
        for loader in (plain, own):
            loader.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
            torch.manual_seed(0)
            ends.append((list(loader), torch.rand(1)))
        (expected, random), (found, own_random) = ends
        assert torch.equal(random, own_random) and type(found[0]) is type(expected[0])
        for batch, wanted in zip(found, expected, strict=True):
            assert all(torch.equal(column, other) for column, other in zip(batch, wanted, strict=True))
    (images, targets), *others = validation_loader(train)
    assert torch.equal(images, train.images.all()) and torch.equal(targets, train.targets_N) and not others


def test_shares_come_with_their_faces(stored: Path) -> None:
    table = read_table(stored / paths.SPLITS, SPLITS)
    shares = [[0.5, 0.25, 0.25] if number % 2 else None for number in range(len(table))]
    own = table.assign(shares=pd.Series(shares, table.index, dtype=object))
    found = [
        load_faces(stored / paths.FACES, own, classes=CLASSES, max_px=SIDE_PX, decoding=Decoding(0, memory))
        for memory in (None, MemoryBudget(0))
    ]
    assert found[0].shares_NK is not None and found[1].shares_NK is not None and torch.equal(found[0].shares_NK, found[1].shares_NK)
