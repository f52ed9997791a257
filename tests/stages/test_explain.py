"""The stage on a small network with random weights: whatever its files name is there, and says what the predictions say."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from PIL import Image

from mien.config.configure import configure
from mien.config.params import load_params
from mien.core import paths
from mien.core.errors import ParamsError, TableError
from mien.core.files import read_json, write_json
from mien.explain.gradcam import grad_cam, normalised, upsampled
from mien.models.build import build_model
from mien.models.predict import predict_logits
from mien.models.store import load_epoch, load_model, save_model
from mien.predict.drawing.overlay import overlay
from mien.store.faces import load_faces
from mien.store.shards import DIGITS, write_shard
from mien.store.tables import DUPLICATES, FACES, FILES, IMAGES, PREDICTIONS, SPLITS, read_table, write_table
from mien.store.thumbnails import decoded, read_thumbnails
from stages import explain
from tests.random_tables import sample_id

CLASSES = ("angry", "happy", "sad")
PARAMS = """
labels: {{classes: [angry, happy, sad], aliases: {{sad: [sadness]}}}}
explain: {{maps: 15, faithfulness: 4, gallery: 2, pictured_failures: 5, neighbours: 2, neighbour_pool: 12}}
models:
  tiny: {{backbone: test_resnet, weights: none, attention: none, head: {head}, dropout: 0.0, loss: cross_entropy, input_px: 32}}
