"""The stage `teach`, and a training that depends on what it writes."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from scipy.special import log_softmax

from mien.core import paths
from mien.core.errors import ParamsError, TableError
from mien.core.files import read_json, write_json
from mien.models.build import build_model
from mien.models.store import load_model, save_model
from mien.store.shards import DIGITS, read_shard
from mien.store.tables import FACES, SPLITS, TEACHINGS, read_table, write_table
from mien.training.distillation import taught_rows
from stages import teach, train
from tests.training.tiny import CLASSES, model_config, write_workspace

PARAMS = """
labels: {classes: [angry, happy, sad]}
models:
  tiny: {backbone: test_efficientnet, weights: none, attention: none, head: dense, loss: cross_entropy, input_px: 32}
  big: {backbone: test_resnet, weights: none, attention: none, head: linear, loss: cross_entropy, input_px: 64}
distillation: {big_to_small: {student: tiny, teacher: big}}
runtime: {workers: 1, device: cpu}
"""
TEACHER = model_config(name="big", backbone="test_resnet", head="linear", input_px=64, normalization="shared")
STUDENT = model_config(train={"epochs": 2, "distill_weight": 0.7}, teachers={"big_to_small": "big"})
TABLE = paths.teaching("big_to_small", "tiny")


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIEN_TRACKING", "off")
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)
    write_workspace(tmp_path, STUDENT)
    paths.PARAMS.write_text(PARAMS)
    torch.manual_seed(3)
    save_model(paths.model("big"), build_model(TEACHER), TEACHER, facts={"weights": "none"})
    return tmp_path


def trained() -> dict[str, bytes]:
    train.main("tiny")
    found = [*paths.model("tiny").iterdir(), paths.train_metrics("tiny"), paths.train_curves("tiny")]
    return {path.name: path.read_bytes() for path in found}


def test_the_table_holds_what_the_teacher_says_of_the_training_images(capsys: pytest.CaptureFixture[str]) -> None:
    """Each stored image is enlarged to the teacher's side alone, without views or augmentation."""
    teach.main("big_to_small")
    assert "teach: big predicted 36 training images for tiny" in capsys.readouterr().out
    rows, splits = read_table(TABLE, TEACHINGS), read_table(paths.SPLITS, SPLITS)
    assert rows["sample_id"].tolist() == splits.loc[splits["split"] == "train", "sample_id"].tolist()
    stored = pd.concat([read_shard(paths.FACES, digit, FACES, ["sample_id", "image"]).to_pandas() for digit in DIGITS])
    images = stored.set_index("sample_id")["image"]
    network, _ = load_model(paths.model("big"))
    for name, logs in list(zip(rows["sample_id"], rows["log_probabilities"], strict=True))[:5]:
        pixels = torch.from_numpy(np.array(Image.open(io.BytesIO(images[name])))).permute(2, 0, 1)[None] / 255
        larger = torch.nn.functional.interpolate(pixels, size=(64, 64), mode="bilinear", antialias=True)
        with torch.no_grad():
            expected = log_softmax(network(larger)[0].numpy())
        np.testing.assert_allclose(logs, expected, atol=1e-4)
    before = TABLE.read_bytes()
    teach.main("big_to_small")
    assert TABLE.read_bytes() == before


def test_a_student_records_its_teachers_and_learns_from_them() -> None:
    teach.main("big_to_small")
    taught = trained()
    assert read_json(paths.train_metrics("tiny"))["teachers"] == ["big"]
    described = read_json(paths.model("tiny") / "model.json")
    assert described["training"]["teachers"] == ["big"] and described["config"]["teachers"] == {"big_to_small": "big"}
    assert load_model(paths.model("tiny"))[1].teachers == {"big_to_small": "big"}
    assert trained() == taught
    rows = read_table(TABLE, TEACHINGS)
    write_table(TABLE, rows.assign(log_probabilities=rows["log_probabilities"].tolist()[::-1]), TEACHINGS)
    assert trained()["weights.safetensors"] != taught["weights.safetensors"]


def test_a_table_of_a_pair_that_is_gone_is_not_used_and_does_not_stay() -> None:
    """Nor does anything else that no stage writes: it would be part of what dvc.lock records of the folder."""
    write_json(paths.config("tiny"), model_config(train={"epochs": 2}).model_dump(mode="json"))
    alone = trained()
    assert "teachers" not in alone["tiny.json"].decode() + alone["model.json"].decode()
    teach.main("big_to_small")
    (paths.given("tiny") / "older").mkdir()
    (paths.given("tiny") / "older" / "note.json").write_text("{}")
    assert trained() == alone
    assert list(paths.given("tiny").iterdir()) == [paths.pretrained("tiny")]
    write_json(paths.config("tiny"), STUDENT.model_dump(mode="json"))
    teach.main("big_to_small")
    assert trained() != alone and TABLE.is_file()


def test_what_is_missing_or_from_another_run_is_named() -> None:
    with pytest.raises(TableError, match=r"tiny/big_to_small\.parquet is missing; run `dvc repro teach@big_to_small` to make it"):
        train.main("tiny")
    with pytest.raises(ParamsError, match="distillation has no 'small_to_big'; it has: big_to_small"):
        teach.main("small_to_big")
    paths.PARAMS.write_text(PARAMS.replace("angry, happy, sad", "happy, angry, sad"))
    with pytest.raises(TableError, match=r"big was trained for the classes angry, happy, sad, but params\.yaml has happy, angry, sad; run"):
        teach.main("big_to_small")
    assert not TABLE.exists()


def test_an_interrupted_student_does_not_resume_with_another_teacher() -> None:
    """The state of an interrupted training is found by a fingerprint of all that the training depends on."""
    splits = read_table(paths.SPLITS, SPLITS)
    sample_ids, found = splits.loc[splits["split"] == "train", "sample_id"].tolist(), []
    for seed in (1, 2):
        logits_NK = np.random.default_rng(seed).normal(size=(36, len(CLASSES))).astype(np.float32)
        write_table(TABLE, taught_rows(sample_ids, logits_NK), TEACHINGS)
        train.main("tiny")
        found.append(read_json(paths.model("tiny") / "model.json")["training"]["fingerprint"])
    assert found[0] != found[1]
