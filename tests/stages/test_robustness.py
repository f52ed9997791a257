"""The stage on a small network with random weights."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from mien.config.params import load_params
from mien.core import paths
from mien.core.errors import TableError
from mien.core.files import read_json, write_json
from mien.models.store import load_model, save_model
from mien.predict.answer import answer_document
from mien.store.tables import PREDICTIONS, SPLITS, read_table, write_table
from mien.store.thumbnails import decoded, read_thumbnails
from stages import robustness
from tests.predict.network import answer
from tests.stages import test_explain
from tests.stages.test_explain import CLASSES, NUM_TEST

CORRUPTIONS = ["gaussian_noise", "jpeg", "covered_eyes"]


def make(*, landmarks: bool = True, images: int = 1000, names: str = "original") -> None:
    test_explain.make(landmarks=landmarks)
    text = paths.PARAMS.read_text().replace("names: original", f"names: {names}")
    paths.PARAMS.write_text(f"{text}robustness: {{models: [tiny], images: {images}, corruptions: [{', '.join(CORRUPTIONS)}]}}\n")
    write_json(paths.answer("tiny"), answer_document(answer(name="tiny", classes=list(CLASSES), size_px=32, min_accuracy=0.7)))


@pytest.fixture(autouse=True)
def _workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIEN_TRACKING", "off")
    torch.set_num_threads(1)
    make()


def written() -> dict[str, bytes]:
    files = [paths.robustness("tiny"), paths.robustness_table("tiny"), *sorted(paths.robustness_folder("tiny").iterdir())]
    return {str(path): path.read_bytes() for path in files}


def run() -> dict[str, Any]:
    robustness.main("tiny")
    found: dict[str, Any] = read_json(paths.robustness("tiny"))
    return found


def test_what_is_written_belongs_together(capsys: pytest.CaptureFixture[str]) -> None:
    found = run()
    rows = read_table(paths.predictions("tiny"), PREDICTIONS).drop_duplicates("sample_id")
    assert found["num_images"] == len(rows) == NUM_TEST - 1, "one picture has two rows"
    assert found["clean"]["accuracy"]["value"] == (rows["label"] == rows["predicted"]).mean()
    assert [one["name"] for one in found["corruptions"]] == CORRUPTIONS and found["left_out"] == {}
    assert found["threshold"] == 0 and found["temperature"] == 2
    table = pd.read_csv(paths.robustness_table("tiny"))
    assert len(table) == 6 * len(CORRUPTIONS)
    worst = max(found["corruptions"], key=lambda one: one["accuracy_loss"]["value"])
    assert found["worst"] == worst["name"]
    said = capsys.readouterr().out
    assert re.match(rf"robustness: tiny: accuracy 0\.\d+ on {NUM_TEST - 1} images; -?[\d.]+% of the accuracy lost", said)


def test_the_example_is_one_face_with_what_the_network_says_of_it() -> None:
    run()
    folder = paths.robustness_folder("tiny")
    example, pictures = read_json(folder / "examples.json"), read_thumbnails(folder / "pictures.parquet")
    named = [example["clean"]["picture"], *(cell["picture"] for row in example["rows"] for cell in row["cells"])]
    assert sorted(named) == sorted(pictures) and len(named) == 1 + 3 * len(CORRUPTIONS)
    assert {decoded(data).shape for data in pictures.values()} == {(40, 40, 3)}
    rows = read_table(paths.predictions("tiny"), PREDICTIONS).drop_duplicates("sample_id").set_index("sample_id")
    own = rows.loc[example["sample_id"]]
    assert (own["label"], own["predicted"]) == (example["actual"], example["clean"]["predicted"])
    if (rows["label"] == rows["predicted"]).any():
        assert example["actual"] == example["clean"]["predicted"]
    assert (folder / "examples.jpg").read_bytes()[:2] == b"\xff\xd8"
    assert example["path"] == own["path"]


def test_files_have_the_names_that_report_names_says() -> None:
    make(names="hashed")
    run()
    example = read_json(paths.robustness_folder("tiny") / "examples.json")
    assert example["path"] == example["sample_id"][:12]


def test_a_second_run_writes_the_same_bytes() -> None:
    run()
    first = written()
    run()
    assert written() == first


def test_a_smaller_number_of_images_has_every_class() -> None:
    make(images=9)
    found = run()
    assert found["num_images"] == 9 and found["num_groups"] == 9 and found["accuracy_loss"]["low"] is None


def test_without_landmarks_nothing_is_covered() -> None:
    make(landmarks=False)
    found = run()
    assert [one["name"] for one in found["corruptions"]] == CORRUPTIONS[:2] and list(found["left_out"]) == ["covered_eyes"]
    assert len(read_json(paths.robustness_folder("tiny") / "examples.json")["rows"]) == 2


def test_other_weights_than_those_of_the_evaluation_are_refused() -> None:
    network, config = load_model(paths.model("tiny"))
    with torch.no_grad():
        for weights in network.parameters():
            weights.mul_(-3)
    save_model(paths.model("tiny"), network, config, facts={})
    with pytest.raises(TableError, match=r"run `dvc repro evaluate@tiny` to make it again"):
        run()
    assert not paths.robustness("tiny").exists()


def test_missing_and_foreign_inputs_name_the_stage_to_run() -> None:
    write_json(paths.answer("tiny"), answer_document(answer(classes=["happy", "sad"], size_px=32)))
    with pytest.raises(
        TableError, match=r"has the classes happy, sad, but models/tiny has angry, happy, sad; run `dvc repro evaluate@tiny`"
    ):
        run()
    paths.answer("tiny").unlink()
    with pytest.raises(TableError, match=r"data/answers/tiny\.json is missing; run `dvc repro evaluate@tiny`"):
        run()
    make()
    rows = read_table(paths.predictions("tiny"), PREDICTIONS)
    write_table(paths.predictions("tiny"), rows.iloc[5:], PREDICTIONS)
    with pytest.raises(TableError, match=r"lacks \d+ of the test images"):
        run()
    splits = read_table(paths.SPLITS, SPLITS)
    write_table(paths.SPLITS, splits[splits["split"] == "train"], SPLITS)
    with pytest.raises(TableError, match="no test images"):
        run()


def test_the_images_are_those_that_the_network_was_tested_on() -> None:
    """The stored faces have 40 px and the network 32: the resizing must be that of `evaluate`, or the logits differ."""
    found = run()
    assert load_params().robustness.models == ("tiny",)
    confidence = []
    for logits in read_table(paths.predictions("tiny"), PREDICTIONS).drop_duplicates("sample_id")["logits"]:
        shares = np.exp(np.asarray(logits, float) / 2)
        confidence.append(shares.max() / shares.sum())
    assert found["clean"]["confidence"] == pytest.approx(np.mean(confidence), abs=1e-5)
