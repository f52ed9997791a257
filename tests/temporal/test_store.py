"""A temporal model is stored with all that an answer needs, is read back with NumPy, and damage is told."""

from pathlib import Path

import numpy as np
import pytest
import torch

from mien.core.errors import ExportError, TableError
from mien.predict.clips.answer import DESCRIPTION, WEIGHTS, read_pooling
from mien.predict.clips.pooling import Frames
from mien.temporal.clips import Clips
from mien.temporal.features import Outputs
from mien.temporal.poolings import POOLINGS
from mien.temporal.predicting import predicted
from mien.temporal.store import prove_pooling, save_temporal
from mien.temporal.training import Trained
from tests.predict.video.test_pooling import ANSWER
from tests.temporal.test_clips import ROWS, tables


def trained(name: str) -> Trained:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Trained(POOLINGS[name](6, 2).eval(), [1.23456789], [0.5], 1)


@pytest.mark.parametrize("name", POOLINGS)
def test_what_was_stored_is_read_and_pools_alike(name: str, tmp_path: Path) -> None:
    own, other = trained(name), tmp_path / "other"
    for folder in (tmp_path / "own", other):
        save_temporal(folder, own, model="m", pooling=name, answer=ANSWER)
    assert all((tmp_path / "own" / file).read_bytes() == (other / file).read_bytes() for file in (WEIGHTS, DESCRIPTION))
    found = read_pooling(other)
    assert (found.temporal.model, found.temporal.answer, found.temporal.train_loss) == ("m", ANSWER, [1.234568])
    rng = np.random.default_rng(0)
    frames = Frames(rng.normal(size=(5, 2)).astype(np.float32), rng.normal(size=(5, 6)).astype(np.float32))
    shares_K = found.probabilities(frames)
    assert shares_K.sum() == pytest.approx(1) and shares_K.dtype == np.float32


def test_a_missing_or_damaged_file_names_the_stage_that_makes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path("data/temporal/moving")
    with pytest.raises(TableError, match=r"temporal.json is missing; run `dvc repro temporal@moving`"):
        read_pooling(folder)
    save_temporal(folder, trained("fan"), model="m", pooling="fan", answer=ANSWER)
    (folder / WEIGHTS).write_bytes(b"nothing")
    with pytest.raises(TableError, match=r"is no file of weights .*; delete it and run `dvc repro temporal@moving`"):
        read_pooling(folder)
    (folder / DESCRIPTION).write_text("{}", encoding="utf-8")
    with pytest.raises(TableError, match=r"was not written by this version of mien .*; run `dvc repro temporal@moving`"):
        read_pooling(folder)


@pytest.mark.parametrize("name", POOLINGS)
def test_the_proof_notices_a_difference(name: str) -> None:
    clips, own = Clips.of(*tables(*ROWS)), trained(name)
    generator = torch.Generator().manual_seed(0)
    outputs = Outputs(torch.randn(5, 2, generator=generator), torch.randn(5, 6, generator=generator))
    rows = predicted(clips, outputs, own.pooling, "test", classes=["happy", "sad"], seed=0)
    prove_pooling(own.pooling, name, outputs, clips, rows)
    with pytest.raises(ExportError, match=f"the {name} pooling of NumPy differs"):
        prove_pooling(own.pooling, name, outputs, clips, rows.assign(logits=[logits + 1e-3 for logits in rows["logits"]]))
