"""The stages of a further test set, from a folder of pictures to the metrics of a small network, beside the stages of the main source."""

import re
import shutil
from collections.abc import Iterator
from contextlib import chdir
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from mien.config.configure import configure
from mien.config.params import load_params
from mien.core import paths
from mien.core.files import read_json, write_json
from mien.models.build import build_model
from mien.models.store import save_model
from mien.statistics.headline import MAIN
from mien.store.tables import FATES, PREDICTIONS, SPLITS, read_predictions, read_table
from mien.testsets.prepared import Prepared
from tests.dedup.scenes import scene
from tests.surroundings import Outcome, run_stage_here, tree

PARAMS = """
seed: 1
ingest: {source: photos}
labels: {classes: [happy, sad, fear], aliases: {sad: [blue]}, corrections: corrections.csv}
faces: {detector: none, size_px: 48}
split: {train: 0.5, val: 0.25, test: 0.25}
models:
  tiny: {backbone: test_resnet, weights: none, attention: none, head: linear, loss: cross_entropy, input_px: 32}
testsets:
  other: {source: other, aliases: {happy: [joy]}}
  official: {source: other, use: test, part: '(?P<part>first|second)', aliases: {happy: [joy]}}
runtime: {workers: 1, device: cpu}
"""
CLASSES = ("happy", "sad", "fear")
CHAIN = ("testset_inventory", "testset", "testset_split")
WHOLES = {f"{label}_{number}": scene(100 * place + number, 64) for place, label in enumerate(CLASSES) for number in range(12)}


def saved(pixels: np.ndarray, path: Path, **how: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **how)


def write_main() -> None:
    for name, whole in WHOLES.items():
        saved(whole, Path("photos") / name.partition("_")[0] / f"{name}.png")
    Path("metadata.csv").write_text("path,subject\n")
    Path("votes.csv").write_text("path\n")
    Path("corrections.csv").write_text("sample_id,decision\n")
    for stage in ("ingest", "convert", "dedup", "sanitise", "align", "split"):
        run(stage)


def write_other(splits: pd.DataFrame) -> None:
    """New pictures under two of the classes and two other labels; copies of pictures of every split; a broken file. `test` has a folder."""
    for number in range(16):
        label = ("joy", "blue")[number % 2]
        folder = Path("other") / ("test" if number < 8 else "train") / label
        saved(scene(900 + number, 64), folder / f"{'first' if number < 4 else 'second'}_{number}.png")
    saved(scene(950, 64), Path("other/test/contempt/x.png"))
    for split, rows in splits.groupby("split"):
        first, second, third = rows["path"].sort_values().to_list()[:3]
        whole = {path: WHOLES[Path(path).stem] for path in (first, second, third)}
        place = Path("other/test/blue")
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{split}_exact.png").write_bytes((Path("photos") / first).read_bytes())
        saved(whole[second], place / f"{split}_near.jpg", quality=80)
        saved(whole[third][:, ::-1], place / f"{split}_mirrored.png")
    Path("other/test/blue/broken.jpg").write_bytes(Path("photos/happy/happy_0.png").read_bytes()[:300])


def write_model(**changes: object) -> None:
    """A network with random weights, and what its training leaves."""
    params = load_params()
    config = configure(params, "tiny").of_seed(42)
    torch.manual_seed(0)
    save_model(paths.model("tiny"), build_model(config), config, facts={"weights": "none", "recipe": "one_stage", "fingerprint": "abc"})
    record = {
        "monitor": "val_loss", "best_epoch": 1, "val": {"loss": 1.0, "accuracy": 0.5, "mean_accuracy": 0.5, "macro_f1": 0.4},
        "class_counts": {"happy": 6, "sad": 6, "fear": 6},
    }  # fmt: skip
    write_json(paths.train_metrics("tiny"), record | changes)
    paths.train_curves("tiny").parent.mkdir(parents=True, exist_ok=True)
    paths.train_curves("tiny").write_text("epoch,val_loss,val_accuracy,val_macro_f1\n1,1,0.5,0.4\n")
    write_json(paths.prediction_config("tiny"), {"tta": "none"})
    run("evaluate", "tiny")


