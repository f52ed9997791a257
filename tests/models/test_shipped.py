"""The model that mien ships: what its folder promises, and that a training can start from it."""

import re
from pathlib import Path

import torch
from ruamel.yaml import YAML
from safetensors.torch import load_file

from mien.config.weights import SHIPPED
from mien.core import paths
from mien.export.finding import shipped
from mien.export.images import drawn_squares
from mien.models.predict import predict_logits
from mien.models.pretrained import write_pretrained
from mien.models.store import describe_model, load_model
from mien.predict.engine import Engine

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "mien/pretrained" / SHIPPED
MOST_BYTES = 10_000_000
FERPLUS = ["neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt"]


def test_it_is_small_and_in_half_precision_and_has_the_order_of_ferplus() -> None:
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) <= MOST_BYTES
    tensors = load_file(FOLDER / "weights.safetensors")
    exact = {name for name, tensor in tensors.items() if tensor.is_floating_point() and tensor.dtype != torch.float16}
    assert exact == {"mean_C11", "std_C11"}
    described = describe_model(FOLDER)
    assert described.classes == FERPLUS and described.architecture.backbone == "mobilenetv2_100"


def test_it_says_how_it_was_made_without_paths_of_a_machine() -> None:
    files = {"weights.safetensors", "model.onnx", "model.json", "answer.json", "fer.md", "params.yaml", "dvc.lock"}
    assert {file.name for file in FOLDER.iterdir()} == files
    params = YAML(typ="safe", pure=True).load((FOLDER / "params.yaml").read_text(encoding="utf-8"))
    recipe = YAML(typ="safe", pure=True).load((ROOT / "experiments/ferplus_best.yaml").read_text(encoding="utf-8"))
    assert params["labels"]["classes"] == FERPLUS and params["labels"]["from_votes"] == "distribution" and [*params["models"]] == [SHIPPED]
    made, written = (dict(document["models"][SHIPPED]) for document in (params, recipe))
    # It was trained from the model that was shipped then, which the recipe trains first.
    assert made.pop("weights") == SHIPPED and written.pop("weights") == "../models/fer_start"
    written = {**dict(recipe["models"]["?*"]), **written, "train": {**recipe["models"]["?*"]["train"], **written["train"]}}
    assert made == written, "the recipe is the one that has been run"
    for name in ("model.json", "answer.json", "fer.md", "params.yaml", "dvc.lock"):
        absolute = re.findall(r"(?<![\w./:@])/(?:home|tmp|work|root|mnt|Users)/\S*", (FOLDER / name).read_text(encoding="utf-8"))
        assert not absolute, f"{name}: {absolute}"


def test_it_predicts() -> None:
    model, config = load_model(FOLDER)
    with torch.inference_mode():
        logits_NK = model(torch.rand(2, 3, config.input_px, config.input_px))
    assert logits_NK.shape == (2, len(FERPLUS)) and bool(logits_NK.isfinite().all())


def test_its_network_for_answers_predicts_the_same_and_finds_faces_itself() -> None:
    engine, (model, config) = Engine.load(shipped()), load_model(FOLDER)
    answer = engine.answer
    assert answer.classes == FERPLUS and answer.weights_sha256 == describe_model(FOLDER).weights_sha256 and answer.licence
    assert answer.faces.detector == "mtcnn" and answer.grey and answer.test.accuracy > 0.83
    squares_NSS3 = drawn_squares(num=20, size_px=answer.size_px, grey=True).transpose(0, 2, 3, 1)
    logits_NK, _ = engine.run(squares_NSS3)
    expected_NK = predict_logits(
        model, torch.from_numpy(squares_NSS3).permute(0, 3, 1, 2), input_px=config.input_px, precision="fp32", device="cpu"
    )
    assert (logits_NK.argmax(1) == expected_NK.argmax(1)).all()
    assert abs(logits_NK - expected_NK).max() < 0.03 * abs(expected_NK).max(), "its folded weights are in half precision"


def test_another_model_starts_from_it_by_its_name(tmp_path: Path) -> None:
    assert (ROOT / paths.WEIGHTS / SHIPPED).resolve() == FOLDER
    note = write_pretrained(tmp_path / "start", backbone="mobilenetv2_100", weights=SHIPPED, place=ROOT / paths.WEIGHTS)
    assert (note["weights"], note["source"]) == ("model", f"model {SHIPPED}")
