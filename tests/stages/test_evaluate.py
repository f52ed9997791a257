"""The stage on a small network with random weights: what it writes must agree with what it predicted."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from PIL import Image
from sklearn.metrics import accuracy_score, f1_score, log_loss

from mien.config.configure import configure
from mien.config.model import ModelConfig
from mien.config.params import load_params
from mien.core import paths
from mien.core.errors import ParamsError, TableError
from mien.core.files import read_json, write_json
from mien.models import speed
from mien.models.build import ExpressionModel, build_model
from mien.models.predict import predict_logits
from mien.models.store import load_model, save_model, seed_folder
from mien.predict.answer import read_answer
from mien.store.faces import load_faces
from mien.store.shards import DIGITS, write_shard
from mien.store.tables import CALIBRATED, FACES, FILES, IMAGES, PREDICTIONS, SPLITS, read_predictions, read_table, write_table
from stages import evaluate

CLASSES = ("happy", "sad", "fear")
PARAMS = """
labels: {classes: [happy, sad, fear]}
models:
  tiny: {backbone: test_resnet, weights: none, attention: none, head: dense, loss: cross_entropy, input_px: 32}
runtime: {workers: 1, device: cpu}
"""
TEST = [("z.png", 1, "happy"), ("a.png", 2, "sad"), ("copy of z.png", 1, "happy"), ("f.png", 3, "fear"), ("g.png", 4, "sad")]


VAL = [("v.png", 6, "sad"), ("b.png", 7, "happy"), ("w.png", 8, "fear")]
RECORD = {
    "monitor": "val_loss",
    "best_epoch": 1,
    "val": {"loss": 1.0, "accuracy": 0.5, "mean_accuracy": 0.5, "macro_f1": 0.4},
    "class_counts": {"happy": 2, "sad": 1, "fear": 1},
}
FACTS = {"weights": "none", "recipe": "one_stage", "fingerprint": "abc"}


def sample_id(number: int) -> str:
    return f"{number:x}" * 64


def write_splits(flags: dict[str, str]) -> None:
    rows = [(path, sample_id(number), label, "test") for path, number, label in TEST]
    rows += [(path, sample_id(number), label, "val") for path, number, label in VAL]
    rows += [("t.png", sample_id(5), "happy", "train")]
    frame = pd.DataFrame(rows, columns=["path", "sample_id", "label", "split"])
    frame["scene_id"] = frame["sample_id"]
    frame["group_id"], frame["subject"], frame["flag"] = frame["sample_id"], None, frame["path"].map(flags).astype(object)
    frame["part"] = frame["shares"] = None
    write_table(paths.SPLITS, frame.where(frame.notna(), None), SPLITS)
    files = pd.DataFrame(dict.fromkeys(FILES.names), index=frame.index).astype(object)
    files["path"], files["sample_id"], files["size_bytes"] = frame["path"], frame["sample_id"], 10
    files["metadata"] = [json.dumps({"age": str(10 * number)}) for number in range(len(frame))]
    write_table(paths.FILES, files, FILES)


def write_images() -> None:
    """Faces of random pixels, and the properties of the images that they are of."""
    generator = np.random.default_rng(0)
    for digit in DIGITS:
        faces, images = [], []
        if digit in "12345678":
            picture = io.BytesIO()
            Image.fromarray(generator.integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(picture, "PNG")
            faces = [{"sample_id": digit * 64, "image": picture.getvalue()}]
            figures = dict(zip(("sharpness", "brightness", "contrast"), generator.random(3).tolist(), strict=True))
            images = [{"sample_id": digit * 64, "source_format": "PNG", **figures}]
        write_shard(paths.FACES, digit, pa.Table.from_pylist(faces, FACES), FACES)
        write_shard(paths.IMAGES, digit, pa.Table.from_pylist(images, IMAGES), IMAGES)


def write_training(**changes: object) -> None:
    write_json(paths.train_metrics("tiny"), RECORD | changes)
    paths.train_curves("tiny").parent.mkdir(parents=True, exist_ok=True)
    paths.train_curves("tiny").write_text("epoch,val_loss,val_accuracy,val_macro_f1\n1,1,0.5,0.4\n2,1.5,0.45,0.3\n")


def make(seed: int) -> tuple[ExpressionModel, ModelConfig]:
    config = configure(load_params(), "tiny").of_seed(seed)
    torch.manual_seed(seed)
    return build_model(config), config


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIEN_TRACKING", "off")
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setattr(speed, "BUDGET_S", 0.0)
    paths.PARAMS.write_text(PARAMS)
    write_images()
    write_splits({})
    write_training()
    write_json(paths.prediction_config("tiny"), {"tta": "none"})
    save_model(paths.model("tiny"), *make(42), facts=FACTS)
    return tmp_path


@pytest.mark.usefixtures("workspace")
def test_what_is_written_agrees_with_the_predictions(capsys: pytest.CaptureFixture[str]) -> None:
    evaluate.main("tiny")
    rows = read_table(paths.predictions("tiny"), PREDICTIONS)
    assert set(rows["seed"]) == {42} and rows["split"].tolist() == ["test"] * len(TEST) + ["val"] * len(VAL)
    val = read_predictions(paths.predictions("tiny"), split="val")
    assert {row.path: row.label for row in val.itertuples()} == {path: label for path, _, label in VAL}
    rows = read_predictions(paths.predictions("tiny"))
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
    assert everything["prior_baseline"]["accuracy"] == pytest.approx((2 * 0.5 + 2 * 0.25 + 0.25) / 5), "shares of training"
    assert everything["num_groups"] == 4, "copies are one group"
    assert figures["selection"]["last_epoch"] == 2 and figures["selection"]["gap_macro_f1"] == pytest.approx(0.1)
    assert figures["selection"]["val_to_test_macro_f1"] == pytest.approx(0.4 - everything["macro_f1"])
    size = (paths.model("tiny") / "weights.safetensors").stat().st_size
    assert figures["cost"]["file_bytes"] == size > 4 * figures["cost"]["num_parameters"] > 0
    assert figures["calibration"]["before"]["nll"] == pytest.approx(
        log_loss(rows["label"], torch.from_numpy(logits.astype(float)).softmax(1)[:, [2, 0, 1]], labels=sorted(CLASSES)), abs=1e-12
    )
    assert "seeds" not in figures
    temperature = figures["calibration"]["temperature"]
    certain = read_table(paths.calibrated("tiny"), CALIBRATED)
    assert certain["path"].tolist() == read_table(paths.predictions("tiny"), PREDICTIONS)["path"].tolist(), "test and validation images"
    expected = torch.log_softmax(torch.from_numpy(logits.astype(float)) / temperature, 1).numpy()
    np.testing.assert_allclose(np.stack(certain["log_probabilities"].tolist())[: len(TEST)], expected, atol=1e-6)

    plotted = pd.read_csv(paths.confusion_table("tiny"))
    assert plotted["actual"].tolist() == rows["label"].tolist() and plotted["predicted"].tolist() == rows["predicted"].tolist()
    bars = pd.read_csv(paths.reliability_table("tiny"))
    assert bars.groupby("temperature")["num_images"].sum().to_dict() == {"before": 5, "after": 5}
    _check_answer(figures, rows["label"].tolist(), logits, temperature)
    slices = pd.read_csv(paths.slices("tiny"))
    assert set(slices["column"]) == {"age"}, "every other column has too few values: all are PNG, none has a face box or a flag"
    assert slices["num_images"].sum() == 5
    measured = read_json(paths.cost("tiny", "abc"))
    assert measured["images_per_s"] > 0 < measured["latency_ms"] and measured["device"] == "cpu"
    assert "evaluate: tiny: macro-F1" in capsys.readouterr().out


def _check_answer(figures: dict[str, Any], labels: list[str], logits: np.ndarray, temperature: float) -> None:
    """What is written for answers, and what a threshold gives on the test images, by hand."""
    answer = read_answer(paths.answer("tiny"), remedy="")
    assert answer.classes == list(CLASSES) and answer.temperature == temperature and answer.name == "tiny"
    assert answer.weights_sha256 == hashlib.sha256((paths.model("tiny") / "weights.safetensors").read_bytes()).hexdigest()
    assert answer.test.accuracy == figures["all"]["accuracy"] and [one.num_images for one in answer.test.recalls] == [2, 2, 1]
    assert answer.selective[-1].coverage == 1 and answer.selective[-1].threshold == 0
    chosen = figures["selective"]
    shares = torch.softmax(torch.from_numpy(logits.astype(float)) / temperature, 1).numpy()
    sure, right = shares.max(1), np.array(CLASSES)[shares.argmax(1)] == np.array(labels)
    point = answer.threshold(chosen["min_accuracy"])
    if point is None:
        assert chosen["threshold"] is None and "test" not in chosen
    else:
        assert chosen["threshold"] == pytest.approx(point.threshold, abs=1e-6)
        assert chosen["test"]["coverage"] == pytest.approx((sure >= chosen["threshold"]).mean())
    ranked = right[np.argsort(-sure)]
    assert chosen["aurc"] == pytest.approx(np.mean([1 - ranked[:number].mean() for number in range(1, len(ranked) + 1)]), abs=0.2)
    curve = pd.read_csv(paths.selective_table("tiny"))
    assert set(curve["split"]) == {"test", "validation"}
    assert curve[curve["split"] == "test"].iloc[-1]["accuracy"] == pytest.approx(figures["all"]["accuracy"])


@pytest.mark.usefixtures("workspace")
def test_flagged_test_images_are_left_out_of_clean() -> None:
    write_splits({"copy of z.png": "duplicate", "g.png": "conflict"})
    evaluate.main("tiny")
    figures = read_json(paths.evaluation("tiny"))
    assert figures["all"]["num_images"] == 5 and figures["clean"]["num_images"] == 3
    assert read_table(paths.predictions("tiny"), PREDICTIONS)["flag"].notna().sum() == 2


@pytest.mark.usefixtures("workspace")
def test_every_seed_is_tested_and_the_first_ones_figures_are_the_models() -> None:
    evaluate.main("tiny")
    alone, predictions = read_json(paths.evaluation("tiny")), read_table(paths.predictions("tiny"), PREDICTIONS)
    paths.PARAMS.write_text(PARAMS.replace("input_px: 32", "input_px: 32, seeds: [42, 9, 3]"))
    config = configure(load_params(), "tiny")
    others = [(*make(seed), FACTS) for seed in (9, 3)]
    save_model(paths.model("tiny"), make(42)[0], config, facts=FACTS, other_seeds=others)
    evaluate.main("tiny")

    figures, rows = read_json(paths.evaluation("tiny")), read_table(paths.predictions("tiny"), PREDICTIONS)
    pd.testing.assert_frame_equal(rows.iloc[: len(predictions)], predictions)
    assert rows["seed"].tolist() == [42] * 8 + [9] * 5 + [3] * 5 and (rows["split"] == "val").sum() == 3
    for seed in (9, 3):
        own = rows[rows["seed"] == seed]
        network, own_config = load_model(seed_folder(paths.model("tiny"), seed))
        faces = load_faces(paths.FACES, own, classes=CLASSES, max_px=32)
        wanted = predict_logits(network, faces.images_N3SS, input_px=own_config.input_px, precision="fp32", device="cpu")
        np.testing.assert_allclose(np.stack(own["logits"].tolist()), wanted, rtol=0, atol=1e-5)
        assert figures["by_seed"][str(seed)]["accuracy"] == pytest.approx(accuracy_score(own["label"], own["predicted"]))
    assert figures["seeds"] == [42, 9, 3] and figures["by_seed"]["42"]["kappa"] == pytest.approx(figures["all"]["kappa"])
    accuracies = [own["accuracy"] for own in figures["by_seed"].values()]
    assert figures["over_seeds"]["accuracy"] == {
        "mean": pytest.approx(np.mean(accuracies)),
        "sd": pytest.approx(np.std(accuracies, ddof=1)),
    }
    assert {name: part for name, part in figures.items() if name not in ("seeds", "by_seed", "over_seeds")} == alone


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize(("tta", "num_views"), [("flip", 2), ("ten_crop", 10)])
def test_every_prediction_has_the_views_that_the_configuration_names(tta: str, num_views: int) -> None:
    paths.PARAMS.write_text(PARAMS.replace("input_px: 32", "input_px: 32, seeds: [42, 9]"))
    config = configure(load_params(), "tiny")
    save_model(paths.model("tiny"), make(42)[0], config, facts=FACTS, other_seeds=[(*make(9), FACTS)])
    evaluate.main("tiny")
    alone = read_json(paths.evaluation("tiny"))
    write_json(paths.prediction_config("tiny"), {"tta": tta})
    evaluate.main("tiny")
    found, rows = read_json(paths.evaluation("tiny")), read_table(paths.predictions("tiny"), PREDICTIONS)
    by_split = rows.groupby(["seed", "split"])
    assert set(by_split.groups) == {(42, "test"), (42, "val"), (9, "test")}, "val is what the temperature is fitted on"
    for (seed, split), own in by_split:
        network, _ = load_model(seed_folder(paths.model("tiny"), 9) if seed == 9 else paths.model("tiny"))
        faces = load_faces(paths.FACES, own, classes=CLASSES, max_px=32)
        wanted = predict_logits(network, faces.images_N3SS, input_px=32, precision="fp32", device="cpu", tta=tta)
        np.testing.assert_allclose(np.stack(own["logits"].tolist()), wanted, rtol=0, atol=1e-5, err_msg=f"seed {seed}, {split}")
    assert found["tta"] == tta and "tta" not in alone, "the document of a model without views is as it was"
    assert found["cost"] == {**alone["cost"], "macs": num_views * alone["cost"]["macs"]}
    assert all(read_json(paths.cost("tiny", "abc", tta=name))["images_per_s"] > 0 for name in (tta, "none")), "each has its own speed"


@pytest.mark.usefixtures("workspace")
def test_a_class_without_test_images_has_no_recall_interval() -> None:
    rows = read_table(paths.SPLITS, SPLITS)
    write_table(paths.SPLITS, rows[(rows["split"] != "test") | (rows["label"] != "fear")], SPLITS)
    evaluate.main("tiny")
    fear = read_json(paths.evaluation("tiny"))["all"]["per_class"]["fear"]
    assert fear["support"] == 0 and fear["recall_low"] is None


def test_twice_gives_the_same_bytes(workspace: Path) -> None:
    def written() -> dict[str, bytes]:
        evaluate.main("tiny")
        produced = [*workspace.glob("metrics/**/*"), *workspace.glob("data/predictions/*")]
        return {str(path): path.read_bytes() for path in produced if path.is_file()}

    first = written()
    assert len(first) == 7 + 2 and first == written(), "with the two files of the training"
    json.loads(first[str(workspace / paths.evaluation("tiny"))])


@pytest.mark.usefixtures("workspace")
def test_what_a_user_can_meet() -> None:
    with pytest.raises(ParamsError, match="tiny"):
        evaluate.main("large")
    rows = read_table(paths.SPLITS, SPLITS)
    for split, name in (("test", "test"), ("val", "validation")):
        write_table(paths.SPLITS, rows[rows["split"] != split], SPLITS)
        with pytest.raises(TableError, match=f"no {name} images"):
            evaluate.main("tiny")
    write_table(paths.SPLITS, rows.assign(label=rows["label"].replace("fear", "angry")), SPLITS)
    with pytest.raises(TableError, match="'angry', none of the classes happy, sad, fear"):
        evaluate.main("tiny")
    write_splits({})
    write_training(class_counts={"happy": 2, "sad": 1})
    with pytest.raises(TableError, match=r"do not belong to models/tiny; run `dvc repro --force train@tiny`"):
        evaluate.main("tiny")
    write_training()
    for broken in ("", "epoch,val_loss\n"):
        paths.train_curves("tiny").write_text(broken)
        with pytest.raises(TableError, match=r"metrics/curves/tiny\.csv.*train@tiny"):
            evaluate.main("tiny")
    paths.train_curves("tiny").unlink()
    with pytest.raises(TableError, match=r"metrics/curves/tiny\.csv is missing; run `dvc repro train@tiny`"):
        evaluate.main("tiny")
    assert not paths.evaluation("tiny").exists() and not paths.predictions("tiny").exists()
    (paths.model("tiny") / "model.json").unlink()
    with pytest.raises(TableError, match="train@tiny"):
        evaluate.main("tiny")
    write_json(paths.prediction_config("tiny"), {"tta": "mirrored"})
    with pytest.raises(TableError, match=r"prediction/tiny\.json does not contain the settings of a prediction; run `dvc repro configure`"):
        evaluate.main("tiny")
    paths.prediction_config("tiny").unlink()
    with pytest.raises(TableError, match=r"prediction/tiny\.json is missing; run `dvc repro configure`"):
        evaluate.main("tiny")
