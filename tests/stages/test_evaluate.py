"""The stage on a small network with random weights: what it writes must agree with what it predicted."""

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from PIL import Image
from sklearn.metrics import accuracy_score, f1_score

from mien import paths
from mien.configure import configure
from mien.data.shards import DIGITS, write_shard
from mien.data.tables import FACES, PREDICTIONS, SPLITS, read_table, write_table
from mien.errors import ParamsError, TableError
from mien.files import read_json
from mien.models.build import build_model
from mien.models.store import save_model
from mien.params import load_params
from stages import evaluate

CLASSES = ("happy", "sad", "fear")
PARAMS = """
labels: {classes: [happy, sad, fear]}
models:
  tiny: {backbone: test_resnet, weights: none, attention: none, head: dense256, loss: cross_entropy, input_px: 32}
runtime: {workers: 1, device: cpu}
"""
TEST = [("z.png", 1, "happy"), ("a.png", 2, "sad"), ("copy of z.png", 1, "happy"), ("f.png", 3, "fear"), ("g.png", 4, "sad")]


def sample_id(number: int) -> str:
    return f"{number:x}" * 64


def write_splits(flags: dict[str, str]) -> None:
    rows = [(path, sample_id(number), label, "test") for path, number, label in TEST]
    rows += [("t.png", sample_id(5), "happy", "train"), ("v.png", sample_id(6), "sad", "val")]
    frame = pd.DataFrame(rows, columns=["path", "sample_id", "label", "split"])
    frame["group_id"], frame["subject"], frame["flag"] = frame["sample_id"], None, frame["path"].map(flags).astype(object)
    write_table(paths.SPLITS, frame.where(frame.notna(), None), SPLITS)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIEN_TRACKING", "off")
    paths.PARAMS.write_text(PARAMS)
    generator = np.random.default_rng(0)
    for digit in DIGITS:
        rows = []
        if digit in "123456":
            picture = io.BytesIO()
            Image.fromarray(generator.integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(picture, "PNG")
            rows = [{"sample_id": digit * 64, "image": picture.getvalue()}]
        write_shard(paths.FACES, digit, pa.Table.from_pylist(rows, FACES), FACES)
    write_splits({})
    torch.manual_seed(0)
    config = configure(load_params(), "tiny")
    save_model(paths.model("tiny"), build_model(config), config, facts={"weights": "none", "recipe": "one_stage"})
    return tmp_path


@pytest.mark.usefixtures("workspace")
def test_what_is_written_agrees_with_the_predictions(capsys: pytest.CaptureFixture[str]) -> None:
    evaluate.main("tiny")
    rows = read_table(paths.predictions("tiny"), PREDICTIONS)
    assert rows["path"].tolist() == sorted(path for path, _, _ in TEST), "the test images and no others, by path"
    assert {row.path: row.label for row in rows.itertuples()} == {path: label for path, _, label in TEST}
    logits = np.stack(rows["logits"].tolist())
    assert rows["predicted"].tolist() == [CLASSES[column] for column in logits.argmax(axis=1)]
    copies = rows[rows["sample_id"] == sample_id(1)]
    assert len(copies) == 2 and np.array_equal(*copies["logits"]), "copies of one picture are rows of their own"

    figures = read_json(paths.evaluation("tiny"))
    assert figures["weights"] == "none" and figures["recipe"] == "one_stage" and "clean" not in figures
    everything = figures["all"]
    assert everything["num_images"] == len(TEST)
    assert everything["accuracy"] == pytest.approx(accuracy_score(rows["label"], rows["predicted"]))
    expected = f1_score(rows["label"], rows["predicted"], labels=CLASSES, average="macro", zero_division=0)
    assert everything["macro_f1"] == pytest.approx(expected)
    assert [everything["per_class"][name]["support"] for name in CLASSES] == [2, 2, 1]
    assert everything["majority_baseline"]["accuracy"] == pytest.approx(2 / 5)

    plotted = pd.read_csv(paths.confusion_table("tiny"))
    assert plotted["actual"].tolist() == rows["label"].tolist() and plotted["predicted"].tolist() == rows["predicted"].tolist()
    assert "evaluate: tiny: macro-F1" in capsys.readouterr().out


@pytest.mark.usefixtures("workspace")
def test_flagged_test_images_are_left_out_of_clean() -> None:
    write_splits({"copy of z.png": "duplicate", "g.png": "conflict"})
    evaluate.main("tiny")
    figures = read_json(paths.evaluation("tiny"))
    assert figures["all"]["num_images"] == 5 and figures["clean"]["num_images"] == 3
    assert read_table(paths.predictions("tiny"), PREDICTIONS)["flag"].notna().sum() == 2


def test_twice_gives_the_same_bytes(workspace: Path) -> None:
    def written() -> dict[str, bytes]:
        evaluate.main("tiny")
        produced = [*workspace.glob("metrics/**/*"), *workspace.glob("data/predictions/*")]
        return {str(path): path.read_bytes() for path in produced if path.is_file()}

    first = written()
    assert len(first) == 4 and first == written()
    json.loads(first[str(workspace / paths.evaluation("tiny"))])


@pytest.mark.usefixtures("workspace")
def test_what_a_user_can_meet() -> None:
    with pytest.raises(ParamsError, match="tiny"):
        evaluate.main("large")
    write_splits({})
    rows = read_table(paths.SPLITS, SPLITS)
    write_table(paths.SPLITS, rows[rows["split"] != "test"], SPLITS)
    with pytest.raises(TableError, match="no test images"):
        evaluate.main("tiny")
    assert not paths.evaluation("tiny").exists()
    (paths.model("tiny") / "model.json").unlink()
    with pytest.raises(TableError, match="train@tiny"):
        evaluate.main("tiny")
