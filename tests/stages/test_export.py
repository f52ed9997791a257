"""The stage on two small networks: the file predicts what the row of the leaderboard says, and in single precision what the model does."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import softmax
from sklearn.metrics import accuracy_score

from mien.config.configure import configure
from mien.config.model import config_document
from mien.config.params import load_params
from mien.core import paths
from mien.core.errors import ExportError, ParamsError, PredictError, TableError
from mien.core.files import read_json, write_json
from mien.export.finding import load_engine
from mien.export.recalibrated import recalibrate
from mien.models import speed
from mien.models.build import ExpressionModel
from mien.models.cost import cost_of
from mien.models.store import save_model
from mien.predict.answer import read_answer
from mien.predict.engine import Engine
from mien.report.run_facts import _speed
from mien.statistics.temperature import BOUNDS
from mien.store.faces import load_faces
from mien.store.tables import PREDICTIONS, SPLITS, read_table
from mien.tracking.results import results
from stages import compare, evaluate, export
from tests.export.make import trained_like
from tests.stages.test_evaluate import CLASSES, FACTS, RECORD, TEST, write_images, write_splits

PARAMS = """
labels: {classes: [happy, sad, fear]}
models:
  plain: {backbone: test_resnet, weights: none, attention: none, head: linear, loss: cross_entropy, input_px: 32}
  turned: {backbone: test_efficientnet, weights: none, attention: none, head: linear, loss: cross_entropy, input_px: 48, tta: flip}
exports:
  plain_fp32: {model: plain, precision: fp32}
  plain_fp16: {model: plain, precision: fp16}
  plain_int8: {model: plain, precision: int8}
  turned_fp32: {model: turned, precision: fp32}
runtime: {workers: 1, device: cpu}
"""


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models after `evaluate`, `export` and `compare`."""
    root = tmp_path_factory.mktemp("evaluated")
    with pytest.MonkeyPatch.context() as patch:
        _enter(root, patch)
        paths.PARAMS.write_text(PARAMS)
        write_images()
        write_splits({"copy of z.png": "duplicate"})
        params = load_params()
        for seed, model in enumerate(params.models):
            torch.manual_seed(seed)
            config = configure(params, model)
            save_model(paths.model(model), fitted(trained_like(config), input_px=config.input_px), config, facts=FACTS)
            write_json(paths.config(model), config_document(config))
            write_json(paths.prediction_config(model), {"tta": params.model(model).tta})
            write_json(paths.train_metrics(model), RECORD | {"class_counts": {"happy": 1, "sad": 0, "fear": 0}})
            paths.train_curves(model).parent.mkdir(parents=True, exist_ok=True)
            paths.train_curves(model).write_text("epoch,val_loss,val_accuracy,val_macro_f1\n1,1,0.5,0.4\n")
            evaluate.main(model)
        for name, entry in params.exports.items():
            write_json(paths.export_config(name), entry.model_dump())
            export.main(name)
        compare.main()
    return root