report: {{names: original}}
runtime: {{workers: 1, device: cpu}}
"""
NUM_TEST, NUM_TRAIN = 24, 18
LANDMARKS = [12.0, 14.0, 26.0, 14.0, 19.0, 20.0, 13.0, 28.0, 25.0, 28.0]


def write_stores(ids: list[str], *, landmarks: bool) -> None:
    rng = np.random.default_rng(0)
    for digit in DIGITS:
        faces, images = [], []
        for name in sorted(own for own in ids if own[0] == digit):
            file = io.BytesIO()
            smooth = rng.integers(0, 200, (4, 4, 3), dtype=np.uint8)
            Image.fromarray(smooth).resize((40, 40), Image.Resampling.BICUBIC).save(file, "PNG")
            found = {"box": [5.0, 5.0, 45.0, 55.0], "landmarks": LANDMARKS, "score": float(rng.uniform(0.9, 1)), "num_faces": 1}
            faces.append({"sample_id": name, "image": file.getvalue(), **(found if landmarks else {})})
            figures = {column: float(rng.uniform(1, 100)) for column in ("sharpness", "brightness", "contrast")}
            images.append({"sample_id": name, "image": b"", "source_format": "PNG", **figures})
        write_shard(paths.FACES, digit, pa.Table.from_pylist(faces, FACES), FACES)
        write_shard(paths.IMAGES, digit, pa.Table.from_pylist(images, IMAGES), IMAGES)


def write_rows(labels: list[str]) -> None:
    """Test images with these labels, then training images; the first two test images have the same content, the last a twin of another
    label.
    """
    rows = [{"path": f"test/{number:02d}.png", "sample_id": sample_id(max(number, 1)), "split": "test"} for number in range(len(labels))]
    rows += [
        {"path": f"train/{number:02d}.png", "sample_id": sample_id(("train", number)), "split": "train"} for number in range(NUM_TRAIN)
    ]
    frame = pd.DataFrame(rows).assign(label=labels + [CLASSES[number % 3] for number in range(NUM_TRAIN)], subject=None, flag=None)
    frame["group_id"] = frame["scene_id"] = frame["sample_id"]
    frame["part"] = frame["shares"] = None
    write_table(paths.SPLITS, frame, SPLITS)
    twin = frame.iloc[[len(labels) - 1]].assign(path="twin.png", label="Sadness 2")
    files = pd.concat([frame, twin], ignore_index=True).assign(label_raw=lambda all_: all_["label"], size_bytes=1, ignored=None, error=None)
    write_table(paths.FILES, files.assign(subset_raw=None, metadata=None, votes=None), FILES)
    write_table(paths.DUPLICATES, files.assign(kind=None, twin_path=None, distance=0, correlation=1.0, agreement=1.0), DUPLICATES)


def write_predictions(tta: str = "none") -> list[str]:
    """Of the model as it is; returns the classes predicted, by path."""
    rows = read_table(paths.SPLITS, SPLITS)
    rows = rows[rows["split"] == "test"].sort_values("path", ignore_index=True)
    network, _ = load_model(paths.model("tiny"))
    faces = load_faces(paths.FACES, rows, classes=CLASSES, max_px=32)
    logits = predict_logits(network, faces.images_N3SS, input_px=32, precision="fp32", device="cpu", tta=tta)
    predicted = [CLASSES[column] for column in logits.argmax(axis=1)]
    write_table(paths.predictions("tiny"), rows.assign(logits=list(logits), predicted=predicted, seed=42), PREDICTIONS)
    return predicted


def relabel(labels: list[str]) -> None:
    """Gives the test images other labels; the network predicts what it predicts."""
    write_rows(labels)
    write_predictions()


def make(head: str = "linear", *, landmarks: bool = True) -> None:
    paths.PARAMS.write_text(PARAMS.format(head=head))
    labels = [CLASSES[number % 3] for number in range(NUM_TEST)]
    ids = [sample_id(number) for number in range(NUM_TEST)] + [sample_id(("train", number)) for number in range(NUM_TRAIN)]
    write_stores(ids, landmarks=landmarks)
    write_rows(labels)
    torch.manual_seed(1)
    write_json(paths.prediction_config("tiny"), {"tta": "none"})
    config = configure(load_params(), "tiny")
    save_model(paths.model("tiny"), build_model(config), config, facts={"weights": "none", "recipe": "one_stage"})
    write_predictions()


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIEN_TRACKING", "off")
    make()
    return tmp_path


def written() -> dict[str, bytes]:
    folder = paths.explanation_folder("tiny")
    files = [*folder.iterdir(), paths.explanation("tiny")]
    return {path.name: path.read_bytes() for path in files}


def named(value: Any) -> set[str]:
    """Every name of a picture anywhere in a JSON value."""
    if isinstance(value, dict):
        return set().union(*(named(each) for each in value.values()))
    if isinstance(value, list):
        return set().union(*(named(each) for each in value)) if value else set()
    return {value} if isinstance(value, str) and value.startswith(("face/", "map/", "class_map", "epoch/")) else set()


def consistent() -> dict[str, Any]:
    """What must hold of every result; returns the document."""
    folder, document = paths.explanation_folder("tiny"), read_json(paths.explanation("tiny"))
    rows = read_table(paths.predictions("tiny"), PREDICTIONS)
    pages = {name: read_json(folder / f"{name}.json") for name in ("gallery", "mirrored", "failures")}
    if (folder / "epochs.json").exists():
        pages["epochs"] = read_json(folder / "epochs.json")
    pictures = read_thumbnails(folder / "pictures.parquet")
    assert named(list(pages.values())) == set(pictures), "every name is there, and nothing besides"
    assert all(decoded(data).shape[2] == 3 for data in pictures.values())
    wrong = rows[rows["label"] != rows["predicted"]]
    table = pd.read_csv(folder / "failures.csv")
    assert table["path"].tolist() == wrong["path"].tolist()
    assert document["failures"]["num"] == len(wrong) and document["failures"]["num_tested"] == len(rows)
    assert [(page["class"], page["kind"]) for page in pages["gallery"]] == [(name, kind) for name in CLASSES for kind in ("right", "wrong")]
    by_path = rows.set_index("path")
    for page in pages["gallery"]:
        for shown in page["pictures"]:
            assert shown["actual"] == page["class"] == by_path.loc[shown["path"], "label"]
            assert (shown["actual"] == shown["predicted"]) == (page["kind"] == "right")
    assert sum(len(group["pictures"]) for group in pages["failures"]) <= 5
    for group in pages["failures"]:
        for shown in group["pictures"]:
            line = table.set_index("path").loc[shown["path"]]
            assert [near["sample_id"] for near in shown["neighbours"]] == line["neighbours"].split()
            assert [near["label"] for near in shown["neighbours"]] == line["neighbour_labels"].split("; ")
    return document


@pytest.mark.usefixtures("workspace")
def test_what_is_written_agrees_with_the_predictions(capsys: pytest.CaptureFixture[str]) -> None:
    explain.main("tiny")
    document = consistent()
    assert "explain: tiny: 15 maps measured" in capsys.readouterr().out
    assert document["model"] == "tiny" and document["num_maps"] == 15 == document["num_correct"] + document["num_wrong"]
    assert {claim["name"] for claim in document["claims"]} == {"heat_face", "heat_eyes", "heat_mouth", "spread", "mirror"}
    assert document["sanity"]["num_images"] <= 4 and document["faithfulness"]["num_images"] <= 4
    assert "occlusion" in document["failures"]["not_measured"]
    table = pd.read_csv(paths.explanation_folder("tiny") / "failures.csv").set_index("path")
    chances = table[[f"p_{name}" for name in CLASSES]]
    assert (chances.idxmax(axis=1) == "p_" + table["predicted"]).all()
    mirrored = read_json(paths.explanation_folder("tiny") / "mirrored.json")
    assert [entry["actual"] for entry in mirrored] == list(CLASSES)
    for entry in mirrored:
        assert entry["rows"][0]["class"] == entry["actual"] and len({line["class"] for line in entry["rows"]}) == 3
    assert (paths.explanation_folder("tiny") / "mirrored.jpg").is_file()


@pytest.mark.usefixtures("workspace")
def test_a_twin_of_another_label_is_named() -> None:
    labels = write_predictions()
    relabel([*labels[:-1], "happy" if labels[-1] == "angry" else "angry"])
    explain.main("tiny")
    table = pd.read_csv(paths.explanation_folder("tiny") / "failures.csv", keep_default_na=False)
    assert table["path"].tolist() == [f"test/{NUM_TEST - 1:02d}.png"] and table["twins"].tolist() == ["sad"]
    (group,) = read_json(paths.explanation_folder("tiny") / "failures.json")
    assert group["pictures"][0]["twins"] == ["sad"]


@pytest.mark.usefixtures("workspace")
def test_hashed_names_change_the_names_and_nothing_else() -> None:
    explain.main("tiny")
    folder = paths.explanation_folder("tiny")
    plain = {name: data.decode("utf-8") for name, data in written().items() if name.endswith((".json", ".csv"))}
    named = pd.read_csv(folder / "failures.csv")
    paths.PARAMS.write_text(paths.PARAMS.read_text().replace("names: original", "names: hashed"))
    explain.main("tiny")
    hashed = pd.read_csv(folder / "failures.csv")
    assert hashed["path"].tolist() == [name[:12] for name in named["sample_id"]] and len(hashed)
    pd.testing.assert_frame_equal(hashed.drop(columns="path"), named.drop(columns="path"))
    files = read_table(paths.SPLITS, SPLITS)
    for name, text in plain.items():
        other = written()[name].decode("utf-8")
        assert not any(path in other for path in files["path"]), name
        for path, content in zip(files["path"], files["sample_id"], strict=True):
            text = text.replace(path, content[:12])
        assert other == text, name


def test_twice_gives_the_same_bytes(workspace: Path) -> None:
    explain.main("tiny")
    first = written()
    assert len(first) == 8
    explain.main("tiny")
    assert written() == first
    assert not [path for path in workspace.rglob("*") if path.name.startswith(".") and path.suffix == ".tmp"]


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize("shift", [0, 1], ids=["all right", "all wrong"])
def test_all_right_and_all_wrong(shift: int) -> None:
    relabel([CLASSES[(CLASSES.index(name) + shift) % 3] for name in write_predictions()])
    explain.main("tiny")
    document = consistent()
    assert document["failures"]["num"] == shift * NUM_TEST and document["failures"]["associations"] == []
    assert sum(pair["num"] for pair in document["failures"]["pairs"]) == shift * NUM_TEST


@pytest.mark.usefixtures("workspace")
def test_a_class_that_no_test_image_has() -> None:
    relabel([("angry", "happy")[number % 2] for number in range(NUM_TEST)])
    explain.main("tiny")
    consistent()
    assert [entry["actual"] for entry in read_json(paths.explanation_folder("tiny") / "mirrored.json")] == ["angry", "happy"]


@pytest.mark.usefixtures("workspace")
def test_without_landmarks_and_without_class_maps() -> None:
    make("dense", landmarks=False)
    explain.main("tiny")
    document = consistent()
    assert {claim["name"] for claim in document["claims"]} == {"spread", "mirror"}
    assert read_json(paths.explanation_folder("tiny") / "mirrored.json") == []
    assert not (paths.explanation_folder("tiny") / "mirrored.jpg").exists()
    assert not {"face_px", "score"} & {entry["column"] for entry in document["failures"]["associations"]}


def trained_for(num_epochs: int, *, best: int, kept: Mapping[int, int], asked: str) -> None:
    """The model says that it was trained so, with weights drawn with the seed of each kept epoch; params.yaml asks for maps."""
    network, config = load_model(paths.model("tiny"))
    states = {}
    for epoch, seed in kept.items():
        torch.manual_seed(seed)
        states[epoch] = build_model(config).state_dict()
    facts = {"weights": "none", "recipe": "one_stage", "epochs": num_epochs, "best_epoch": best}
    save_model(paths.model("tiny"), network, config, facts=facts, epochs=states)
    paths.PARAMS.write_text(paths.PARAMS.read_text().replace("neighbour_pool: 12", f"neighbour_pool: 12, epochs: {asked}"))


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize("tta", ["none", "flip"])
def test_maps_of_the_same_images_by_epoch(tta: str) -> None:
    write_predictions(tta)
    write_json(paths.prediction_config("tiny"), {"tta": tta})
    explain.main("tiny")
    without = written()
    trained_for(5, best=4, kept={1: 3, 5: 4}, asked="[1, 5, best, 7]")
    explain.main("tiny")
    consistent()
    folder = paths.explanation_folder("tiny")
    assert set(written()) - set(without) == {"epochs.json", "epochs.jpg"}
    assert {name for name in without if written()[name] != without[name]} == {"pictures.parquet"}, "what is not asked for stays"
    found = read_json(folder / "epochs.json")
    assert [column["name"] for column in found["columns"]] == ["epoch 1", "epoch 5", "epoch 4, best"]
    assert found["not_reached"] == [7] and found["num_epochs"] == 5
    assert [entry["actual"] for entry in found["images"]] == [name for name in CLASSES for _ in range(2)]
    rows = read_table(paths.predictions("tiny"), PREDICTIONS).set_index("path").loc[[entry["path"] for entry in found["images"]]]
    faces = load_faces(paths.FACES, rows.reset_index(), classes=CLASSES, max_px=32)
    by_name = {name: row for row, name in enumerate(faces.sample_ids)}
    images = faces.images_N3SS[[by_name[name] for name in rows["sample_id"]]]
    networks = [load_epoch(paths.model("tiny"), 1), load_epoch(paths.model("tiny"), 5), load_model(paths.model("tiny"))[0]]
    pictures = read_thumbnails(folder / "pictures.parquet")
    for place, network in enumerate(networks):
        logits = predict_logits(network, images, input_px=32, precision="fp32", device="cpu", tta=tta)
        chances = torch.softmax(torch.from_numpy(logits).double(), dim=1)
        cells = [entry["cells"][place] for entry in found["images"]]
        assert [cell["predicted"] for cell in cells] == [CLASSES[own] for own in logits.argmax(axis=1)]
        assert [cell["probability"] for cell in cells] == pytest.approx(chances.amax(dim=1).tolist(), abs=1e-5)
        targets = torch.tensor([CLASSES.index(entry["actual"]) for entry in found["images"]])
        maps = normalised(upsampled(grad_cam(network, images, targets, input_px=32), images.shape[-1])).numpy()
        for cell, image, map_SS in zip(cells, images, maps, strict=True):
            drawn = overlay(image.permute(1, 2, 0).numpy(), map_SS).astype(int)
            assert np.abs(decoded(pictures[cell["map"]]).astype(int) - drawn).mean() < 8, "up to WebP"
    assert [entry["cells"][2]["predicted"] for entry in found["images"]] == rows["predicted"].tolist(), "those of the model itself"
    first = written()
    explain.main("tiny")
    assert written() == first


@pytest.mark.usefixtures("workspace")
def test_other_weights_show_the_same_images() -> None:
    chosen = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        config = configure(load_params(), "tiny")
        save_model(paths.model("tiny"), build_model(config), config, facts={"epochs": 3, "best_epoch": 2})
        write_predictions()
        paths.PARAMS.write_text(PARAMS.format(head="linear").replace("neighbour_pool: 12", "neighbour_pool: 12, epochs: [best]"))
        explain.main("tiny")
        found = read_json(paths.explanation_folder("tiny") / "epochs.json")
        chosen.append([(entry["path"], entry["actual"]) for entry in found["images"]])
        assert [column["epoch"] for column in found["columns"]] == [2]
    assert chosen[0] == chosen[1]


@pytest.mark.usefixtures("workspace")
def test_epochs_that_were_not_reached_and_weights_that_were_not_kept() -> None:
    trained_for(3, best=2, kept={}, asked="[5, 8]")
    explain.main("tiny")
    found = read_json(paths.explanation_folder("tiny") / "epochs.json")
    assert (found["columns"], found["not_reached"], found["num_epochs"]) == ([], [5, 8], 3)
    assert not (paths.explanation_folder("tiny") / "epochs.jpg").exists()
    paths.PARAMS.write_text(paths.PARAMS.read_text().replace("[5, 8]", "[1, 3, 8]"))
    with pytest.raises(TableError, match=r"^models/tiny has no weights after epoch 1 and 3, .*; run `dvc repro train@tiny`"):
        explain.main("tiny")
    network, config = load_model(paths.model("tiny"))
    save_model(paths.model("tiny"), network, config, facts={"epochs": "many"})
    with pytest.raises(TableError, match=r"model\.json does not say after how many epochs .*train@tiny"):
        explain.main("tiny")


@pytest.mark.usefixtures("workspace")
def test_predictions_are_checked_with_the_views_that_they_were_made_with() -> None:
    write_predictions("flip")
    with pytest.raises(TableError, match="other weights"):
        explain.main("tiny")
    write_json(paths.prediction_config("tiny"), {"tta": "flip"})
    explain.main("tiny")
    assert paths.explanation("tiny").is_file()


@pytest.mark.usefixtures("workspace")
def test_what_a_user_can_meet() -> None:
    def refused(match: str) -> None:
        with pytest.raises(TableError, match=match):
            explain.main("tiny")
        assert not paths.explanation("tiny").exists() and not paths.explanation_folder("tiny").exists()

    with pytest.raises(ParamsError, match="tiny"):
        explain.main("large")
    rows, splits = read_table(paths.predictions("tiny"), PREDICTIONS), read_table(paths.SPLITS, SPLITS)
    write_table(paths.predictions("tiny"), rows.assign(logits=[own[::-1] for own in rows["logits"]]), PREDICTIONS)
    refused("largest logits.*evaluate@tiny")
    turned = rows.assign(logits=[np.roll(own, 1) for own in rows["logits"]])
    turned["predicted"] = [CLASSES[np.argmax(own)] for own in turned["logits"]]
    write_table(paths.predictions("tiny"), turned, PREDICTIONS)
    refused("other weights.*evaluate@tiny")
    write_table(paths.predictions("tiny"), rows.iloc[1:], PREDICTIONS)
    refused("does not match the test images.*evaluate@tiny")
    write_table(paths.predictions("tiny"), rows.head(0), PREDICTIONS)
    refused("no test images.*evaluate@tiny")
    write_table(paths.predictions("tiny"), rows, PREDICTIONS)
    write_table(paths.SPLITS, splits[splits["split"] == "test"], SPLITS)
    refused("no training images.*repro split")
    write_table(paths.SPLITS, splits, SPLITS)
    write_shard(paths.FACES, "0", pa.Table.from_pylist([], FACES), FACES)
    refused("lacks .* faces")
    paths.predictions("tiny").unlink()
    refused("tiny.parquet is missing")
