"""The stage on predictions that are written as `evaluate` writes them."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mien.core import paths
from mien.core.errors import TableError
from mien.core.files import read_json, write_json
from mien.evaluate.predictions import Predictions
from mien.evaluate.results import report_on_test
from mien.evaluate.seeds import seed_metrics
from mien.statistics.pairwise_tests import COLUMNS
from mien.store.tables import PREDICTIONS, SPLITS, write_table
from stages import compare

CLASSES = ("happy", "sad")
LABELS = "hhhhhssss"
FULL = {name[0]: name for name in CLASSES}
ENTRY = "{backbone: test_resnet, weights: none, attention: none, head: dense, loss: cross_entropy, input_px: 32}"


def write_params(*models: str, classes: str = "[happy, sad]") -> None:
    paths.PARAMS.write_text(f"labels: {{classes: {classes}}}\nmodels:\n" + "".join(f"  {model}: {ENTRY}\n" for model in models))


def write_splits(labels: str = LABELS) -> None:
    rows = pd.DataFrame({"path": [f"{number}.png" for number in range(len(labels))], "label": [FULL[c] for c in labels]})
    rows = rows.assign(
        sample_id=rows["path"], group_id=rows["path"], scene_id=rows["path"], split="test", subject=None, flag=None, part=None
    )
    rows["shares"] = None
    other = rows.assign(path="v" + rows["path"], split="val")
    write_table(paths.SPLITS, pd.concat([rows, other]), SPLITS)


def write_model(model: str, predicted: str, *, labels: str = LABELS, **more: Any) -> None:
    """What `evaluate` leaves of a model, with another seed's rows, which `compare` must not read."""
    rows = pd.DataFrame({"path": [f"{number}.png" for number in range(len(labels))], "label": [FULL[c] for c in labels]})
    rows = rows.assign(sample_id=rows["path"], split="test", seed=42, predicted=[FULL[c] for c in predicted], flag=None)
    rows["logits"] = [[1.0, 0.0] if c == "h" else [0.0, 1.0] for c in predicted]
    other = rows.assign(seed=1, predicted="happy")
    write_table(paths.predictions(model), pd.concat([rows, rows.assign(split="val", predicted="sad"), other]), PREDICTIONS)
    actual_N = np.array([CLASSES.index(name) for name in rows["label"]])
    predictions = Predictions(actual_N, np.array(rows["logits"].tolist(), np.float32), np.arange(len(rows)))
    flagged_N = np.zeros(len(rows), bool)
    figures = {"nll": 0.5, "brier": 0.25, "ece": 0.125, "classwise_ece": 0.1}
    write_json(
        paths.evaluation(model),
        {
            "model": model,
            "weights": "none",
            "classes": CLASSES,
            "cost": {"num_parameters": 10, "macs": 20, "file_bytes": 30},
            **report_on_test(predictions, classes=CLASSES, flagged_N=flagged_N, class_counts_K=[1, 1], seed=1, num_resamples=100),
            "calibration": {"temperature": 1.0, "before": figures, "after": figures},
            **more,
        },
    )


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIEN_TRACKING", "off")
    write_params("poor", "good")
    write_splits()
    write_model("poor", "shshshshs")
    write_model("good", LABELS)
    return tmp_path


@pytest.mark.usefixtures("workspace")
def test_only_the_models_of_params_yaml_and_of_these_every_pair(capsys: pytest.CaptureFixture[str]) -> None:
    write_model("deleted", LABELS)
    compare.main()
    assert list(read_json(paths.LEADERBOARD)) == ["poor", "good"]
    assert "deleted" not in paths.LEADERBOARD_TABLE.read_text()
    pairs = pd.read_csv(paths.COMPARISONS)
    assert list(pairs) == list(COLUMNS) and pairs[["first", "second"]].to_numpy().tolist() == [["poor", "good"]]
    right = sum(one == other for one, other in zip("shshshshs", LABELS, strict=True))
    assert pairs["only_second_right"][0] == 9 - right and pairs["only_first_right"][0] == 0
    assert pairs["accuracy_p"][0] == pytest.approx(2 * 0.5 ** (9 - right), abs=1e-6)
    said = capsys.readouterr().out
    assert "compare: 2 models, best good with macro-F1 1.0000, shown to be better than" in said


@pytest.mark.usefixtures("workspace")
def test_one_model_alone_has_no_pairs(capsys: pytest.CaptureFixture[str]) -> None:
    write_params("good")
    compare.main()
    assert paths.COMPARISONS.read_text() == ",".join(COLUMNS) + "\n"
    captured = capsys.readouterr()
    assert "compare: 1 model, best good with macro-F1 1.0000 (" in captured.out and not captured.err


@pytest.mark.usefixtures("workspace")
def test_several_seeds_stand_beside_the_first() -> None:
    by_seed = {42: {"macro_f1": 1.0}, 1: {"macro_f1": 0.5}}
    write_model("good", LABELS, **seed_metrics(by_seed))
    compare.main()
    board = read_json(paths.LEADERBOARD)
    assert (board["good"]["macro_f1"], board["good"]["macro_f1_mean"], board["good"]["macro_f1_sd"]) == (1.0, 0.75, 0.353553)
    assert "0.7500 ± 0.3536" in paths.LEADERBOARD_TABLE.read_text() and "macro_f1_mean" not in board["poor"]


@pytest.mark.usefixtures("workspace")
def test_twice_gives_the_same_bytes() -> None:
    def written() -> list[bytes]:
        compare.main()
        return [path.read_bytes() for path in (paths.LEADERBOARD, paths.LEADERBOARD_TABLE, paths.COMPARISONS)]

    assert written() == written()


@pytest.mark.usefixtures("workspace")
def test_what_a_user_can_meet() -> None:
    paths.evaluation("good").unlink()
    with pytest.raises(TableError, match="evaluate@good"):
        compare.main()
    write_model("good", LABELS)
    paths.predictions("good").unlink()
    with pytest.raises(TableError, match=r"data/predictions/good\.parquet is missing"):
        compare.main()
    write_model("good", LABELS[1:], labels=LABELS[1:])
    with pytest.raises(TableError, match=r"good \(8 images\) and poor \(9 images\) were not tested on the same images"):
        compare.main()
    write_model("good", LABELS)
    write_splits(LABELS[:5])
    with pytest.raises(TableError, match=r"poor was tested on 5\.png, which is not in the test split \(4 such images\)"):
        compare.main()
    write_splits()
    write_params("poor", "good", classes="[sad, happy]")
    with pytest.raises(
        TableError, match=r"poor\.json has the classes happy, sad, but params\.yaml has sad, happy; run `dvc repro evaluate@poor`"
    ):
        compare.main()
    write_params("poor", "good")
    write_json(paths.evaluation("good"), {"classes": CLASSES, "all": {"num_images": 9, "macro_f1": 1.0}})
    with pytest.raises(TableError, match=r"good\.json was written by an older version"):
        compare.main()
    assert not any(path.exists() for path in (paths.LEADERBOARD, paths.LEADERBOARD_TABLE, paths.COMPARISONS))


@pytest.mark.usefixtures("workspace")
def test_a_test_split_that_grew_is_refused() -> None:
    """Models tested on fewer images than the test split has now are all alike, and all of yesterday."""
    write_splits(LABELS + "h")
    with pytest.raises(TableError, match=r"poor was not tested on 9\.png, which is in the test split"):
        compare.main()