def run(stage: str, *arguments: str) -> Outcome:
    done = run_stage_here(stage, *arguments, root=Path.cwd())
    assert done.code == 0, done.err
    return done


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The main source after `split`, a model that is evaluated on it, and both test sets after all of their stages."""
    from mien.models import speed

    folder = tmp_path_factory.mktemp("run")
    with chdir(folder), pytest.MonkeyPatch.context() as patch:
        patch.delenv("DVC_ROOT", raising=False)
        patch.setattr(speed, "BUDGET_S", 0.0)
        paths.PARAMS.write_text(PARAMS)
        write_main()
        write_other(read_table(paths.SPLITS, SPLITS))
        write_model()
        for testset in ("other", "official"):
            for stage in CHAIN:
                (folder / f"{stage}_{testset}.txt").write_text(run(stage, testset).out)
            (folder / f"crosseval_{testset}.txt").write_text(run("crosseval", "tiny", testset).out)
        yield folder


@pytest.fixture
def here(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(root)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    return root


@pytest.mark.usefixtures("here")
def test_every_file_has_a_fate_and_copies_of_training_and_validation_leave() -> None:
    fates = read_table(paths.testset_fates("other"), FATES).set_index("path")
    files = sorted(str(path.relative_to("other")) for path in Path("other").rglob("*.*"))
    assert sorted(fates.index) == files
    for kind in ("exact.png", "near.jpg", "mirrored.png"):
        assert fates.loc[f"test/blue/train_{kind}", ["fate", "reason"]].tolist() == ["leak", "picture of the training split"]
        assert fates.loc[f"test/blue/val_{kind}", ["fate", "reason"]].tolist() == ["leak", "picture of the validation split"]
        assert fates.loc[f"test/blue/test_{kind}", "fate"] == "kept", "no model has learned from the test split"
    splits = read_table(paths.SPLITS, SPLITS)
    train = splits.loc[splits["split"] == "train", "path"].min()
    assert fates.loc["test/blue/train_exact.png", "detail"] == f"same picture as {train} of the main source"
    assert fates.loc["test/contempt/x.png", ["fate", "reason"]].tolist() == ["quarantined", "unknown_label"]
    assert fates.loc["test/blue/broken.jpg", "fate"] == "rejected"
    assert (fates["fate"] == "kept").sum() == 16 + 3
    kept = read_table(paths.testset_splits("other"), SPLITS)
    assert kept["path"].tolist() == fates.index[fates["fate"] == "kept"].tolist()
    assert kept["label"].value_counts().to_dict() == {"happy": 8, "sad": 8 + 3}, "by labels.aliases and those of the test set"
    counts = read_json(paths.testset_counts("other"))
    assert counts["classes"] == {"happy": 8, "sad": 11, "fear": 0} and counts["labels_left_out"] == {"contempt": 1}


@pytest.mark.usefixtures("here")
def test_the_official_test_split_alone_is_read_and_evaluated_by_its_parts() -> None:
    fates = read_table(paths.testset_fates("official"), FATES).set_index("path")
    train = [path for path in fates.index if path.startswith("train/")]
    assert len(train) == 8 and set(fates.loc[train, "reason"]) == {"not in the official test split"}
    kept = read_table(paths.testset_splits("official"), SPLITS)
    assert len(kept) == 8 + 3 and all(path.startswith("test/") for path in kept["path"])
    stored = {path.name for path in Prepared(paths.testset_prepared("official")).folder.iterdir()}
    assert stored == {"files.parquet", "boxes.parquet", "images", "duplicates.parquet", "labels.parquet", "labels_removed.parquet", "faces"}
    document = read_json(paths.crossevaluation("official", "tiny"))
    assert [(name, part["num_images"]) for name, part in document["parts"].items()] == [("first", 4), ("second", 4)]


@pytest.mark.usefixtures("here")
def test_the_metrics_agree_with_the_predictions_and_the_own_test_split() -> None:
    rows = read_table(paths.testset_predictions("other", "tiny"), PREDICTIONS)
    kept = read_table(paths.testset_splits("other"), SPLITS)
    assert rows["path"].tolist() == sorted(kept["path"]) and set(rows["split"]) == {"test"}
    document = read_json(paths.crossevaluation("other", "tiny"))
    assert document["all"]["accuracy"] == pytest.approx((rows["label"] == rows["predicted"]).mean())
    assert document["absent_classes"] == ["fear"] and document["all"]["num_images"] == 19
    assert document["calibration"]["temperature"] == read_json(paths.answer("tiny"))["temperature"]
    own = read_predictions(paths.predictions("tiny"))
    own = own[own["label"] != "fear"]
    assert document["against_own"]["num_images"] == len(own)
    assert document["against_own"]["own"]["accuracy"] == pytest.approx((own["label"] == own["predicted"]).mean())
    copies = rows[rows["path"].str.contains("test_exact")]
    same = read_predictions(paths.predictions("tiny")).merge(copies, on="sample_id")
    assert len(same) == 1 and np.allclose(same["logits_x"].iloc[0], same["logits_y"].iloc[0], atol=1e-5), "the same file, the same logits"
    confusion = pd.read_csv(paths.cross_confusion("other", "tiny"))
    assert confusion["actual"].tolist() == rows["label"].tolist() and confusion["predicted"].tolist() == rows["predicted"].tolist()


def test_what_is_said_names_counts_and_keys(here: Path) -> None:
    said = {path.stem: path.read_text() for path in here.glob("*.txt")}
    assert "testset other: 27 files in other" in said["testset_inventory_other"]
    assert "unknown label 'contempt'" in said["testset_other"] and "testset other: align: " in said["testset_other"]
    assert "19 images to test on, of 27 files" in said["testset_split_other"]
    assert "no image of fear; labels that are no class of the models: contempt (1)" in said["testset_split_other"]
    assert "crosseval: tiny on other: macro-F1" in said["crosseval_other"]


@pytest.mark.usefixtures("here")
def test_the_same_inputs_give_the_same_bytes() -> None:
    places = [paths.testset_splits("other").parent, paths.testset_counts("other").parent]
    before = [tree(place) for place in places]
    for stage in CHAIN:
        run(stage, "other")
    run("crosseval", "tiny", "other")
    assert [tree(place) for place in places] == before


@pytest.mark.usefixtures("here")
def test_the_leaderboard_has_the_metrics_on_each_test_set_and_is_otherwise_the_same() -> None:
    run("compare")
    board, text = read_json(paths.LEADERBOARD), paths.LEADERBOARD_TABLE.read_text()
    crossed = read_json(paths.crossevaluation("other", "tiny"))["all"]
    assert board["tiny"]["testsets"]["other"] == {name: round(crossed[name], 6) for name in MAIN}
    assert list(board["tiny"]["testsets"]) == ["other", "official"]
    assert "| trained model |" in text and "other − own" in text and "none of fear" in text
    own = {name: value for name, value in board["tiny"].items() if name != "testsets"}
    try:
        paths.PARAMS.write_text(PARAMS.partition("testsets:")[0] + "runtime: {workers: 1, device: cpu}\n")
        run("compare")
        assert read_json(paths.LEADERBOARD) == {"tiny": own} and text.startswith(paths.LEADERBOARD_TABLE.read_text())
    finally:
        paths.PARAMS.write_text(PARAMS)


@pytest.mark.parametrize(
    ("entry", "stage", "said"),
    [
        ("{source: nowhere}", "testset_inventory", r"testsets\.bad\.source: nowhere does not exist"),
        ("{source: other, metadata: m.csv}", "testset_inventory", r"testsets\.bad\.metadata: m\.csv does not exist"),
        ("{source: photos, use: test}", "testset", r"testsets\.bad\.use: test needs the set's own test split"),
        ("{source: other, label: '(?P<label>q)'}", "testset", r"testsets\.bad\.label: "),
        ("{source: other/test/contempt}", "testset", r"testsets\.bad\.source: none of 1 images has .* testsets\.bad\.aliases"),
    ],
)
def test_a_source_that_cannot_be_used_is_an_error_with_key_and_remedy(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch, entry: str, stage: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    for name in ("photos", "other"):
        Path(name).symlink_to(root / name)
    paths.PARAMS.write_text(f"{PARAMS.partition('testsets:')[0]}testsets: {{bad: {entry}}}\nruntime: {{workers: 1}}\n")
    done = run_stage_here(stage, "bad", root=tmp_path)
    assert done.code == 2 and re.search(said, done.err), done.err
    assert not list(paths.DATA.rglob("prepared")), "nothing half-written remains"


@pytest.mark.usefixtures("here")
def test_unknown_names_and_missing_inputs_are_errors() -> None:
    assert "testsets has no 'else'; it has: other, official" in run_stage_here("testset", "else", root=Path.cwd()).err
    place = paths.testset_splits("other")
    content = place.read_bytes()
    place.unlink()
    try:
        done = run_stage_here("crosseval", "tiny", "other", root=Path.cwd())
        assert done.code == 2 and f"{place} is missing; run `dvc repro testset_split@other`" in done.err
    finally:
        place.write_bytes(content)


def test_a_change_of_the_source_or_of_a_named_table_changes_the_inventory(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    shutil.copytree(root / "other", "other")
    Path("m.csv").write_text("path,subject\n")
    entry = "{source: other, metadata: m.csv}"
    paths.PARAMS.write_text(f"{PARAMS.partition('testsets:')[0]}testsets: {{own: {entry}}}\nruntime: {{workers: 1}}\n")
    assert "testset own: 27 files in other" in run("testset_inventory", "own").out, "the table is not one of its files"
    seen = [paths.testset_inventory("own").read_bytes()]
    for change in (
        lambda: None,
        lambda: Path("m.csv").write_text("path,subject\nx,y\n"),
        lambda: Path("other/test/blue/broken.jpg").unlink(),
    ):
        change()
        run("testset_inventory", "own")
        seen.append(paths.testset_inventory("own").read_bytes())
    assert [one == other for one, other in pairwise(seen)] == [True, False, False]