@pytest.fixture
def workspace(evaluated: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    _enter(evaluated, monkeypatch)
    return evaluated


def _enter(root: Path, patch: pytest.MonkeyPatch) -> None:
    patch.chdir(root)
    patch.setenv("MIEN_TRACKING", "off")
    patch.delenv("DVC_ROOT", raising=False)
    patch.setattr(speed, "BUDGET_S", 0.0)


def fitted(network: ExpressionModel, *, input_px: int) -> ExpressionModel:
    """The network with a classifier that knows the images of both splits, one of them with a wrong label, so that it has a temperature."""
    rows = read_table(paths.SPLITS, SPLITS)
    labels = [CLASSES.index("fear" if path == "b.png" else label) for path, label in zip(rows["path"], rows["label"], strict=True)]
    images = torch.from_numpy(squares(rows, input_px)).permute(0, 3, 1, 2) / 255
    optimizer = torch.optim.Adam(list(network.parameters())[-2:], lr=0.05)
    for _ in range(100):
        loss = torch.nn.functional.cross_entropy(network(images), torch.tensor(labels))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network


def predictions(name: str, split: str = "test") -> pd.DataFrame:
    rows = read_table(paths.predictions(name), PREDICTIONS)
    return rows[rows["split"] == split].reset_index(drop=True)


def logits(rows: pd.DataFrame) -> np.ndarray:
    return np.stack(rows["logits"].tolist()).astype(np.float64)


def squares(rows: pd.DataFrame, size_px: int) -> np.ndarray:
    faces = load_faces(paths.FACES, rows, classes=CLASSES, max_px=size_px)
    return faces.images_N3SS.permute(0, 2, 3, 1).numpy()


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize(("name", "model"), [("plain_fp32", "plain"), ("turned_fp32", "turned")])
def test_in_single_precision_the_row_is_that_of_the_model(name: str, model: str) -> None:
    own, expected = read_json(paths.evaluation(name)), read_json(paths.evaluation(model))
    assert own["all"] == expected["all"] and own["clean"] == expected["clean"], "accuracy and all other metrics, with their intervals"
    largest = max(1.0, float(np.abs(logits(predictions(model))).max()))  # single precision rounds in proportion to it
    assert own["calibration"]["after"]["ece"] == pytest.approx(expected["calibration"]["after"]["ece"], abs=1e-6 * largest)
    for when in ("before", "after"):
        assert own["calibration"][when] == pytest.approx(expected["calibration"][when], abs=1e-5)
    assert own["calibration"]["temperature"] == pytest.approx(expected["calibration"]["temperature"], rel=1e-4)
    np.testing.assert_allclose(logits(predictions(name)), logits(predictions(model)), atol=1e-4)
    same = ["path", "sample_id", "label", "split", "seed", "predicted"]
    pd.testing.assert_frame_equal(
        read_table(paths.predictions(name), PREDICTIONS)[same], read_table(paths.predictions(model), PREDICTIONS)[same]
    )


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize("name", ["plain_fp32", "plain_fp16", "plain_int8", "turned_fp32"])
def test_the_file_predicts_what_its_row_says(name: str) -> None:
    found, engine, test = read_json(paths.evaluation(name)), load_engine(name), predictions(name)
    given, probabilities = engine.run(squares(test, engine.answer.size_px))
    np.testing.assert_allclose(given, logits(test), atol=1e-5)
    np.testing.assert_allclose(probabilities, softmax(given.astype(float) / found["calibration"]["temperature"], axis=1), atol=1e-5)
    assert found["all"]["accuracy"] == pytest.approx(accuracy_score(test["label"], [CLASSES[place] for place in given.argmax(axis=1)]))
    assert engine.answer.name == name and engine.answer.temperature == found["calibration"]["temperature"]
    assert engine.answer.test.accuracy == found["all"]["accuracy"] and engine.answer.test.macro_f1 == found["all"]["macro_f1"]
    model = read_answer(paths.answer(load_params().export(name).model), remedy="")
    kept = ("classes", "size_px", "grey", "decode", "faces", "min_accuracy", "weights_sha256", "licence")
    assert all(getattr(engine.answer, key) == getattr(model, key) for key in kept)


@pytest.mark.usefixtures("workspace")
def test_eight_bits_are_seen_in_the_row_and_in_the_temperature() -> None:
    own, model = read_json(paths.evaluation("plain_int8")), read_json(paths.evaluation("plain"))
    difference = np.abs(logits(predictions("plain_int8")) - logits(predictions("plain"))).max()
    assert difference > 1e-3
    compared = own["exported"]["compared"]
    assert own["exported"]["model"] == "plain" and own["exported"]["precision"] == "int8"
    assert 0 <= compared["same_class"] <= 1 and compared["max_difference"] >= compared["mean_difference"] > 0
    assert compared["num_images"] == len({number for _, number, _ in TEST})
    temperatures = (own["calibration"]["temperature"], model["calibration"]["temperature"])
    assert temperatures[0] != pytest.approx(temperatures[1], rel=1e-3) and max(temperatures) < BOUNDS[1]
    exact = read_json(paths.evaluation("plain_fp32"))["exported"]["compared"]
    assert exact["same_class"] == 1 and exact["max_difference"] < 1e-4


@pytest.mark.usefixtures("workspace")
def test_the_cost_is_that_of_the_model_but_for_the_file_and_the_speed() -> None:
    params = load_params()
    for name, entry in params.exports.items():
        found, spent = read_json(paths.evaluation(name)), cost_of(configure(params, entry.model), tta=params.model(entry.model).tta)
        size = paths.exported(name).stat().st_size
        assert found["cost"] == {"num_parameters": spent.num_parameters, "macs": spent.num_macs, "file_bytes": size}
        assert found["weights"] == "none" and found.get("tta", "none") == params.model(entry.model).tta
        assert not {"selection", "seeds", "recipe"} & set(found)
        measured = _speed(params, name)
        assert measured and measured["precision"] == entry.precision and measured["latency_ms"] > 0
        assert results(name, "report").metrics["speed/latency_ms"] == measured["latency_ms"]
    assert paths.exported("plain_fp16").stat().st_size < paths.exported("plain_fp32").stat().st_size


@pytest.mark.usefixtures("workspace")
def test_exports_are_rows_of_the_leaderboard_and_compared_with_every_model() -> None:
    params = load_params()
    assert list(read_json(paths.LEADERBOARD)) == [*params.models, *params.exports]
    pairs = pd.read_csv(paths.COMPARISONS)
    assert len(pairs) == 15
    table = paths.LEADERBOARD_TABLE.read_text()
    sizes = [paths.exported("plain_fp32").stat().st_size, (paths.model("plain") / "weights.safetensors").stat().st_size]
    exported, stored = (f"{size / 1e6:.1f} MB" for size in sizes)
    assert ("plain_fp32 is plain as an ONNX file (fp32), tested with ONNX Runtime; compared with plain: macro-F1 +0.0000 [-") in table
    assert f"accuracy +0.0000, ECE +0.0000, {exported} instead of {stored}." in table
    line = next(line for line in table.splitlines() if line.startswith("plain_int8 is "))
    row = pairs[(pairs["first"] == "plain") & (pairs["second"] == "plain_int8")].iloc[0]
    assert f"macro-F1 {0.0 - row['macro_f1_difference']:+.4f} [{0.0 - row['macro_f1_high']:+.4f}" in line


def test_twice_gives_the_same_bytes(workspace: Path) -> None:
    def written() -> dict[str, bytes]:
        produced = [*workspace.glob("metrics/evaluate/plain_int8*"), *workspace.glob("data/*/plain_int8*")]
        return {str(path): path.read_bytes() for path in produced if path.is_file()}

    first = written()
    assert len(first) == 8
    export.main("plain_int8")
    assert first == written()
    json.loads(first[str(workspace / paths.evaluation("plain_int8"))])


@pytest.mark.usefixtures("workspace")
def test_a_model_of_the_same_name_comes_first_and_others_are_listed() -> None:
    with pytest.raises(PredictError, match="plain, turned, plain_fp16, plain_fp32, plain_int8, turned_fp32"):
        load_engine("other")
    paths.answer("plain_int8").write_text("{}")
    try:
        with pytest.raises(PredictError):
            load_engine("plain_int8")
    finally:
        paths.answer("plain_int8").unlink()


def test_another_divisor_is_not_written(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_change(*_: Any) -> Any:
        from onnx import TensorProto

        return TensorProto()

    monkeypatch.setattr("mien.export.recalibrated._divisor", without_change)
    source, target = paths.exported("plain_fp32"), workspace / "new.onnx"
    engine = Engine.load(source)
    other = engine.answer.model_copy(update={"temperature": 3 * engine.answer.temperature})
    some = squares(predictions("plain"), engine.answer.size_px)
    with pytest.raises(ExportError, match=r"new\.onnx was not written, because its graph does not divide by the temperature"):
        recalibrate(source, target, answer=other, precision="fp32", images_NSS3=some)
    assert not target.exists()


@pytest.mark.usefixtures("workspace")
def test_what_a_user_can_meet() -> None:
    with pytest.raises(ParamsError, match="exports has no 'plain'; it has: plain_fp32, plain_fp16, plain_int8, turned_fp32"):
        export.main("plain")
    for path, stage in ((paths.answer("plain"), "evaluate@plain"), (paths.export_config("plain_fp32"), "configure")):
        content = path.read_bytes()
        path.unlink()
        try:
            with pytest.raises(TableError, match=rf"{path.name} is missing; run `dvc repro {stage}`"):
                export.main("plain_fp32")
        finally:
            path.write_bytes(content)
    answer = read_json(paths.answer("plain"))
    write_json(paths.answer("plain"), answer | {"weights_sha256": "0" * 64})
    try:
        with pytest.raises(ExportError, match="the answer settings of plain belong to other weights"):
            export.main("plain_fp32")
    finally:
        write_json(paths.answer("plain"), answer)
    assert read_table(paths.SPLITS, SPLITS)["split"].eq("test").any()
