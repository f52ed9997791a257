"""The stage on two small networks whose predictions are given: what it writes is the mean of their calibrated probabilities."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import log_softmax, softmax
from sklearn.metrics import accuracy_score

from mien.config.configure import configure
from mien.config.params import load_params
from mien.config.prediction import ensemble_config
from mien.core import paths
from mien.core.errors import ParamsError, TableError
from mien.core.files import read_json, write_json
from mien.models.build import build_model
from mien.models.cost import cost_of
from mien.models.store import describe_model, save_model
from mien.models.weights import WEIGHTS
from mien.predict.ensemble_answer import read_ensemble_answer
from mien.store.tables import CALIBRATED, PREDICTIONS, SPLITS, read_table, write_table
from stages import compare, ensemble, evaluate
from tests.stages.test_evaluate import CLASSES, RECORD, TEST, VAL, sample_id, write_images, write_splits

PARAMS = """
labels: {classes: [happy, sad, fear]}
models:
  one: {backbone: test_resnet, weights: none, attention: none, head: linear, loss: cross_entropy, input_px: 32, tta: flip}
  two: {backbone: test_efficientnet, weights: none, attention: none, head: linear, loss: cross_entropy, input_px: 32}
ensembles: {pair: [two, one]}
runtime: {workers: 1, device: cpu}
"""


def logits_of(seed: int) -> np.ndarray:
    """One row of logits for each test and validation image, in the order of their paths within the two splits."""
    return 3 * np.random.default_rng(seed).normal(size=(len(TEST) + len(VAL), len(CLASSES)))


def images() -> pd.DataFrame:
    rows = [(path, sample_id(number), label, split) for split, rows in (("test", TEST), ("val", VAL)) for path, number, label in rows]
    return pd.DataFrame(rows, columns=["path", "sample_id", "label", "split"]).sort_values(["split", "path"], ignore_index=True)


def write_calibrated(model: str, seed: int) -> None:
    """In an order of its own, because the rows are found by their paths."""
    rows = images().assign(log_probabilities=list(log_softmax(logits_of(seed), axis=1)))
    write_table(paths.calibrated(model), rows.sample(frac=1, random_state=seed), CALIBRATED)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIEN_TRACKING", "off")
    paths.PARAMS.write_text(PARAMS)
    params = load_params()
    write_images()
    write_splits({})
    write_json(paths.ensemble_config("pair"), ensemble_config(params, "pair").model_dump())
    for seed, (model, weights) in enumerate((("one", "imagenet"), ("two", "none"))):
        torch.manual_seed(seed)
        config = configure(params, model)
        save_model(paths.model(model), build_model(config), config, facts={"weights": weights})
        write_calibrated(model, seed)
    return tmp_path


@pytest.mark.usefixtures("workspace")
def test_the_predictions_are_the_mean_of_those_of_the_members(capsys: pytest.CaptureFixture[str]) -> None:
    ensemble.main("pair")
    rows = read_table(paths.predictions("pair"), PREDICTIONS)
    assert rows[list(images())].to_numpy().tolist() == images().to_numpy().tolist()
    mean = (softmax(logits_of(0), axis=1) + softmax(logits_of(1), axis=1)) / 2
    np.testing.assert_allclose(np.exp(np.stack(rows["logits"].tolist())), mean, atol=1e-6)
    assert rows["predicted"].tolist() == [CLASSES[place] for place in mean.argmax(axis=1)]
    found = read_json(paths.evaluation("pair"))
    test = rows[rows["split"] == "test"]
    assert found["all"]["accuracy"] == pytest.approx(accuracy_score(test["label"], test["predicted"]))
    assert found["all"]["prior_baseline"]["accuracy"] == pytest.approx(2 / 5), "the one training image is happy, as 2 of 5 test images"
    assert "evaluate" not in capsys.readouterr().out


@pytest.mark.usefixtures("workspace")
def test_the_document_names_the_members_and_sums_their_cost() -> None:
    ensemble.main("pair")
    found, params = read_json(paths.evaluation("pair")), load_params()
    assert found["members"] == ["two", "one"] and found["weights"] == "none + imagenet" and found["classes"] == list(CLASSES)
    costs = [cost_of(configure(params, model), tta=params.model(model).tta) for model in ("one", "two")]
    single = cost_of(configure(params, "one"), tta="none")
    assert found["cost"] == {
        "num_parameters": sum(one.num_parameters for one in costs),
        "macs": 2 * single.num_macs + costs[1].num_macs,
        "file_bytes": sum((paths.model(model) / WEIGHTS).stat().st_size for model in ("one", "two")),
    }
    assert "selection" not in found and "seeds" not in found and "tta" not in found


@pytest.mark.usefixtures("workspace")
def test_what_its_answers_need_is_written() -> None:
    ensemble.main("pair")
    found, evaluated = read_ensemble_answer(paths.answer("pair"), name="pair"), read_json(paths.evaluation("pair"))
    assert found.members == {model: describe_model(paths.model(model)).weights_sha256 for model in ("two", "one")}
    assert list(found.members) == ["two", "one"] and tuple(found.classes) == tuple(CLASSES)
    assert found.temperature == evaluated["calibration"]["temperature"]
    curve = pd.read_csv(paths.selective_table("pair"))
    own = curve[curve["split"] == "validation"]
    assert [point.accuracy for point in found.selective] == pytest.approx(own["accuracy"].tolist(), abs=1e-5)
    assert [point.coverage for point in found.selective] == pytest.approx(own["coverage"].tolist(), abs=1e-5)
    assert found.test.accuracy == evaluated["all"]["accuracy"] and found.min_accuracy == load_params().predict.min_accuracy


@pytest.mark.usefixtures("workspace")
def test_everything_that_is_known_of_a_models_test_is_known_of_an_ensembles() -> None:
    write_splits({"copy of z.png": "duplicate"})
    ensemble.main("pair")
    found = read_json(paths.evaluation("pair"))
    assert {"all", "clean", "calibration"} <= set(found) and set(found["calibration"]) >= {"temperature", "before", "after"}
    assert set(pd.read_csv(paths.slices("pair"))["column"]) >= {"age"}
    bars = pd.read_csv(paths.reliability_table("pair"))
    assert bars.groupby("temperature")["num_images"].sum().to_dict() == {"before": len(TEST), "after": len(TEST)}
    assert len(pd.read_csv(paths.confusion_table("pair"))) == len(TEST) and paths.confusion_picture("pair").is_file()


def test_it_is_a_row_of_the_leaderboard_and_compared_with_every_model(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVC_ROOT", str(workspace))
    params = load_params()
    for model in params.models:
        config = configure(params, model)
        save_model(paths.model(model), build_model(config), config, facts={"weights": "none", "recipe": "one_stage", "fingerprint": "f"})
        write_json(paths.prediction_config(model), {"tta": params.model(model).tta})
        write_json(paths.train_metrics(model), RECORD)
        paths.train_curves(model).parent.mkdir(parents=True, exist_ok=True)
        paths.train_curves(model).write_text("epoch,val_loss,val_accuracy,val_macro_f1\n1,1,0.5,0.4\n")
        evaluate.main(model)
    ensemble.main("pair")
    compare.main()
    assert list(read_json(paths.LEADERBOARD)) == ["one", "two", "pair"]
    pairs = pd.read_csv(paths.COMPARISONS)[["first", "second"]].to_numpy().tolist()
    assert sorted(map(sorted, pairs)) == [["one", "pair"], ["one", "two"], ["pair", "two"]]
    table = paths.LEADERBOARD_TABLE.read_text()
    assert "pair is an ensemble: the mean of the calibrated probabilities of two, one. Its cost is the sum of theirs." in table
    temperatures = {model: read_json(paths.evaluation(model))["calibration"]["temperature"] for model in params.models}
    each = [
        softmax(np.stack(read_table(paths.predictions(model), PREDICTIONS)["logits"].tolist()) / temperatures[model], axis=1)
        for model in params.models
    ]
    own = np.stack(read_table(paths.predictions("pair"), PREDICTIONS)["logits"].tolist())
    np.testing.assert_allclose(np.exp(own), np.mean(each, axis=0), atol=1e-6)


def test_twice_gives_the_same_bytes(workspace: Path) -> None:
    def written() -> dict[str, bytes]:
        ensemble.main("pair")
        produced = [*workspace.glob("metrics/**/*"), *workspace.glob("data/predictions/*"), *workspace.glob("data/answers/*")]
        return {str(path): path.read_bytes() for path in produced if path.is_file()}

    first = written()
    assert len(first) == 8 and first == written()
    json.loads(first[str(workspace / paths.evaluation("pair"))])


@pytest.mark.usefixtures("workspace")
def test_what_a_user_can_meet() -> None:
    with pytest.raises(ParamsError, match="ensembles has no 'one'; it has: pair"):
        ensemble.main("one")
    rows = read_table(paths.calibrated("one"), CALIBRATED)
    other = {
        "fewer images": rows.iloc[1:],
        "another image": rows.assign(path=["new.png", *rows["path"][1:]]),
        "another label": rows.assign(label=["fear" if label == "sad" else label for label in rows["label"]]),
        "another split": rows.assign(split="test"),
        "one more image": pd.concat([rows, rows.head(1).assign(path="new.png")]),
        "another number of classes": rows.assign(log_probabilities=[logs[:2] for logs in rows["log_probabilities"]]),
    }
    for what, table in other.items():
        write_table(paths.calibrated("one"), table, CALIBRATED)
        with pytest.raises(TableError, match=r"calibrated/one\.parquet is not for the test and .*run `dvc repro evaluate@one`"):
            ensemble.main("pair")
        assert not paths.evaluation("pair").exists(), what
    paths.calibrated("one").unlink()
    with pytest.raises(TableError, match=r"calibrated/one\.parquet is missing; run `dvc repro evaluate@one`"):
        ensemble.main("pair")
    (paths.model("one") / WEIGHTS).unlink()
    with pytest.raises(TableError, match=r"one/weights\.safetensors is missing; run `dvc repro train@one`"):
        ensemble.main("pair")
    paths.ensemble_config("pair").unlink()
    with pytest.raises(TableError, match=r"ensembles/pair\.json is missing; run `dvc repro configure`"):
        ensemble.main("pair")


@pytest.mark.usefixtures("workspace")
def test_members_with_other_classes_are_refused() -> None:
    paths.PARAMS.write_text(PARAMS.replace("[happy, sad, fear]", "[sad, happy, fear]"))
    config = configure(load_params(), "one")
    save_model(paths.model("one"), build_model(config), config, facts={"weights": "none"})
    with pytest.raises(TableError, match="one has the classes sad, happy, fear, but two has happy, sad, fear, so they cannot be averaged"):
        ensemble.main("pair")
    assert read_table(paths.SPLITS, SPLITS)["split"].eq("test").any() and not paths.predictions("pair").exists()
